/* SPDX-License-Identifier: MIT */
/* test_sbat: SBAT text as shim reads it, and what a level revokes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cursor.h"
#include "base/limits.h"
#include "efi/sbat.h"
#include "pe-build.h"
#include "test-arena.h"

static struct sbat section(const char *text)
{
	return sbat_parse(arena, text, strlen(text), 6, 6);
}

static struct sbat level(const char *text)
{
	return sbat_parse_level(arena, text, strlen(text));
}

static void lines_and_fields(void **state)
{
	struct sbat s = section("\xef\xbb\xbfsbat,1,SBAT Version,sbat,1,url\r\n\r\ngrub,12,FSF,grub,2.06,url,more\n");

	(void)state;
	assert_int_equal(s.count, 2);
	assert_int_equal(s.bad_line, 0);
	assert_string_equal(s.entries[0].component, "sbat");
	assert_string_equal(s.entries[1].component, "grub");
	assert_int_equal(s.entries[1].generation, 12);
	assert_int_equal(s.entries[1].line, 3);
	assert_string_equal(s.entries[1].url, "url");
	/* text ends with the first NUL */
	assert_int_equal(sbat_parse(arena, "a,1,b,c,d,e\0x,1,b,c,d,e", 23, 6, 6).count, 1);
	assert_int_equal(section("").count, 0);
}

static void lines_that_shim_refuses(void **state)
{
	(void)state;
	assert_int_equal(section("a,1,b,c,d,e\nb,1,b\n").bad_line, 2);
	assert_int_equal(section("a,1,,c,d,e\n").bad_line, 1);
	assert_int_equal(level("sbat,1,2025021800\nshim,4\n").bad_line, 0);
	assert_int_equal(level("sbat\n").bad_line, 1);
}

static void generations_are_numbers(void **state)
{
	(void)state;
	assert_int_equal(section("a,x,b,c,d,e").entries[0].generation, 0);
	assert_int_equal(section("a,3x,b,c,d,e").entries[0].generation, 3);
	assert_int_equal(section("a,65537,b,c,d,e").entries[0].generation, 1);
}

static void revocation(void **state)
{
	struct sbat l = level("sbat,1,2024040900\nshim,4\ngrub,4\ngrub.peimage,2\n");
	struct sbat old = section("sbat,1,a,b,c,d\ngrub,3,a,b,c,d\n"),
		    good = section("sbat,1,a,b,c,d\ngrub,4,a,b,c,d\ngrub.debian,1,a,b,c,d\n");
	struct sbat peimage = section("grub,5,a,b,c,d\ngrub.peimage,1,a,b,c,d\n");
	struct sbat_revocation why;

	(void)state;
	assert_string_equal(l.entries[0].date, "2024040900");
	assert_true(sbat_revokes(&l, &old, &why));
	assert_string_equal(why.entry->component, "grub");
	assert_int_equal(why.level->generation, 4);
	assert_false(sbat_revokes(&l, &good, &why));
	assert_true(sbat_revokes(&l, &peimage, &why));
	assert_string_equal(why.entry->component, "grub.peimage");
}

static void sections(void **state)
{
	static const char text[] = "sbat,1,a,b,c,d\n";
	static uint8_t image[PE_BUILD_SIZE];
	struct view *file = view_memory(arena, image, sizeof(image));
	const struct sbat_section *result;
	const struct pe *pe;
	struct error err;

	(void)state;
	for (int i = 0; i < 5; i++) {
		static const enum sbat_status expected[] = { SBAT_ABSENT, SBAT_OK, SBAT_DUPLICATE, SBAT_RELOCATED,
							     SBAT_IGNORED };

		pe_build(image);
		memcpy(image + 0x600, text, sizeof(text));
		if (i)
			memcpy(image + AT_SECTION(1), ".sbat\0\0", 8);
		if (i == 2)
			memcpy(image + AT_SECTION(2), ".sbat\0\0", 8);
		if (i == 3)
			put16(image + AT_SECTION(1) + 32, 1);
		if (i == 4)
			put32(image + AT_SECTION(1) + 8, 0x201);
		assert_int_equal(pe_read(arena, file, &pe, &err), 0);
		assert_int_equal(sbat_read_section(arena, file, pe, &result, &err), 0);
		assert_int_equal(result->status, expected[i]);
	}
}

static void larger_than_is_read(void **state)
{
	struct buffer lines = buffer_make(1 << 20);

	(void)state;
	for (int i = 0; i < 600; i++)
		buffer_string(&lines, "a,1,b,c,d,e\n");
	assert_true(sbat_parse(arena, lines.data, lines.size, 6, 6).too_long);
	assert_int_equal(sbat_parse(arena, lines.data, lines.size, 6, 6).count, 512);
	buffer_free(&lines);
}

static void levels(void **state)
{
	static const char automatic[] = "sbat,1,2025021800\nshim,4\ngrub,5\n", latest[] = "sbat,1,2025051000\nshim,4\n";
	static uint8_t image[PE_BUILD_SIZE];
	struct view *file = view_memory(arena, image, sizeof(image));
	const struct sbat_levels *result;
	const struct pe *pe;
	struct error err;

	(void)state;
	pe_build(image);
	/* .sbatlevel is longer than eight characters */
	put32(image + AT_COFF + 8, 0x900);
	memcpy(image + AT_SECTION(1), "/4\0\0\0\0\0", 8);
	put32(image + AT_SECTION(1) + 8, 0x100);
	put32(image + 0x900, 15);
	memcpy(image + 0x904, ".sbatlevel", 11);
	put32(image + 0x604, 8);
	put32(image + 0x608, 8 + sizeof(automatic));
	memcpy(image + 0x60c, automatic, sizeof(automatic));
	memcpy(image + 0x60c + sizeof(automatic), latest, sizeof(latest));
	assert_int_equal(pe_read(arena, file, &pe, &err), 0);
	assert_int_equal(sbat_read_levels(arena, file, pe, &result, &err), 0);
	assert_true(result->present);
	assert_int_equal(result->automatic.count, 3);
	assert_int_equal(result->automatic.entries[2].generation, 5);
	assert_string_equal(result->latest.entries[0].date, "2025051000");
	put32(image + 0x604, 0xffffffff);
	assert_int_equal(sbat_read_levels(arena, file, pe, &result, &err), 0);
	assert_false(result->present);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines_and_fields, setup, teardown),
		cmocka_unit_test_setup_teardown(lines_that_shim_refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(generations_are_numbers, setup, teardown),
		cmocka_unit_test_setup_teardown(revocation, setup, teardown),
		cmocka_unit_test_setup_teardown(sections, setup, teardown),
		cmocka_unit_test_setup_teardown(larger_than_is_read, setup, teardown),
		cmocka_unit_test_setup_teardown(levels, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
