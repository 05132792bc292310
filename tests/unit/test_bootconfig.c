/* SPDX-License-Identifier: MIT */
/* test_bootconfig: what bootconfig(8) puts behind an initrd is no part of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "initrd_maker.h"

static void expect_garbage(const struct maker *m, size_t offset)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct initrd_question q = { INITRD_PATH, .name = "nothing" };
	const struct initrd *initrd = ask(arena, m, &q, 1, false);

	assert_int_equal(initrd->member_count, 2);
	assert_int_equal(initrd->members[1].problem, INITRD_GARBAGE);
	assert_int_equal(initrd->members[1].offset, offset);
}

/* A bootconfig as bootconfig(8) puts it behind an initrd, of which so many bytes are said to be text. */
static void bootconfig(struct maker *m, size_t size, unsigned sum)
{
	static const char text[] = "a.b = c\n\0\0\0";
	uint8_t numbers[8] = { (uint8_t)size, (uint8_t)(size >> 8), 0, (uint8_t)(size >> 24), (uint8_t)sum, (uint8_t)(sum >> 8) };

	buffer_append(&m->b, text, 12);
	buffer_append(&m->b, numbers, 8);
	buffer_string(&m->b, "#BOOTCONFIG\n");
}

/* Linux takes it off before it unpacks the initrd. */
static void bootconfigs(void **state)
{
	struct initrd_question q = { INITRD_PATH, .name = "nothing" };
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	enum { SUM = 'a' + '.' + 'b' + ' ' + '=' + ' ' + 'c' + '\n' };
	struct maker m = make();
	const struct initrd *initrd;
	size_t end;

	(void)state;
	file(&m, "a", "a");
	trailer(&m);
	end = m.b.size;
	for (unsigned padding = 0; padding < 5; padding++) {
		m.b.size = end;
		bootconfig(&m, 12, SUM);
		zeros(&m, padding);
		if (padding > 3) {
			expect_garbage(&m, end);
			continue;
		}
		initrd = ask(arena, &m, &q, 1, false);
		assert_true(initrd->complete && !initrd->damaged && initrd->member_count == 1);
		assert_int_equal(q.answer, INITRD_NOT_FOUND);
		assert_int_equal(initrd->size, m.b.size);
	}
	/* a wrong sum, and more than there is: it stays */
	m.b.size = end;
	bootconfig(&m, 12, SUM + 1);
	expect_garbage(&m, end);
	m.b.size = end;
	bootconfig(&m, 12 + end + 1, SUM);
	expect_garbage(&m, end);
	m.b.size = end;
	bootconfig(&m, 0xff00000c, SUM);
	expect_garbage(&m, end);
	/* and nothing else */
	m.b.size = 0;
	bootconfig(&m, 12, SUM);
	initrd = ask(arena, &m, &q, 1, false);
	assert_true(initrd->damaged && initrd->members[0].problem == INITRD_EMPTY);
	buffer_free(&m.b);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(bootconfigs) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
