/* SPDX-License-Identifier: MIT */
/* test_boot_cmdline: how much of a command line a kernel reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "image/boot-internal.h"
#include "linux/kernel.h"
#include "test-arena.h"

/* Words for which the kernel has no room are left out whole. */
static void test_too_long(void **state)
{
	static const struct {
		enum architecture architecture;
		uint32_t said;   /* by the kernel's header */
		size_t length;   /* of a word in front */
		bool quoted;
		unsigned words;  /* that are read, root=1 the second of them */
	} cases[] = {
		{ ARCHITECTURE_AARCH64, 0, 2047 - 7, false, 2 },   { ARCHITECTURE_AARCH64, 0, 2047 - 6, false, 1 },
		{ ARCHITECTURE_AARCH64, 0, 2047, true, 1 },	   { ARCHITECTURE_AARCH64, 0, 2048, true, 0 },
		{ ARCHITECTURE_AARCH64, 0, 5000, false, 0 },	   { ARCHITECTURE_X86_64, 0, 2047 - 6, false, 1 },
		{ ARCHITECTURE_X86_64, 2047, 2047 - 7, false, 2 }, { ARCHITECTURE_X86_64, 2047, 2047 - 6, false, 1 },
		{ ARCHITECTURE_X86_64, 4095, 3000, false, 2 },	   { ARCHITECTURE_ARM, 0, 1023 - 6, false, 1 },
		{ ARCHITECTURE_RISCV64, 0, 9000, false, 2 },
	};
	struct image image = { .arena = arena };
	struct boot_path path = { .kind = BOOT_GRUB };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *given = arena_alloc(arena, cases[i].length + 8);
		struct kernel kernel = { .command_line_size = cases[i].said };
		struct kernel_file file = { .architecture = cases[i].architecture, .kernel = &kernel };
		struct boot_entry entry = { .path = &path };
		struct boot_attempt a = { .entry = &entry, .kernel_file = &file };
		struct boot_text text;

		memset(given, 'x', cases[i].length);
		if (cases[i].quoted) {
			given[0] = given[cases[i].length - 1] = '"';
			given[9] = ' ';
		}
		strcpy(given + cases[i].length, " root=1");
		text = boot_text_make(arena, given, (struct boot_place){ 0 });
		a.cmdline = cmdline_parse(arena, &text);
		assert_int_equal(boot_apply_kernel(&image, &a), cases[i].words < 2);
		assert_int_equal(a.cmdline->word_count, cases[i].words);
		assert_int_equal(a.cmdline->root != NULL, cases[i].words == 2);
		assert_int_equal(a.written != NULL, cases[i].words < 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_too_long, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
