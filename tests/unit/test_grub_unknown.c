/* SPDX-License-Identifier: MIT */
/* test_grub_unknown: what cannot be known offline, and scripts that never end. */
#include "grub_machine.h"

static void test_both_branches(void **state)
{
	struct machine *m = *state;
	const struct grub_course *outcome, *other;

	memory_fs_file(m->esp, m->arena, "/a", "kernel");
	outcome = machine_script(m, "if keystatus --shift; then\n"
				    "  set default=1\n"
				    "else\n"
				    "  set default=0\n"
				    "fi\n"
				    "menuentry first { linux /a 1 }\n"
				    "menuentry second {\n"
				    "  if cpuid -l; then linux /a 64; elif smbios --type 1; then linux /a s;\n"
				    "  else linux /a 32; fi\n"
				    "}\n");
	assert_int_equal(m->result->outcome_count, 2);
	assert_false(m->result->truncated);
	other = &m->result->outcomes[1];
	assert_int_equal(outcome->assumption_count, 1);
	assert_true(outcome->assumptions[0].taken);
	assert_false(other->assumptions[0].taken);
	assert_string_equal(outcome->assumptions[0].reason, "keystatus depends on the keyboard");
	assert_place(&outcome->assumptions[0].place, "/EFI/debian/grub.cfg", 1, 4);
	assert_int_equal(outcome->menu->default_index, 1);
	assert_int_equal(other->menu->default_index, 0);
	/* three ways through the second entry, whichever way the configuration went */
	assert_int_equal(outcome->menu->entries[1].course_count, 3);
	assert_int_equal(other->menu->entries[1].course_count, 3);
	assert_string_equal(outcome->menu->entries[1].courses[0].attempts[0].arguments.text, "64");
	assert_string_equal(outcome->menu->entries[1].courses[1].attempts[0].arguments.text, "s");
	assert_string_equal(outcome->menu->entries[1].courses[2].attempts[0].arguments.text, "32");
	assert_int_equal(outcome->menu->entries[1].courses[2].assumption_count, 2);
	assert_int_equal(m->result->unknown_count, 3);
}

static void test_unknown_values(void **state)
{
	struct machine *m = *state;
	const struct grub_course *outcome, *course;

	memory_fs_file(m->esp, m->arena, "/a", "kernel");
	outcome = machine_script(m, "smbios --type 1 --get-string 5 --set product\n"
				    "set word=\"x$product\"\n"
				    "menuentry first {\n"
				    "  linux /a model=$word\n"
				    "}\n"
				    "menuentry second {\n"
				    "  if [ \"$product\" = virt -a 1 = 1 ]; then linux /a virt; else linux /a other; fi\n"
				    "}\n"
				    "menuentry third {\n"
				    "  if [ \"$product\" = virt -a 1 = 2 ]; then linux /a virt; else linux /a other; fi\n"
				    "}\n"
				    "menuentry fourth {\n"
				    "  cryptomount -u 1234\n"
				    "  set root=cryptouuid/1234\n"
				    "  linux /vmlinuz; initrd /initrd\n"
				    "}\n"
				    "menuentry fifth {\n"
				    "  frobnicate /a\n"
				    "  linux /a\n"
				    "}\n"
				    "menuentry sixth {\n"
				    "  if frobnicate; then if frobnicate; then linux /a both; fi; fi\n"
				    "}\n");
	assert_int_equal(m->result->outcome_count, 1);
	assert_non_null(only_attempt(&outcome->menu->entries[0])->cmdline.unknown);
	assert_int_equal(outcome->menu->entries[1].course_count, 2);
	assert_int_equal(outcome->menu->entries[2].course_count, 1);
	assert_string_equal(only_attempt(&outcome->menu->entries[2])->arguments.text, "other");
	course = &outcome->menu->entries[3].courses[0];
	assert_int_equal(course->attempts[0].kernel.found, GRUB_NOT_KNOWN);
	assert_true(course->attempts[0].loaded);
	assert_string_equal(course->attempts[0].kernel.reason, "the device (cryptouuid/1234) cannot be looked into");
	assert_int_equal(outcome->menu->entries[4].course_count, 1);
	/* two commands at two places are two questions */
	assert_int_equal(outcome->menu->entries[5].course_count, 3);
}

/* As Flatcar's and Bottlerocket's configurations ask which partition is next. */
static void test_priorities(void **state)
{
	struct machine *m = *state;
	const struct grub_course *outcome;

	outcome = machine_script(m, "menuentry a {\n gptprio.next -d usr -u usr_uuid\n"
				    " if [ \"$usr_uuid\" = 7130 ]; then linux /a; else linux /b; fi\n}\n"
				    "menuentry b {\n gptprio.next --set-uuid=x --set-device usr\n"
				    " if [ -z \"$usr\" ]; then linux /a; else linux /b; fi\n}\n");
	assert_int_equal(outcome->menu->entries[0].course_count, 2);
	assert_int_equal(outcome->menu->entries[1].course_count, 2);
}

/* A root file system that nobody could read. */
static void test_unreadable(void **state)
{
	struct machine *m = *state;
	const struct grub_course *outcome;

	m->devices[1].fs = NULL;
	memory_fs_file(m->esp, m->arena, "/a", "kernel");
	outcome = machine_script(m, "search --fs-uuid --set=root " ROOT_UUID "\n"
				    "if [ -f /boot/grub/grubenv ]; then set default=1; fi\n"
				    "menuentry x { linux /vmlinuz }\n"
				    "menuentry y { linux (hd0,gpt1)/a }\n"
				    "menuentry z {\n search --file --set=root /here\n linux /vmlinuz\n }\n");
	assert_int_equal(m->result->outcome_count, 2);
	assert_string_equal(outcome->assumptions[0].reason, "the file system of (hd0,gpt2) could not be read");
	assert_int_equal(only_attempt(&outcome->menu->entries[0])->kernel.found, GRUB_NOT_KNOWN);
	assert_int_equal(only_attempt(&outcome->menu->entries[1])->kernel.found, GRUB_FOUND);
	assert_int_equal(only_attempt(&outcome->menu->entries[2])->kernel.found, GRUB_NOT_KNOWN);

	outcome = machine_script(m, "x");
	m->start.prefix = "(hd0,gpt2)/boot/grub";
	outcome = machine_run(m);
	assert_int_equal(outcome->end, GRUB_END_UNKNOWN);
	assert_false(m->result->limited);
	assert_string_equal(outcome->end_reason, "the file system of (hd0,gpt2) could not be read");
}

struct lazy {
	struct fs *fs;
	const char *reason;
	unsigned int opened;
};

static struct fs *open_lazily(const struct boot_device *device, const char **ret_reason)
{
	struct lazy *lazy = device->context;

	lazy->opened++;
	*ret_reason = lazy->reason;
	return lazy->fs;
}

/* File systems that are opened when a script needs a file of theirs, and not before. */
static void test_lazy(void **state)
{
	struct machine *m = *state;
	struct lazy lazy = { .fs = &m->root->fs };
	const struct grub_course *outcome;

	m->devices[1].fs = NULL;
	m->devices[1].open = open_lazily;
	m->devices[1].context = &lazy;
	m->devices[1].slow = true;
	/* a second device that has the file, too: the slow one is not asked for it */
	m->devices[2] = (struct boot_device){ .name = "hd0,gpt3", .partition = 3, .fs = &m->esp->fs };
	m->world.device_count = 3;
	memory_fs_file(m->esp, m->arena, "/here", "");
	memory_fs_file(m->root, m->arena, "/here", "");
	memory_fs_file(m->root, m->arena, "/vmlinuz", "kernel");
	(void)machine_script(m, "search --fs-uuid --set=x " ROOT_UUID "\n"
				"search --file --set=root /here\n"
				"menuentry x { linux (hd0,gpt1)/here }\n");
	assert_int_equal(lazy.opened, 0);
	outcome = machine_script(m, "search --file --set=root /vmlinuz\n"
				    "menuentry x { linux /vmlinuz }\n");
	assert_true(lazy.opened > 0);
	assert_int_equal(only_attempt(&outcome->menu->entries[0])->kernel.found, GRUB_FOUND);

	/* one that holds no files, as swap, lacks them for certain; one that cannot be read does not */
	lazy.fs = NULL;
	outcome = machine_script(m, "menuentry x { linux (hd0,gpt2)/vmlinuz }\n");
	assert_int_equal(only_attempt(&outcome->menu->entries[0])->kernel.found, GRUB_MISSING);
	assert_string_equal(only_attempt(&outcome->menu->entries[0])->kernel.reason, "(hd0,gpt2) holds no files");
	lazy.reason = "no helper";
	outcome = machine_script(m, "menuentry x { linux (hd0,gpt2)/vmlinuz }\n");
	assert_int_equal(only_attempt(&outcome->menu->entries[0])->kernel.found, GRUB_NOT_KNOWN);
	assert_string_equal(only_attempt(&outcome->menu->entries[0])->kernel.reason,
			    "the file system of (hd0,gpt2) could not be read: no helper");
}

/* Where there may be devices that nobody could list, a search that finds nothing is not known to have failed. */
static void test_hidden(void **state)
{
	struct machine *m = *state;
	const struct grub_course *outcome;

	m->world.hidden = "the volume group could not be read";
	outcome = machine_script(m, "search --fs-uuid --set=root 1234\nmenuentry x { linux /a }\n"
				    "menuentry y {\n search --fs-uuid --set=root " ESP_UUID "\n linux /a\n}\n");
	assert_int_equal(m->result->searches[0].found, GRUB_NOT_KNOWN);
	assert_int_equal(only_attempt(&outcome->menu->entries[0])->kernel.found, GRUB_NOT_KNOWN);
	assert_string_equal(only_attempt(&outcome->menu->entries[0])->kernel.reason, m->world.hidden);
	assert_int_equal(only_attempt(&outcome->menu->entries[1])->kernel.found, GRUB_MISSING);
}

/* Without the module normal there is no menu: it is in the core image or below $prefix. */
static void test_normal(void **state)
{
	static const char *const modules[] = { "fat", NULL };
	struct machine *m = *state;
	const struct grub_course *outcome;

	m->start.modules = modules;
	m->start.modules_known = true;
	outcome = machine_script(m, "menuentry x { linux /a }\n");
	assert_null(outcome->menu);
	assert_int_equal(outcome->end, GRUB_END_RETURN);
	assert_int_equal(m->result->module_count, 1);
	assert_string_equal(m->result->modules[0].name, "normal");
	assert_int_equal(m->result->modules[0].found, GRUB_MISSING);
	memory_fs_file(m->esp, m->arena, "/EFI/debian/arm64-efi/normal.mod", "");
	outcome = machine_script(m, "menuentry x { linux /a }\n");
	assert_non_null(outcome->menu);
	assert_int_equal(m->result->modules[0].found, GRUB_FOUND);
}

/* A medium that fails in the middle. */
static void test_broken(void **state)
{
	struct machine *m = *state;
	const struct grub_course *outcome;

	m->root->broken = true;
	outcome = machine_script(m, "if [ -f (hd0,gpt2)/x ]; then set default=1; fi\n"
				    "load_env -f (hd0,gpt2)/grubenv\n"
				    "menuentry x { linux (hd0,gpt2)/vmlinuz }\n"
				    "menuentry y { configfile (hd0,gpt2)/grub.cfg }\n");
	assert_int_equal(m->result->outcome_count, 2);
	assert_string_equal(outcome->assumptions[0].reason, "the medium is broken");
	assert_int_equal(only_attempt(&outcome->menu->entries[0])->kernel.found, GRUB_NOT_KNOWN);
	assert_int_equal(outcome->menu->entries[1].courses[0].end, GRUB_END_UNKNOWN);
	assert_int_equal(m->result->unknown_count, 4);
}

/* Each ends by a limit, says so, and where. */
static void test_endless(void **state)
{
	static const char *const scripts[] = {
		"while true; do true; done",
		"until false; do set a=x$a; done",
		"function f { f; }\nf",
		"function f { g; g; }\nfunction g { h; h; }\nfunction h { f; f; }\nf",
		"source /EFI/debian/grub.cfg",
		"configfile /EFI/debian/grub.cfg",
		"normal",
		"set a=aaaaaaaaaaaaaaaa\nwhile true; do set a=$a$a; done",
		"set a='eval \"$a\"'; eval \"$a\"",
		"for i in 1 2 3 4 5 6 7 8 9; do for j in 1 2 3 4 5 6 7 8 9; do for k in 1 2 3 4 5 6 7 8 9; do "
		"for l in 1 2 3 4 5 6 7 8 9; do for m in 1 2 3 4 5 6 7 8 9; do for n in 1 2 3 4 5 6 7 8 9; do true; "
		"done; done; done; done; done; done",
		"set n=0; while true; do increment n; eval \"set v$n=1\"; done",
		"set n=0; while true; do increment n; search --file --set=x /f$n; done",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++) {
		const struct grub_course *outcome;
		struct machine *m;
		void *fresh;

		machine_setup(&fresh);
		m = fresh;
		outcome = machine_script(m, scripts[i]);
		if (outcome->end != GRUB_END_LIMIT || !m->result->limited || !outcome->end_reason)
			fail_msg("%s: end %d", scripts[i], outcome->end);
		machine_teardown(&fresh);
	}
}

/* A loop that does nothing is one of too many commands; a text that grows is one of too much text. */
static void test_endless_reason(void **state)
{
	struct machine *m = *state;
	const struct grub_course *outcome = machine_script(m, "true\nwhile true; do true; done");

	assert_non_null(strstr(outcome->end_reason, "too many commands"));
	assert_int_equal(outcome->end_place.line, 2);
	machine_teardown(state);
	machine_setup(state);
	m = *state;
	outcome = machine_script(m, "set a=0123456789abcdef\nset a=$a$a$a$a$a$a$a$a\nset a=$a$a$a$a$a$a$a$a\n"
				    "set a=$a$a$a$a$a$a$a$a\nwhile true; do set b=$a$a; done");
	assert_non_null(strstr(outcome->end_reason, "too much text"));
}

/* A submenu that sources the menu that it is in; very many ways; nesting that a parser must not follow. */
static void test_deep(void **state)
{
	struct machine *m = *state;
	struct boot_text_builder b = boot_text_build(m->arena, 1 * MiB);
	const struct grub_course *outcome;

	outcome = machine_script(m, "submenu again {\n source /EFI/debian/grub.cfg\n}\n");
	assert_int_equal(outcome->end, GRUB_END_MENU);
	assert_true(m->result->limited);

	machine_teardown(state);
	machine_setup(state);
	m = *state;
	outcome = machine_script(m, "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do if eval keystatus$i --x; then true; fi; done\n"
				    "if a; then if b; then if c; then if d; then if e; then if f; then true; fi; fi; fi; fi;"
				    " fi; fi\nif g; then true; fi\nif h; then true; fi\nif i; then true; fi\n"
				    "menuentry x { true }");
	assert_true(m->result->truncated);
	assert_true(m->result->outcome_count <= LIMIT_GRUB_OUTCOMES);
	assert_int_equal(outcome->end, GRUB_END_MENU);

	machine_teardown(state);
	machine_setup(state);
	m = *state;
	b = boot_text_build(m->arena, 1 * MiB);
	for (int i = 0; i < 20000; i++)
		boot_text_add(&b, "if true; then ", 14, (struct boot_place){ 0 }, false);
	outcome = machine_script(m, boot_text_finish(&b).text);
	assert_int_equal(outcome->end, GRUB_END_LIMIT);
	assert_int_equal(m->result->problem_count, 0);
	assert_true(m->result->limited);

	machine_teardown(state);
	machine_setup(state);
	m = *state;
	b = boot_text_build(m->arena, 1 * MiB);
	boot_text_add(&b, "test ", 5, (struct boot_place){ 0 }, false);
	for (int i = 0; i < 60000; i++)
		boot_text_add(&b, "( ", 2, (struct boot_place){ 0 }, false);
	(void)machine_script(m, boot_text_finish(&b).text);
}

/* No bound of ours makes a variable empty in silence. */
static void test_bounds_of_ours(void **state)
{
	struct machine *m = *state;
	const struct grub_course *outcome;
	char name[600] = { 0 }, *script;

	memset(name, 'v', sizeof(name) - 1);
	memory_fs_file(m->esp, m->arena, "/a", "kernel");
	outcome = machine_script(m, arena_printf(m->arena, "set %s=long; menuentry x { linux /a ${%s} }\n", name, name));
	assert_string_equal(only_attempt(&outcome->menu->entries[0])->arguments.text, "long");

	script = arena_printf(m->arena, "regexp");
	for (int i = 0; i < 30; i++)
		script = arena_printf(m->arena, "%s --set 1:x%d", script, i);
	outcome = machine_script(m, arena_printf(m->arena, "%s '(b+)' abbc\nmenuentry x { linux /a $x7 $x8 $x29 }\n", script));
	assert_string_equal(only_attempt(&outcome->menu->entries[0])->arguments.text, "bb bb bb");

	/* one entry more than a menu may have: which of them it is that is left out is not known */
	for (int i = 0; i <= LIMIT_GRUB_ENTRIES; i++)
		memory_fs_file(m->esp, m->arena, arena_printf(m->arena, "/loader/entries/%d.conf", i), "title x\nlinux /a\n");
	outcome = machine_script(m, "set root=hd0,gpt1\nblscfg\n");
	assert_int_equal(outcome->end, GRUB_END_UNKNOWN);
	assert_non_null(strstr(outcome->end_reason, "more than 256 entries"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_both_branches, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_unknown_values, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_bounds_of_ours, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_priorities, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_unreadable, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_lazy, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_hidden, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_normal, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_broken, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_endless, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_endless_reason, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_deep, machine_setup, machine_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
