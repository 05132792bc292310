/* SPDX-License-Identifier: MIT */
/* test_grub_cost: scripts that cost more than they look like: what they took, in work and in listings of folders. */
#include "base/unseen.h"
#include "grub_machine.h"

/* `count` times the same, in the machine's arena. */
static char *repeat(struct machine *m, const char *text, size_t count)
{
	size_t length = strlen(text);
	char *all = arena_alloc(m->arena, length * count + 1);

	for (size_t i = 0; i < count; i++)
		memcpy(all + i * length, text, length);
	return all;
}

#define TEN "0 1 2 3 4 5 6 7 8 9"

/* Runs the command in so many loops of ten. */
static const struct grub_course *run_loops(struct machine *m, const char *before, const char *command, unsigned int loops)
{
	const char *script = arena_printf(m->arena, "%s%s%s\n%s", before, repeat(m, "for a in " TEN "; do\n", loops), command,
					  repeat(m, "done\n", loops));

	return machine_script(m, script);
}

static void assert_limit(const struct machine *m, const struct grub_course *outcome, const char *reason)
{
	assert_int_equal(outcome->end, GRUB_END_LIMIT);
	assert_true(m->result->limited);
	if (!strstr(outcome->end_reason, reason))
		fail_msg("%s", outcome->end_reason);
	/* nothing goes on once it is seen: no step may take a tenth of all */
	assert_true(limit_spent(WORK_GRUB) < LIMIT_GRUB_WORK + LIMIT_GRUB_WORK / 10);
}

#define LOOKS_UP "looks up and compares too much"

/* Nine tenths of an image's work were done by runs before: ten times a script is too much where a hundred times were, and a
 * test does not take as long as an image may. */
static void spend_most(struct machine *m)
{
	limits_begin_image();
	limit_count(WORK_GRUB, LIMIT_GRUB_WORK / 10 * 9);
	m->same_image = true;
}

/* A word of very many pieces that come to nothing: each is paid for, whatever it is. */
static void test_pieces(void **state)
{
	static const char *const pieces[] = { "$x", "\"$x\"", "\"$@\"", "$9", "''" };
	struct machine *m;

	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		machine_teardown(state);
		machine_setup(state);
		m = *state;
		spend_most(m);
		assert_limit(m, run_loops(m, "", arena_printf(m->arena, "true %s", repeat(m, pieces[i], 50000)), 2), LOOKS_UP);
		/* the same once is nothing */
		m->same_image = false;
		(void)run_loops(m, "", arena_printf(m->arena, "true %s", repeat(m, pieces[i], 50000)), 0);
		assert_false(m->result->limited);
		assert_true(limit_spent(WORK_GRUB) > 50000 * 64 && limit_spent(WORK_GRUB) < LIMIT_GRUB_WORK / 10);
	}
}

/* Variables are found among others, and again when some went. */
static void test_variables(void **state)
{
	struct machine *m = *state;
	const struct grub_course *outcome;

	memory_fs_file(m->esp, m->arena, "/a", "kernel");
	outcome = machine_script(m, "set m=1; set z=2; set a=3; set mm=4; set l=5; set _=6; set Z=7\n"
				    "unset mm; unset nothing; unset a; set l=8; unset _\n"
				    "menuentry x { linux /a $m $z $a $mm $l $_ $Z }\n");
	assert_string_equal(only_attempt(&outcome->menu->entries[0])->arguments.text, "1 2 8 7");
}

/* Names as long as a script are compared, although no word is made of them. */
static void test_names(void **state)
{
	struct machine *m = *state;
	const char *name = repeat(m, "n", 30000);
	char *script = repeat(m, "", 1);

	for (int i = 0; i < 16; i++)
		script = arena_printf(m->arena, "%sfunction %s%d { true; }\n", script, name, i);
	memory_fs_file(m->esp, m->arena, "/functions", script);
	spend_most(m);
	assert_limit(m, run_loops(m, "", "source /functions", 3), LOOKS_UP);
}

static const char *try_path(struct machine *m, const char *in_entry, const char *in_test)
{
	return arena_printf(m->arena, "menuentry x { linux (hd0,gpt2)/%svmlinuz }\n"
				      "if [ -f (hd0,gpt2)/%svmlinuz ]; then set x=1; fi\n", in_entry, in_test);
}

/* A long path goes through its folders as often as it says: it costs as much, and what is over --max-path is not looked up. */
static void test_paths(void **state)
{
	struct machine *m = *state;
	const char *back = "a/../", *script, *end;
	const struct grub_course *outcome;
	unsigned int before;
	uint64_t work;

	memory_fs_file(m->root, m->arena, "/a/b", "");
	memory_fs_file(m->root, m->arena, "/vmlinuz", "");
	outcome = machine_script(m, try_path(m, "", ""));
	before = m->root->listings;
	work = limit_spent(WORK_GRUB);
	assert_int_equal(before, 1);
	assert_int_equal(only_attempt(&outcome->menu->entries[0])->kernel.found, GRUB_FOUND);
	end = repeat(m, back, 800);
	outcome = machine_script(m, try_path(m, end, ""));
	assert_int_equal(m->root->listings - before, 802);
	assert_true(limit_spent(WORK_GRUB) > work + 1600 * 1024);
	assert_int_equal(only_attempt(&outcome->menu->entries[0])->kernel.found, GRUB_FOUND);

	before = m->root->listings;
	end = repeat(m, back, limits.path / 5 + 1);
	outcome = machine_script(m, try_path(m, end, end));
	assert_int_equal(m->root->listings, before);
	assert_int_equal(m->result->outcome_count, 2);
	assert_non_null(strstr(outcome->assumptions[0].reason, "--max-path raises it"));
	assert_int_equal(only_attempt(&outcome->menu->entries[0])->kernel.found, GRUB_NOT_KNOWN);
	assert_non_null(strstr(only_attempt(&outcome->menu->entries[0])->kernel.reason, "--max-path raises it"));
	assert_non_null(strstr(unseen_with(EFBIG)->message, "--max-path raises it"));

	/* many paths that lie below the limit: in loops, and in a single command */
	before = m->root->listings;
	end = repeat(m, back, 700);
	assert_limit(m, run_loops(m, "", arena_printf(m->arena, "[ -f (hd0,gpt2)/%s$a$b$c ]; set c=$c$a; set b=$c", end), 3), "");
	assert_true(m->root->listings - before < LIMIT_GRUB_WORK / 65536);
	before = m->root->listings;
	script = "";
	for (int i = 0; i < 40; i++)
		script = arena_printf(m->arena, "%s -f (hd0,gpt2)/%s%d", script, end, i);
	assert_limit(m, machine_script(m, arena_printf(m->arena, "[%s ]", script)), LOOKS_UP);
	assert_true(m->root->listings - before < LIMIT_GRUB_WORK / 65536);
}

/* Paths of one length that differ in their ends, each compared with all before it. */
static void test_lookups(void **state)
{
	struct machine *m = *state;

	assert_limit(m, run_loops(m, arena_printf(m->arena, "set n=%s\n", repeat(m, "n", 4000)),
				  "[ -f (hd0,gpt2)/$n$a$b$c$d ]; for b in " TEN "; do for c in " TEN "; do for d in " TEN "; do "
				  "[ -f (hd0,gpt2)/$n$a$b$c$d ]; done; done; done", 2), LOOKS_UP);
}

/* A device's name is compared with those of all devices, and never so long. */
static void test_devices(void **state)
{
	struct machine *m = *state;
	const char *tests = repeat(m, " -f /x", 20000);
	const char *script = arena_printf(m->arena, "set root=%s\n[%s ]\n", repeat(m, "x", 60000), tests);

	assert_limit(m, machine_script(m, script), "too much");
}

/* Texts that commands make of others: where nothing counted them, the memory for all images' facts was used up. */
static void test_texts(void **state)
{
	static const char *const commands[] = { "insmod x", "loadfont x", "load_env", "save_env x" };
	struct machine *m;

	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		const char *set;

		machine_teardown(state);
		machine_setup(state);
		m = *state;
		set = arena_printf(m->arena, "set prefix=%s\n", repeat(m, "p", 60000));
		(void)run_loops(m, set, commands[i], 4);
		assert_true(m->result->limited);
	}
}

/* Many devices, each of which is looked for among all; many entries, whose words are nothing but variables. */
static void test_many(void **state)
{
	struct machine *m = *state;
	struct boot_device *devices = ARENA_ARRAY(m->arena, 250, struct boot_device);

	for (int i = 0; i < 250; i++) {
		devices[i] = m->devices[0];
		devices[i].name = arena_printf(m->arena, "hd0,gpt%d", i + 1);
	}
	m->world.devices = m->start.device = devices;
	m->world.device_count = 250;
	spend_most(m);
	assert_limit(m, run_loops(m, "", "search --file --set=x /nothing", 4), LOOKS_UP);

	machine_teardown(state);
	machine_setup(state);
	m = *state;
	for (int i = 0; i < 200; i++)
		memory_fs_file(m->esp, m->arena, arena_printf(m->arena, "/loader/entries/a-%d.conf", i), "title x\nlinux /a\n");
	assert_limit(m, machine_script(m, arena_printf(m->arena, "set root=hd0,gpt1\nset default_kernelopts=\"%s\"\nblscfg\n",
						       repeat(m, "\\$a", 20000))), "too much text");

	/* names of files that begin alike are compared with each other, again and again */
	machine_teardown(state);
	machine_setup(state);
	m = *state;
	for (int i = 0; i < 200; i++)
		memory_fs_file(m->esp, m->arena, arena_printf(m->arena, "/loader/entries/%s%d.conf", repeat(m, "a-1.", 50), i),
			       "title x\n");
	spend_most(m);
	assert_limit(m, run_loops(m, "set root=hd0,gpt1\n", "blscfg", 2), LOOKS_UP);
}

/* A kernel of more initrds than anybody has: each way through the menu would copy their list. */
static void test_initrds(void **state)
{
	struct machine *m = *state;
	const struct grub_course *outcome;

	memory_fs_file(m->esp, m->arena, "/a", "kernel");
	outcome = machine_script(m, arena_printf(m->arena, "menuentry x { linux /a; initrd %s; }\n"
							   "menuentry y { linux /a; initrd %s; }\n",
						 repeat(m, "/a ", LIMIT_GRUB_INITRDS),
						 repeat(m, "/a ", LIMIT_GRUB_INITRDS + 1)));
	assert_int_equal(only_attempt(&outcome->menu->entries[0])->initrd_count, LIMIT_GRUB_INITRDS);
	assert_int_equal(outcome->menu->entries[1].courses[0].end, GRUB_END_LIMIT);
	assert_non_null(strstr(outcome->menu->entries[1].courses[0].end_reason, "too many files"));
}

/* An image may have GRUB many times: what one run takes, the next ones do not have. */
static void test_runs(void **state)
{
	struct machine *m = *state;
	uint64_t before;

	spend_most(m);
	for (int i = 0; i < 32; i++) {
		before = limit_spent(WORK_GRUB);
		(void)run_loops(m, "", arena_printf(m->arena, "true %s", repeat(m, "$x", 20000)), 1);
		assert_true(limit_spent(WORK_GRUB) > before || m->result->limited);
		assert_true(m->result->limited == limit_is_spent(WORK_GRUB));
	}
	assert_true(m->result->limited);
	assert_true(limit_spent(WORK_GRUB) < LIMIT_GRUB_WORK + LIMIT_GRUB_WORK / 10);
}

/* What an ordinary expression takes is little; what makes the library go on and on is not tried. */
static void test_expressions(void **state)
{
	struct machine *m = *state;
	const struct grub_course *outcome;
	const char *long_name = repeat(m, "ab", 450);

	memory_fs_file(m->esp, m->arena, "/a", "kernel");
	outcome = machine_script(m, "set root=hd0,gpt1\n"
				    "regexp --set 1:disk --set 2:part '^([hc]d[0-9]+),(gpt|msdos)?[0-9]+$' \"$root\"\n"
				    "regexp -s name '.*/([^/]+)\\.iso$' /boot/iso/debian-12.5.0-arm64-netinst.iso\n"
				    "regexp -s 1:version -s 2:flavour 'vmlinuz-(([0-9]+\\.)+[0-9]+-[0-9]+)-(.*)' "
				    "/boot/vmlinuz-6.1.0-18-cloud-arm64\n"
				    "menuentry x { linux /a $disk $part $name $version }\n");
	assert_string_equal(only_attempt(&outcome->menu->entries[0])->arguments.text,
			    "hd0 gpt debian-12.5.0-arm64-netinst 6.1.0-18");
	assert_true(limit_spent(WORK_GRUB) < LIMIT_GRUB_WORK / 100);

	/* 45 ms and 60 MB each, if they were tried */
	outcome = machine_script(m, arena_printf(m->arena,
		"if regexp --set x '[ab]*a%sc' %s; then set default=1; fi\nmenuentry x { linux /a x$x }\n",
		repeat(m, "[ab]", 50), long_name));
	assert_int_equal(m->result->outcome_count, 2);
	assert_string_equal(outcome->assumptions[0].reason, "the expression is too complex to be tried");
	assert_non_null(only_attempt(&outcome->menu->entries[0])->cmdline.unknown);
	/* 65536 copies of a letter */
	(void)machine_script(m, "if regexp 'a++++++++++++++++' aaaa; then true; fi");
	assert_int_equal(m->result->outcome_count, 2);

	/* those that are tried are paid for */
	assert_limit(m, run_loops(m, arena_printf(m->arena, "set s=%s\n", repeat(m, "a", 1000)),
				  "regexp '((a*)*b*)*' \"$s\"", 4), LOOKS_UP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_pieces, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_variables, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_names, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_paths, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_lookups, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_devices, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_texts, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_many, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_initrds, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_runs, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_expressions, machine_setup, machine_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
