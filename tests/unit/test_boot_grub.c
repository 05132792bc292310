/* SPDX-License-Identifier: MIT */
/* test_boot_grub: boot entries of what GRUB's scripts come to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "image/boot-internal.h"
#include "image_system.h"

struct menu {
	struct image_system *s;
	struct loader loader;
	struct boot_path path;
	struct boot_maker maker;
};

static int setup(void **state)
{
	struct image_system *s = image_system_new();
	struct menu *m = ARENA_NEW(s->arena, struct menu);

	m->s = s;
	s->filesystem.view = view_memory(s->arena, "", 0);
	m->path = (struct boot_path){ .loader = &m->loader, .have = HAVE, .kind = BOOT_GRUB };
	m->maker = (struct boot_maker){ .image = &s->image, .path = &m->path };
	*state = m;
	return 0;
}

static int teardown(void **state)
{
	image_system_free(((struct menu *)*state)->s);
	return 0;
}

static void follow(struct menu *m, const char *config, const char *sourced)
{
	struct grub_start start = { .prefix = "/boot/grub" };

	image_system_file(m->s, "/boot/grub/grub.cfg", config);
	image_system_file(m->s, "/boot/grub/b.cfg", sourced);
	boot_make_world(&m->maker, "arm64");
	start.device = &m->maker.world->devices[0];
	m->path.grub = grub_run(m->s->arena, m->maker.world, &start);
	boot_add_grub(&m->maker);
}

/* A key held down starts a kernel without a menu; the menu's entry stands at the line and column of that command. */
static void test_menu_or_none(void **state)
{
	struct menu *m = *state;

	follow(m, "if keystatus --shift; then\nlinux /vmlinuz\nboot\nelse\nsource /boot/grub/b.cfg\nfi\n",
	       "#\nmenuentry x {\nlinux /y\n}\n");
	assert_int_equal(m->path.entry_count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct boot_entry *entry = &m->path.entries[i];

		assert_int_equal(entry->attempt_count, 1);
		assert_int_equal(entry->place.line, 2);
		assert_string_equal(entry->attempts[0].kernel.text.text, entry->title ? "/y" : "/vmlinuz");
		assert_int_equal(entry->is_default, entry->title != NULL);
	}
	assert_true(!m->path.entries[0].title != !m->path.entries[1].title);
}

/* One entry that both ways come to. */
static void test_same_entry(void **state)
{
	struct menu *m = *state;

	follow(m, "if keystatus --shift; then\nset a=1\nfi\nsource /boot/grub/b.cfg\n", "menuentry x {\nlinux /y $a\n}\n");
	assert_int_equal(m->path.entry_count, 1);
	assert_int_equal(m->path.entries[0].attempt_count, 2);
	assert_true(m->path.entries[0].is_default);
}

/* Blocks deeper than we go, around an entry that GRUB would boot: that GRUB refuses them is nowhere said. */
static void test_limits(void **state)
{
	struct menu *m = *state;
	char *config = arena_alloc(m->s->arena, 130 * 16 + 64), *p = config;

	for (int i = 0; i < 130; i++)
		p = stpcpy(p, "submenu s {\n");
	p = stpcpy(p, "menuentry x {\nlinux /y\n}\n");
	for (int i = 0; i < 130; i++)
		p = stpcpy(p, "}\n");
	follow(m, config, "");
	assert_int_equal(m->path.entry_count, 0);
	assert_int_equal(m->path.grub->problem_count, 0);
	assert_int_equal(m->path.have, UNREADABLE);
	assert_string_equal(m->path.reason, "blocks are nested too deeply to be read (line 65 of /boot/grub/grub.cfg), a "
			    "limit that no option raises");
}

/* The default entry may be one of those that are not listed. */
static void test_limit_of_menu(void **state)
{
	struct menu *m = *state;
	char *config = arena_alloc(m->s->arena, 32 * (LIMIT_GRUB_ENTRIES + 2)), *p = config;

	p = stpcpy(p, "set default=last\n");
	for (int i = 0; i < LIMIT_GRUB_ENTRIES; i++)
		p = stpcpy(p, "menuentry x {\nlinux /y\n}\n");
	p = stpcpy(p, "menuentry last {\nlinux /z\n}\n");
	follow(m, config, "");
	assert_true(m->path.entry_count >= 1);
	assert_true(m->path.entries[0].is_default);
	assert_false(m->path.entries[0].complete);
}

/* The same inside one entry costs that entry alone. */
static void test_limit_of_entry(void **state)
{
	struct menu *m = *state;
	char *config = arena_alloc(m->s->arena, 4096), *p = config;

	p = stpcpy(p, "menuentry x {\nlinux /y\n}\nmenuentry z {\neval '");
	for (int i = 0; i < 100; i++)
		p = stpcpy(p, "if true; then\n");
	p = stpcpy(p, "linux /z\n");
	for (int i = 0; i < 100; i++)
		p = stpcpy(p, "fi\n");
	p = stpcpy(p, "'\n}\n");
	follow(m, config, "");
	assert_int_equal(m->path.have, HAVE);
	assert_int_equal(m->path.entry_count, 2);
	assert_int_equal(m->path.grub->problem_count, 0);
	assert_true(m->path.entries[0].complete);
	assert_false(m->path.entries[1].complete);
	assert_string_equal(m->path.entries[1].reason,
			    "blocks are nested too deeply to be read (line 68 of /boot/grub/grub.cfg), a limit that no "
			    "option raises");
}

/* Entries that show a menu again that they stand in, with other settings, as VyOS's do: no entry is new, and nothing runs out. */
static void test_back(void **state)
{
	static const char config[] =
		"menuentry x {\nlinux /y $a\n}\nsubmenu options {\n"
		"menuentry one {\na=1; export a; configfile /boot/grub/grub.cfg\n}\n"
		"menuentry two {\na=2; export a; normal /boot/grub/grub.cfg\n}\n"
		"menuentry b {\nconfigfile /boot/grub/b.cfg\n}\n}\n";
	struct menu *m = *state;

	image_system_file(m->s, "/y", "kernel");
	follow(m, config, "menuentry z {\nlinux /y\n}\nmenuentry back {\nconfigfile /boot/grub/grub.cfg\n}\n"
			  "menuentry again {\nconfigfile /boot/grub/b.cfg\n}\n");
	assert_false(m->path.grub->limited);
	assert_int_equal(m->path.entry_count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(m->path.entries[i].attempt_count, 1);
		assert_true(m->path.entries[i].complete);
		assert_int_equal(m->path.entries[i].is_default, !i);
	}
}

/* What the default entry comes to when it is left by a command, and what does not count. */
static void test_endings(void **state)
{
	static const struct {
		const char *config;
		enum boot_ending ending;
		unsigned int line;
		bool leaves, complete;
		size_t attempts;
	} cases[] = {
		{ "\nhalt\nmenuentry x {\nlinux /y\n}\n", BOOT_HALTS, 2, false, true, 0 },
		{ "reboot\nlinux /y\n", BOOT_REBOOTS, 1, false, true, 0 },
		{ "menuentry x {\nlinux /y\n}\nexit\n", BOOT_LEAVES, 4, true, true, 0 },
		{ "if false; then\nexit\nfi\nmenuentry x {\nlinux /y\n}\n", BOOT_GOES_ON, 0, false, true, 1 },
		{ "menuentry x {\nlinux /y\nhalt\n}\n", BOOT_HALTS, 3, false, true, 0 },
		{ "menuentry x {\nlinux /y\nboot\nhalt\n}\n", BOOT_GOES_ON, 0, false, true, 1 },
		{ "menuentry x {\nlinux /y\nboot\nexit\n}\n", BOOT_GOES_ON, 0, false, true, 1 },
		{ "menuentry x {\nlinux /y\n}\nmenuentry z {\nhalt\n}\n", BOOT_GOES_ON, 0, false, true, 1 },
		{ "menuentry x {\nif cmp /a /b; then\nexit\nfi\nhalt\n}\n", BOOT_LEAVES, 3, true, true, 0 },
		{ "menuentry x {\nif cmp /a /b; then\nlinux /y\nelse\nhalt\nfi\n}\n", BOOT_GOES_ON, 0, false, true, 1 },
		/* nobody holds a key down */
		{ "menuentry x {\nif keystatus --ctrl; then\nexit\nfi\nhalt\n}\n", BOOT_HALTS, 5, false, true, 0 },
		{ "menuentry x {\nif keystatus --ctrl; then\nlinux /y\nelse\nhalt\nfi\n}\n", BOOT_HALTS, 5, false, true, 1 },
		{ "menuentry x {\nif ! keystatus --ctrl; then\nhalt\nfi\nlinux /y\n}\n", BOOT_HALTS, 3, false, true, 1 },
		{ "menuentry x {\nif keystatus --ctrl; then\nexit\nfi\nlinux /y\n}\n", BOOT_GOES_ON, 0, false, true, 1 },
		{ "if ! keystatus --ctrl; then\nreboot\nfi\nmenuentry x {\nlinux /y\n}\n", BOOT_REBOOTS, 2, false, true, 0 },
		/* whether it comes to the menu is not known */
		{ "if cmp /a /b; then\nmenuentry x {\nlinux /y\n}\nelse\nhalt\nfi\n", BOOT_HALTS, 6, false, false, 0 },
		{ "submenu x {\nreboot\n}\n", BOOT_REBOOTS, 2, false, true, 0 },
		{ "menuentry x {\nnormal_exit\n}\n", BOOT_GOES_ON, 0, false, false, 0 },
		{ "menuentry x {\nconfigfile /boot/grub/b.cfg\n}\n", BOOT_GOES_ON, 0, false, true, 1 },
		/* a kernel on one way, and a menu on the other */
		{ "menuentry x {\nif cpuid -l; then\nlinux /y\nelse\nconfigfile /boot/grub/b.cfg\nfi\n}\n", BOOT_GOES_ON, 0,
		  false, false, 1 },
		{ "menuentry x {\nif cpuid -l; then\nconfigfile /boot/grub/b.cfg\nelse\nlinux /y\nfi\n}\n", BOOT_GOES_ON, 0,
		  false, false, 1 },
		{ "menuentry x {\nif keystatus --shift; then\nconfigfile /boot/grub/b.cfg\nelse\nhalt\nfi\n}\n", BOOT_HALTS, 5,
		  false, true, 0 },
		{ "set fallback=1\nmenuentry x {\ntrue\n}\nmenuentry z {\nlinux /y\n}\n", BOOT_GOES_ON, 0, false, true, 1 },
		/* a menu that is open already */
		{ "menuentry x {\nconfigfile /boot/grub/grub.cfg\n}\n", BOOT_GOES_ON, 0, false, false, 0 },
		{ "menuentry x {\nif [ \"$a\" ]; then\nlinux /y\nelse\na=1; export a; configfile /boot/grub/grub.cfg\nfi\n}\n",
		  BOOT_GOES_ON, 0, false, true, 1 },
		/* one of the ways */
		{ "menuentry x {\nif cmp /a /b; then\nsave_env a; reboot\nfi\nlinux /y\n}\n", BOOT_GOES_ON, 0, false, true, 1 },
		{ "menuentry x {\nif cmp /a /b; then\nsave_env a; reboot\nfi\nhalt\n}\n", BOOT_REBOOTS, 3, false, false, 0 },
		{ "menuentry x {\nif cmp /a /b; then\nexit\nfi\nlinux /y\n}\n", BOOT_GOES_ON, 0, false, true, 1 },
		{ "menuentry x {\nif cmp /a /b; then\nexit\nfi\n}\n", BOOT_GOES_ON, 0, true, true, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct boot_entry *entry = NULL;
		struct menu *m;

		assert_int_equal(setup(state), 0);
		m = *state;
		image_system_file(m->s, "/y", "kernel");
		image_system_file(m->s, "/boot/grub/grubenv",
				  "# GRUB Environment Block\n##################################################");
		follow(m, cases[i].config, "menuentry z {\nlinux /y\n}\n");
		for (size_t k = 0; k < m->path.entry_count; k++)
			if (m->path.entries[k].is_default)
				entry = &m->path.entries[k];
		assert_non_null(entry);
		if (entry->ending != cases[i].ending || entry->leaves != cases[i].leaves ||
		    entry->complete != cases[i].complete || entry->attempt_count != cases[i].attempts)
			fail_msg("%s: ending %d, leaves %d, complete %d, %zu attempts", cases[i].config, entry->ending,
				 entry->leaves, entry->complete, entry->attempt_count);
		if (cases[i].line)
			assert_int_equal(entry->ending_place.line, cases[i].line);
		teardown(state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_menu_or_none, setup, teardown),
		cmocka_unit_test_setup_teardown(test_same_entry, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limit_of_menu, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limit_of_entry, setup, teardown),
		cmocka_unit_test_setup_teardown(test_back, setup, teardown),
		cmocka_unit_test(test_endings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
