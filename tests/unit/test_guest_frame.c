/* SPDX-License-Identifier: MIT */
/* test_guest_frame: frames come through a console that others use, and nothing else passes for one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guest/frame.h"

#define NONCE "0123456789abcdef"
#define OTHER "fedcba9876543210"

static struct frames frames;
static struct buffer wire, texts, others;

static void got_text(void *context, uint32_t boot, const char *text, size_t size)
{
	(void)context;
	buffer_printf(&texts, "%x:%.*s;", boot, (int)size, text);
}

static void got_other(void *context, const char *line, size_t size)
{
	(void)context;
	buffer_printf(&others, "%.*s;", (int)size, line);
}

static int setup(void **state)
{
	(void)state;
	frames = (struct frames){ .nonce = NONCE, .text = got_text, .other = got_other };
	wire = buffer_make(1 << 20);
	texts = buffer_make(1 << 20);
	others = buffer_make(1 << 20);
	buffer_string(&texts, "");
	buffer_string(&others, "");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	buffer_free(&wire);
	buffer_free(&texts);
	buffer_free(&others);
	return 0;
}

static void frame(const char *nonce, uint32_t boot, uint32_t number, const char *text)
{
	frame_write(&wire, nonce, boot, number, text, strlen(text));
}

static void feed(void)
{
	frames_feed(&frames, wire.data, wire.size);
	buffer_clear(&wire);
}

static void test_what_it_looks_like(void **state)
{
	(void)state;
	frame(NONCE, 0xabc, 7, "fact key=value");
	assert_string_equal(wire.data, "@vmlint " NONCE " 00000abc 7 cc88b69c fact key=value\r\n");
}

static void test_among_other_lines(void **state)
{
	(void)state;
	buffer_string(&wire, "UEFI firmware\r\n\r\n\x1b[2J\x1b[01;01H");
	frame(NONCE, 1, 0, "first");
	buffer_string(&wire, "[    1.0] a message cut sh");
	frame(NONCE, 1, 1, "second");
	buffer_string(&wire, "@vmlint " NONCE " 0000");
	frame(NONCE, 1, 2, "third");
	buffer_string(&wire, "end\n");
	feed();
	assert_string_equal(texts.data, "1:first;1:second;1:third;");
	assert_string_equal(others.data, "UEFI firmware;end;");
	assert_int_equal(frames.good, 3);
	assert_int_equal(frames.damaged + frames.foreign + frames.lost, 0);
}

static void test_byte_by_byte(void **state)
{
	(void)state;
	frame(NONCE, 1, 0, "first");
	frame(NONCE, 1, 1, "");
	for (size_t i = 0; i < wire.size; i++)
		frames_feed(&frames, wire.data + i, 1);
	assert_string_equal(texts.data, "1:first;1:;");
}

static void test_forged(void **state)
{
	(void)state;
	frame(OTHER, 1, 0, "variable write=ok");
	buffer_string(&wire, "@vmlint " NONCE " 00000001 0 00000000 no such checksum\r\n");
	buffer_string(&wire, "@vmlint " NONCE "\r\n@vmlint \r\n@vmlint " NONCE " 00000001 x\r\n");
	buffer_string(&wire, "@vmlint " NONCE " 00000001 99999999999 00000000 x\r\n");
	feed();
	assert_string_equal(texts.data, "");
	assert_int_equal(frames.good, 0);
	assert_int_equal(frames.foreign, 3);
	assert_int_equal(frames.damaged, 3);
	/* they are no lines of anybody else's either */
	assert_string_equal(others.data, "");
}

static void test_lost_and_repeated(void **state)
{
	(void)state;
	frame(NONCE, 1, 0, "a");
	frame(NONCE, 1, 3, "b");
	frame(NONCE, 1, 3, "b");
	frame(NONCE, 1, 2, "late");
	frame(NONCE, 2, 0, "c");
	feed();
	assert_string_equal(texts.data, "1:a;1:b;2:c;");
	assert_int_equal(frames.lost, 2);
	assert_int_equal(frames.damaged, 2);
}

static void test_damaged_byte(void **state)
{
	size_t size;

	(void)state;
	frame(NONCE, 1, 0, "some text");
	size = wire.size;
	for (size_t i = 8; i < size - 2; i++) {
		char was = wire.data[i];

		wire.data[i] = was == '#' ? '!' : '#';
		frames_feed(&frames, wire.data, size);
		wire.data[i] = was;
	}
	assert_string_equal(texts.data, "");
	feed();
	assert_string_equal(texts.data, "1:some text;");
}

static void test_endless_line(void **state)
{
	(void)state;
	for (int i = 0; i < 3 * FRAME_LINE; i++)
		buffer_char(&wire, 'x');
	frame(NONCE, 1, 0, "part of the endless line");
	frame(NONCE, 1, 0, "next");
	feed();
	assert_string_equal(texts.data, "1:next;");
	assert_int_equal(others.size, FRAME_LINE + 1);
}

static void test_nonce(void **state)
{
	(void)state;
	assert_true(frame_nonce_ok(NONCE));
	assert_false(frame_nonce_ok("0123456789abcde"));
	assert_false(frame_nonce_ok("0123456789abcdef0"));
	assert_false(frame_nonce_ok("0123456789ABCDEF"));
	assert_false(frame_nonce_ok(""));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_what_it_looks_like), T(test_among_other_lines), T(test_byte_by_byte), T(test_forged),
		T(test_lost_and_repeated),  T(test_damaged_byte),      T(test_endless_line), T(test_nonce),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
