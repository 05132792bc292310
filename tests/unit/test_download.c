/* SPDX-License-Identifier: MIT */
/* test_download: digests and addresses as they are written. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/limits.h"
#include "download/address.h"

#define ABC256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define ABC512                                                             \
	"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" \
	"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"

/* FIPS 180-2, appendices B.1 and C.1 */
static void known_digests(void **state)
{
	FILE *f = tmpfile();
	struct digest is, should;
	char text[DIGEST_TEXT];

	(void)state;
	fputs("abc", f);
	fflush(f);
	assert_int_equal(digest_file(fileno(f), DIGEST_SHA256, NULL, NULL, &is, NULL), 0);
	assert_true(digest_parse(ABC256, 64, &should));
	assert_true(digest_equal(&is, &should));
	assert_int_equal(digest_file(fileno(f), DIGEST_SHA512, NULL, NULL, &is, NULL), 0);
	assert_false(digest_equal(&is, &should));
	digest_text(&is, text);
	assert_string_equal(text, ABC512);
	fclose(f);
}

static void what_is_no_digest(void **state)
{
	struct digest d;

	(void)state;
	assert_false(digest_parse(ABC256, 63, &d));
	assert_false(digest_parse(ABC256, 0, &d));
	assert_false(digest_parse("ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", 64, &d));
	assert_true(digest_parse("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD", 64, &d));
}

static bool listed(const char *text, const char *name)
{
	struct digest d;

	return digest_of_list(text, strlen(text), name, &d);
}

static void lists(void **state)
{
	(void)state;
	assert_true(listed("# text\n\n" ABC256 "  disk.img\n", "disk.img"));
	assert_true(listed(ABC512 " *disk.img", "disk.img"));
	assert_true(listed("0123  disk.img\n" ABC256 "  disk.img\n", "disk.img"));
	assert_false(listed(ABC256 "  disk.img.xz\n", "disk.img"));
	assert_false(listed(ABC256 "  other/disk.img\n", "disk.img"));
	assert_false(listed(ABC256 " disk.img\n", "disk.img"));
	assert_false(listed("", "disk.img"));
	assert_false(listed("\n\n", "disk.img"));
}

static void addresses(void **state)
{
	static const struct {
		const char *text, *name, *path;
	} good[] = {
		{ "https://example.org/a/disk.qcow2", "disk.qcow2", NULL },
		{ "HTTPS://example.org/a/disk.qcow2?x=/y", "disk.qcow2", NULL },
		{ "http://example.org:80/a%20b", "a20b", NULL },
		{ "https://example.org", "image", NULL },
		{ "https://example.org/", "image", NULL },
		{ "https://example.org/..%2f..%2fetc", "..2f..2fetc", NULL },
		{ "file:///a/b%20c", "b20c", "/a/b c" },
		{ "file://localhost/a#sha256=" ABC256, "a", "/a" },
	};
	static const char *const bad[] = { "https://", "https:///a",   "ftp://a/b",  "file://a/b",     "file://",
					   "file:a",   "file:///a%0g", "file:///%00", "https://a\n/b", "https://a/b#sha1=00" };
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct address a;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_int_equal(address_parse(arena, good[i].text, &a, &err), 0);
		assert_string_equal(a.name, good[i].name);
		if (good[i].path)
			assert_string_equal(a.path, good[i].path);
		assert_true(address_is(good[i].text));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(address_parse(arena, bad[i], &a, &err), -EINVAL);
	assert_int_equal(address_parse(arena, "https://a/b#sha512=" ABC512, &a, &err), 0);
	assert_int_equal(a.digest.kind, DIGEST_SHA512);
	assert_string_equal(a.text, "https://a/b");
	assert_false(address_is("/a://b"));
	assert_false(address_is("disk.img"));
	assert_false(address_is("://"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_digests),
		cmocka_unit_test(what_is_no_digest),
		cmocka_unit_test(lists),
		cmocka_unit_test(addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
