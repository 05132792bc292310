/* SPDX-License-Identifier: MIT */
/* test_report_boots: what boots have in common, as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/report.h"
#include "test-arena.h"

#define BOOTS 70

struct printed {
	struct report_options options;
	struct report report;
	char *text;
	size_t size;
};

static void begin(struct printed *p, unsigned boots)
{
	*p = (struct printed){ .options = { .fail_on = SEVERITY_ERROR, .boots = boots } };
	p->options.out = open_memstream(&p->text, &p->size);
	assert_non_null(p->options.out);
	p->report.options = &p->options;
	report_text.begin(&p->report);
}

/* Boot `number` has these notes, each a line. */
static void boot(struct printed *p, unsigned number, enum image_status status, const char *const *notes)
{
	struct lint_result result;

	lint_result_init(&result, "image");
	result.name = arena_printf(arena, "guest[%u]", number);
	result.boot = "gic=3";
	result.guest = true;
	result.profile = "none";
	result.status = status;
	for (; *notes; notes++)
		lint_result_note(&result, arena, *notes);
	report_text.image(&p->report, &result);
}

/* Lines without the sums. */
static const char *end(struct printed *p)
{
	char *lines = arena_strdup(arena, ""), *save = NULL;

	report_text.end(&p->report);
	fclose(p->options.out);
	for (char *line = strtok_r(p->text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (!strstr(line, " 0 errors, "))
			lines = arena_printf(arena, "%s%s\n", lines, line);
	}
	free(p->text);
	return lines;
}

static void test_merged(void **state)
{
	struct printed p;

	(void)state;
	begin(&p, 3);
	boot(&p, 1, STATUS_CHECKED, (const char *const[]){ "all", "first", "last", NULL });
	boot(&p, 2, STATUS_CHECKED, (const char *const[]){ "all", "second", NULL });
	boot(&p, 3, STATUS_CHECKED, (const char *const[]){ "all", "last", NULL });
	assert_string_equal(end(&p), "guest: note: all\n"
				     "guest[1]: note: first\n"
				     "guest: note: last\n    note: in boots 1 and 3 of 3\n"
				     "guest[2]: note: second\n");
}

/* What one boot says twice are two findings, as the sums say; each has its like in the other boots. */
static void test_twice(void **state)
{
	struct printed p;

	(void)state;
	begin(&p, 3);
	boot(&p, 1, STATUS_CHECKED, (const char *const[]){ "one", "two", "two", NULL });
	boot(&p, 2, STATUS_CHECKED, (const char *const[]){ "two", "two", "one", "two", NULL });
	boot(&p, 3, STATUS_CHECKED, (const char *const[]){ "one", "two", NULL });
	assert_string_equal(end(&p), "guest: note: one\n"
				     "guest: note: two\n"
				     "guest: note: two\n    note: in boots 1 and 2 of 3\n"
				     "guest[2]: note: two\n");
}

/* One boot has nobody to share with; one that broke off says what it has to say at once. */
static void test_alone(void **state)
{
	struct printed p;

	(void)state;
	begin(&p, 1);
	boot(&p, 1, STATUS_CHECKED, (const char *const[]){ "note", NULL });
	assert_string_equal(end(&p), "guest[1]: note: note\n");
	begin(&p, 2);
	boot(&p, 1, STATUS_CHECKED, (const char *const[]){ "note", NULL });
	boot(&p, 2, STATUS_PARTLY, (const char *const[]){ "note", NULL });
	assert_string_equal(end(&p), "guest[2]: note: note\nguest[1]: note: note\n");
	begin(&p, 2);
	assert_string_equal(end(&p), "");
}

/* More lines, and more boots, than are kept: each is printed all the same. */
static void test_many(void **state)
{
	const char *notes[1001] = { NULL }, *text;
	struct printed p;
	unsigned lines = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		notes[i] = arena_printf(arena, "note %u", i);
	begin(&p, 2);
	boot(&p, 1, STATUS_CHECKED, notes);
	boot(&p, 2, STATUS_CHECKED, notes);
	text = end(&p);
	for (const char *at = text; (at = strchr(at, '\n')); at++)
		lines++;
	assert_int_equal(lines, 512 + 2 * (1000 - 512));
	assert_non_null(strstr(text, "guest: note: note 511\n"));
	assert_non_null(strstr(text, "guest[2]: note: note 512\n"));
	begin(&p, BOOTS);
	for (unsigned i = 1; i <= BOOTS; i++)
		boot(&p, i, STATUS_CHECKED, (const char *const[]){ "note", NULL });
	text = end(&p);
	assert_non_null(strstr(text, "guest[70]: note: note\n"));
	assert_non_null(strstr(text, "guest: note: note\n    note: in boots 1, 2, 3, 4, "));
	assert_non_null(strstr(text, ", 63 and 64 of 70\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merged),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
