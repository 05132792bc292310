/* SPDX-License-Identifier: MIT */
/* test_guest_record: facts written are facts read, and what makes no sense is left out and counted. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "guest/record.h"
#include "guest/write.h"

static struct arena *arena;
static struct buffer text;

static int setup(void **state)
{
	(void)state;
	arena = arena_new(64 * MiB);
	text = buffer_make(1 * MiB);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	buffer_free(&text);
	return 0;
}

static void collect(void *context, const char *line, size_t size)
{
	(void)context;
	buffer_append(&text, line, size);
	buffer_char(&text, '\n');
}

static const struct guest *read_text(const char *record)
{
	const struct guest *guest;
	struct error err;

	assert_int_equal(guest_read(arena, record, strlen(record), &guest, &err), 0);
	return guest;
}

static void test_round_trip(void **state)
{
	struct facts facts = facts_make(collect, NULL);
	char every[256], line[1000];
	const struct guest *guest;
	const struct fact *fact;
	uint64_t number;

	(void)state;
	for (int i = 0; i < 256; i++)
		every[i] = (char)i;
	memset(line, 'x', sizeof(line));
	line[999] = '\n';
	fact_begin(&facts, "guest");
	fact_decimal(&facts, "format", GUEST_FORMAT);
	fact_end(&facts);
	fact_begin(&facts, "one");
	fact_string(&facts, "text", "a b%c=d\n\xc3\xa9");
	fact_string(&facts, "empty", "");
	fact_hex(&facts, "hex", UINT64_MAX);
	fact_decimal(&facts, "minus", -5);
	fact_errno(&facts, "code", -ENOENT);
	fact_errno(&facts, "good", 0);
	fact_end(&facts);
	fact_data(&facts, every, sizeof(every));
	fact_begin(&facts, "two");
	fact_end(&facts);
	fact_lines(&facts, line, sizeof(line));
	fact_lines(&facts, "\n100% sure\tof it", 16);
	fact_begin(&facts, "three");
	fact_end(&facts);
	facts_free(&facts);
	guest = read_text(text.data);
	assert_int_equal(guest->count, 4);
	assert_int_equal(guest->strange, 0);
	fact = guest_next(guest, NULL, "one");
	assert_string_equal(fact_text(fact, "text"), "a b%c=d\n\xc3\xa9");
	assert_string_equal(fact_text(fact, "empty"), "");
	assert_true(fact_number(fact, "hex", &number));
	assert_true(number == UINT64_MAX);
	assert_false(fact_number(fact, "minus", &number));
	assert_string_equal(fact_text(fact, "minus"), "-5");
	assert_string_equal(fact_text(fact, "code"), "ENOENT");
	assert_string_equal(fact_text(fact, "good"), "ok");
	assert_null(fact_text(fact, "none"));
	assert_int_equal(fact->size, 256);
	assert_memory_equal(fact->data, every, 256);
	fact = guest_next(guest, fact, "two");
	assert_int_equal(fact->size, 1016);
	assert_memory_equal(fact->data, line, 1000);
	assert_string_equal((const char *)fact->data + 1000, "\n100% sure\tof it");
	fact = guest_next(guest, NULL, "three");
	assert_null(fact->data);
	assert_int_equal(fact->size, 0);
	assert_null(guest_next(guest, fact, "three"));
}

static void test_strange_lines(void **state)
{
	const struct guest *guest = read_text("guest format=1\r\n"
					      "# a comment\n"
					      "\n"
					      "good key=value\n"
					      "Bad key=value\n"
					      "+00\n"
					      "good key\n"
					      "good =value\n"
					      "good key=va%4\n"
					      "good key=caf\xc3\xa9\n"
					      "good  key=value\n"
					      "data\n"
					      "+0\n"
					      "+0x\n"
					      "+0102\n"
					      "good a=1 a=2\n");

	(void)state;
	/* each is one, and the data below a bad fact is that fact's */
	assert_int_equal(guest->strange, 8);
	assert_int_equal(guest->strange_line, 5);
	assert_string_equal(fact_text(guest_next(guest, NULL, "good"), "key"), "value");
	assert_null(guest_next(guest, NULL, "good")->data);
	assert_int_equal(guest_next(guest, NULL, "strange")->size, 1);
	assert_int_equal(guest_next(guest, NULL, "data")->size, 2);
	assert_non_null(guest_find(guest, "good", "a", "1"));
	assert_null(guest_find(guest, "good", "a", "2"));
	assert_int_equal(guest_find(guest, "good", "a", "1")->line, 16);
}

static void refuse(const char *record, int code)
{
	const struct guest *guest;
	struct error err;

	assert_int_equal(guest_read(arena, record, strlen(record), &guest, &err), code);
	assert_int_equal(err.code, -code);
}

static void test_not_a_record(void **state)
{
	(void)state;
	refuse("", -EINVAL);
	refuse("# guest format=1\n", -EINVAL);
	refuse("boot id=1\nguest format=1\n", -EINVAL);
	refuse("guest\n", -EINVAL);
	refuse("guest format=0\n", -ENOTSUP);
	refuse("guest format=3\n", -ENOTSUP);
	assert_int_equal(read_text("guest format=2\n")->count, 1);
	refuse("guest format=-1\n", -EINVAL);
}

static void test_data_before_facts(void **state)
{
	refuse("+00\n", -EINVAL);
	(void)state;
	assert_int_equal(read_text("guest format=1\n+0a\n|x\n&y\n")->facts[0].size, 4);
}

/* A line that turns out to be no data must not leave its beginning behind the fact's data. */
static void test_data_ends_with_nul(void **state)
{
	static const char *const lines[] = { "+41420", "+4142zz", "&xyz\x01", "|xyz%4" };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		char record[64];

		snprintf(record, sizeof(record), "guest format=1\n+30\n%s\n", lines[i]);
		assert_string_equal((const char *)read_text(record)->facts[0].data, "0");
		assert_int_equal(read_text(record)->strange, 1);
	}
}

static void test_numbers(void **state)
{
	const struct fact *fact = &read_text("guest format=1 a=0x10 b=99999999999999999999 c=12x d= e=0x f=+1 g=010\n")->facts[0];
	uint64_t number;

	(void)state;
	assert_true(fact_number(fact, "a", &number));
	assert_int_equal(number, 16);
	assert_true(fact_number(fact, "g", &number));
	assert_int_equal(number, 10);
	assert_false(fact_number(fact, "b", &number));
	assert_false(fact_number(fact, "c", &number));
	assert_false(fact_number(fact, "d", &number));
	assert_false(fact_number(fact, "e", &number));
	assert_false(fact_number(fact, "f", &number));
	assert_false(fact_number(NULL, "a", &number));
}

static void test_limits(void **state)
{
	struct buffer many = buffer_make(8 * MiB);
	const struct guest *guest;
	struct error err;

	(void)state;
	buffer_string(&many, "guest format=1\n");
	for (int i = 1; i < GUEST_FACTS; i++)
		buffer_string(&many, "a\n");
	assert_int_equal(guest_read(arena, many.data, many.size, &guest, &err), 0);
	buffer_string(&many, "a\n");
	assert_int_equal(guest_read(arena, many.data, many.size, &guest, &err), -EFBIG);
	buffer_clear(&many);
	buffer_string(&many, "guest format=1\nlong a=");
	for (int i = 0; i < GUEST_LINE; i++)
		buffer_char(&many, 'x');
	buffer_string(&many, "\nmany");
	for (int i = 0; i <= GUEST_VALUES; i++)
		buffer_printf(&many, " k%d=1", i);
	assert_int_equal(guest_read(arena, many.data, many.size, &guest, &err), 0);
	assert_int_equal(guest->strange, 2);
	/* values need more memory than their text */
	buffer_clear(&many);
	buffer_string(&many, "guest format=1\n");
	for (int i = 0; i < GUEST_ALL_VALUES / GUEST_VALUES; i++) {
		buffer_char(&many, 'k');
		for (int k = 0; k < GUEST_VALUES; k++)
			buffer_string(&many, " a=");
		buffer_char(&many, '\n');
	}
	assert_int_equal(guest_read(arena, many.data, many.size, &guest, &err), -EFBIG);
	buffer_free(&many);
}

static void test_writer_leaves_out_what_is_too_long(void **state)
{
	struct facts facts = facts_make(collect, NULL);
	char value[GUEST_LINE + 1];

	(void)state;
	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	fact_begin(&facts, "long");
	fact_string(&facts, "value", value);
	fact_end(&facts);
	fact_begin(&facts, "short");
	fact_end(&facts);
	facts_free(&facts);
	assert_string_equal(text.data, "short\n");
}

static void test_is_text(void **state)
{
	(void)state;
	assert_true(fact_is_text("a\tb\n", 4));
	assert_false(fact_is_text("a\0", 2));
	assert_false(fact_is_text("\x80", 1));
	assert_false(fact_is_text("", 0));
}

/* What got lost on the way must not make other data of what came. */
static void test_damaged(void **state)
{
	const struct guest *guest = read_text("guest format=1\n"
					      "file path=/a size=3\n|x\n"
					      "file path=/b size=2\n|x\n"
					      "file path=/c size=2\n"
					      "probe-acpi signature=APIC size=2 crc=0x5\n+0102\n"
					      "probe-acpi signature=GTDT size=2 crc=0xb6cc4292\n+0102\n"
					      "boot id=1 upt");
	size_t size;

	(void)state;
	assert_int_equal(guest->damaged, 3);
	assert_int_equal(guest->damaged_line, 2);
	assert_null(guest_file(guest, NULL, "/a", &size));
	assert_string_equal((const char *)guest_file(guest, NULL, "/b", &size), "x\n");
	assert_null(guest_file(guest, NULL, "/c", &size));
	assert_null(guest_find(guest, "probe-acpi", "signature", "APIC")->data);
	assert_non_null(guest_find(guest, "probe-acpi", "signature", "GTDT")->data);
	/* the last line is none: it does not end */
	assert_int_equal(guest->strange, 1);
	assert_null(guest_next(guest, NULL, "boot"));
}

static void test_files(void **state)
{
	const struct guest *guest = read_text("guest format=1\n"
					      "host-boot number=1\n"
					      "boot id=1\n"
					      "probe-acpi signature=APIC size=2 crc=0xb6cc4292\n+0102\n"
					      "probe-acpi signature=GTDT size=2 crc=0x6d998525\n+0304\n"
					      "file path=/a size=2\n|x\n"
					      "file path=/b size=2 probe-crc=0x6d998525\n"
					      "file path=/c size=3 probe-crc=0x6d998525\n"
					      "file path=/d error=EACCES\n"
					      "names path=/e count=1\n|x\n"
					      "boot id=2\n"
					      "file path=/a size=2\n|y\n");
	const struct fact *first = guest_next(guest, NULL, "boot"), *second = guest_next(guest, first, "boot");
	size_t size;

	(void)state;
	assert_string_equal((const char *)guest_file(guest, NULL, "/a", &size), "x\n");
	assert_string_equal((const char *)guest_file(guest, first, "/a", &size), "x\n");
	assert_string_equal((const char *)guest_file(guest, second, "/a", &size), "y\n");
	assert_int_equal(size, 2);
	assert_memory_equal(guest_file(guest, first, "/b", &size), "\3\4", 2);
	assert_int_equal(size, 2);
	assert_null(guest_file(guest, second, "/b", &size));
	assert_null(guest_file(guest, first, "/c", &size));
	assert_null(guest_file(guest, first, "/d", &size));
	assert_null(guest_file(guest, first, "/e", &size));
	assert_null(guest_file(guest, first, "/none", &size));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_round_trip), T(test_strange_lines), T(test_not_a_record), T(test_data_before_facts),
		T(test_numbers),    T(test_limits),	   T(test_writer_leaves_out_what_is_too_long), T(test_is_text),
		T(test_files), T(test_damaged),
		T(test_data_ends_with_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
