/* SPDX-License-Identifier: MIT */
/* test_csv: BOOT.CSV as shim's fallback reads it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/limits.h"
#include "efi/csv.h"
#include "test-arena.h"

static const struct csv *parse_bytes(const void *bytes, size_t size)
{
	const struct csv *csv;
	struct error err;

	assert_int_equal(csv_read(arena, view_memory(arena, bytes, size), &csv, &err), 0);
	return csv;
}

/* The text in UTF-16LE, behind a byte order mark if wanted. */
static const struct csv *parse(const char *text, int mark)
{
	size_t n = strlen(text);
	uint8_t *bytes = arena_alloc(arena, 2 * n + 2), *p = bytes;

	if (mark) {
		*p++ = 0xff;
		*p++ = 0xfe;
	}
	for (size_t i = 0; i < n; i++, p += 2)
		p[0] = (uint8_t)text[i];
	return parse_bytes(bytes, (size_t)(p - bytes));
}

static void one_line(void **state)
{
	(void)state;
	for (int mark = 0; mark < 2; mark++) {
		const struct csv *csv = parse("shimaa64.efi,debian,,This is the boot entry for debian\n", mark);

		assert_int_equal(csv->encoding, CSV_UTF16LE);
		assert_int_equal(csv->has_mark, mark);
		assert_int_equal(csv->row_count, 1);
		assert_int_equal(csv->bad_line, 0);
		assert_string_equal(csv->rows[0].loader, "shimaa64.efi");
		assert_string_equal(csv->rows[0].label, "debian");
		assert_string_equal(csv->rows[0].options, "");
		assert_string_equal(csv->rows[0].remark, "This is the boot entry for debian");
		assert_int_equal(csv->rows[0].line, 1);
	}
}

static void lines(void **state)
{
	const struct csv *csv = parse("\r\na.efi,A\r\n\n,B,,\nc.efi,\nd.efi\ne.efi,E,options,x,y", 1);

	(void)state;
	assert_int_equal(csv->row_count, 2);
	assert_string_equal(csv->rows[0].label, "A");
	assert_string_equal(csv->rows[0].options, "");
	assert_int_equal(csv->rows[0].line, 2);
	assert_int_equal(csv->bad_line, 4);
	assert_string_equal(csv->rows[1].options, "options");
	assert_string_equal(csv->rows[1].remark, "x,y");
	assert_int_equal(csv->rows[1].line, 7);
}

static void other_encodings(void **state)
{
	const struct csv *csv = parse_bytes("shimx64.efi,debian,,\n", 21);

	(void)state;
	assert_int_equal(csv->encoding, CSV_8BIT);
	assert_int_equal(csv->row_count, 0);
	csv = parse_bytes("\xfe\xff\0a\0,\0b", 8);
	assert_int_equal(csv->encoding, CSV_UTF16BE);
	assert_true(csv->has_mark);
	assert_int_equal(parse_bytes("\0a\0,\0b", 6)->encoding, CSV_UTF16BE);
	assert_int_equal(parse_bytes("", 0)->row_count, 0);
	assert_int_equal(parse_bytes("\xff", 1)->row_count, 0);
	assert_int_equal(parse_bytes("\xff\xfe", 2)->row_count, 0);
}

static void too_long(void **state)
{
	const struct csv *csv;
	struct error err;

	(void)state;
	assert_int_equal(csv_read(arena,
				  view_memory(arena, arena_alloc(arena, LIMIT_CSV_BYTES + 1), LIMIT_CSV_BYTES + 1),
				  &csv, &err),
			 -EFBIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_line, setup, teardown),
		cmocka_unit_test_setup_teardown(lines, setup, teardown),
		cmocka_unit_test_setup_teardown(other_encodings, setup, teardown),
		cmocka_unit_test_setup_teardown(too_long, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
