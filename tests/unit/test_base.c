/* SPDX-License-Identifier: MIT */
/* test_base: the base layer's promises, one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/crc32.h"
#include "base/cursor.h"
#include "base/guid.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/utf16.h"
#include "block/view.h"

static void cursor_latches(void **state)
{
	const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6 };
	struct cursor c = cursor_make(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(cursor_le32(&c), 0x04030201);
	assert_int_equal(cursor_le32(&c), 0);
	assert_false(cursor_ok(&c));
	assert_int_equal(cursor_u8(&c), 0); /* two bytes are left, but the failure stays */
	c = cursor_make(bytes, sizeof(bytes));
	assert_int_equal(cursor_be16(&c), 0x0102);
	cursor_seek(&c, 6);
	assert_true(cursor_ok(&c));
	cursor_seek(&c, 7);
	assert_false(cursor_ok(&c));
}

static void crc_of_the_check_string(void **state)
{
	(void)state;
	assert_int_equal(crc32_update(0, "123456789", 9), 0xcbf43926);
	assert_int_equal(crc32_update(crc32_update(0, "1234", 4), "56789", 5), 0xcbf43926);
}

static void guid_text(void **state)
{
	struct guid esp = GUID(0xc12a7328, 0xf81f, 0x11d2, 0xba4b, 0x00a0c93ec93b);
	const uint8_t disk[16] = { 0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11,
				   0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b };
	char text[GUID_TEXT_SIZE];

	(void)state;
	assert_memory_equal(esp.bytes, disk, 16);
	assert_string_equal(guid_format(&esp, text), "C12A7328-F81F-11D2-BA4B-00A0C93EC93B");
}

static void utf16_pairs(void **state)
{
	ARENA_AUTO arena = arena_new(1 << 20);
	const uint8_t text[] = { 'A', 0, 0xe9, 0, 0x3d, 0xd8, 0x00, 0xde, 0x00, 0xd8, 'z', 0, 0, 0, 'q', 0 };

	(void)state;
	assert_string_equal(utf16le_to_utf8(arena, text, sizeof(text) / 2), "A\xc3\xa9\xf0\x9f\x98\x80\xef\xbf\xbdz");
	assert_int_equal(ascii_casecmp("BOOTaa64.EFI", "bootAA64.efi"), 0);
	assert_true(ascii_casecmp("a", "b") < 0);
}

static void escapes(void **state)
{
	BUFFER_AUTO b = buffer_make(1000);

	(void)state;
	text_escape(&b, "a\x1b[31m\xe2\x80\xae\xff\xc3\xa9");
	assert_string_equal(b.data, "a\\x1b[31m\\u{202e}\\xff\xc3\xa9");
	buffer_clear(&b);
	assert_true(text_is_utf8("") && text_is_utf8("a\xc3\xa9\xf0\x9f\x98\x80"));
	assert_false(text_is_utf8("a\xff") || text_is_utf8("\xc3") || text_is_utf8("\xc0\x80") || text_is_utf8("\xed\xa0\x80"));
	text_json(&b, "a\"\\\n\x01\xff");
	assert_string_equal(b.data, "\"a\\\"\\\\\\n\\u0001\xef\xbf\xbd\"");
	buffer_clear(&b);
	/* what is not shown, or changes what is: Arabic letter mark, isolates, zero width, byte order mark, soft hyphen, a tag */
	text_escape(&b, "\xd8\x9c\xe2\x81\xa6\xe2\x80\x8b\xef\xbb\xbf\xc2\xad\xf3\xa0\x80\xa0\xc2\x9b\xe2\x80\xa8\xef\xbf\xbf");
	assert_string_equal(b.data, "\\u{061c}\\u{2066}\\u{200b}\\u{feff}\\xad\\u{e0020}\\x9b\\u{2028}\\u{ffff}");
	buffer_clear(&b);
	text_json(&b, "\xd8\x9c\xe2\x81\xa6\xe2\x80\x8b\xef\xbb\xbf\xf3\xa0\x80\xa0\xc3\xa9");
	assert_string_equal(b.data, "\"\\u061c\\u2066\\u200b\\ufeff\\udb40\\udc20\xc3\xa9\"");
	buffer_clear(&b);
	/* half a pair of UTF-16, as some write it in UTF-8, is three bytes that are none */
	text_escape(&b, "\xed\xa0\x80");
	assert_string_equal(b.data, "\\xed\\xa0\\x80");
	buffer_clear(&b);
	/* a colon that an editor would take for the end of the name, and such as it would not */
	text_escape_name(&b, "http://h:80/Foo::Bar a:1:2: error: x: y:9:");
	assert_string_equal(b.data, "http://h:80/Foo::Bar a\\x3a1\\x3a2\\x3a error\\x3a x\\x3a y\\x3a9\\x3a");
	buffer_clear(&b);
	text_shell(&b, "it's");
	assert_string_equal(b.data, "'it'\\''s'");
	assert_true(text_wildcard("gpt-*", "gpt-missing"));
	assert_true(text_wildcard("*-m*g", "gpt-missing"));
	assert_false(text_wildcard("gpt-", "gpt-missing"));
}

static void buffer_has_a_maximum(void **state)
{
	BUFFER_AUTO b = buffer_make(4);

	(void)state;
	buffer_string(&b, "1234");
	assert_false(b.overflowed);
	buffer_char(&b, '5');
	assert_true(b.overflowed);
	assert_string_equal(b.data, "1234");
}

static void slices_stay_inside(void **state)
{
	ARENA_AUTO arena = arena_new(1 << 20);
	struct view *all = view_memory(arena, "0123456789", 10);
	struct view *part = view_slice(arena, all, 4, 100);
	struct error err;
	char c[6];

	(void)state;
	assert_int_equal(part->size, 6);
	assert_int_equal(view_read(part, 0, c, 6, &err), 0);
	assert_memory_equal(c, "456789", 6);
	assert_true(view_read(part, 1, c, 6, &err) < 0);
	assert_true(view_read(part, UINT64_MAX, c, 1, &err) < 0);
	assert_int_equal(view_slice(arena, all, UINT64_MAX, UINT64_MAX)->size, 0);
}

static void arena_goes_back_to_a_mark(void **state)
{
	ARENA_AUTO arena = arena_new(1 << 20);
	char *kept = arena_strdup(arena, "kept");
	struct arena_mark mark = arena_mark(arena);

	(void)state;
	for (int i = 0; i < 100; i++) {
		char *scratch = arena_alloc(arena, 30000);

		assert_int_equal(scratch[0], 0);
		scratch[0] = 1;
		arena_release(arena, mark);
	}
	assert_string_equal(kept, "kept");
}

/* What CPython's SipHash-1-3 says: hash(b'...') under PYTHONHASHSEED=1, which makes this key. */
static void hash_with_a_key(void **state)
{
	static const uint64_t key[2] = { 0xaed66ce184be2329, 0xebe9bbf1f1499052 };
	uint8_t bytes[63];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	assert_true(hash_siphash13(key, "a", 1) == 0xd6300bc9f7cc0e73);
	assert_true(hash_siphash13(key, "virtio_blk", 10) == 0x94509467caa9d523);
	assert_true(hash_siphash13(key, "12345678", 8) == 0x06f07c60efe2bad9);
	assert_true(hash_siphash13(key, bytes, sizeof(bytes)) == 0x542052345bc68274);
	assert_true(hash_bytes("a", 1) == hash_bytes("a", 1));
	assert_true(hash_bytes("a", 1) != hash_bytes("b", 1));
	assert_true(hash_bytes("a", 1) != hash_siphash13(key, "a", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cursor_latches),      cmocka_unit_test(crc_of_the_check_string),
		cmocka_unit_test(guid_text),           cmocka_unit_test(utf16_pairs),
		cmocka_unit_test(escapes),             cmocka_unit_test(buffer_has_a_maximum),
		cmocka_unit_test(slices_stay_inside),  cmocka_unit_test(arena_goes_back_to_a_mark),
		cmocka_unit_test(hash_with_a_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
