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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_menu_or_none, setup, teardown),
		cmocka_unit_test_setup_teardown(test_same_entry, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
