/* SPDX-License-Identifier: MIT */
/* test_decompress: each format, made by its own tool: whole, followed by something else, cut short, damaged, over the limit. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "linux/decompress.h"
#include "linux_bytes.h"

#define PLAIN "seq 1 40000"
#define PLAIN_LIMIT (8 * MiB)

/* gzip's header with flags and what they announce (RFC 1952, 2.3), before what it wrote itself. */
#define GZIP_WITH(flags, fields) "(printf '\\037\\213\\010" flags "\\0\\0\\0\\0\\0\\003" fields "'; gzip -n | tail -c +11)"

static const struct {
	enum compression compression;
	const char *command;
	bool checked;  /* any damage is seen */
	bool refused;  /* by the kernel */
	bool no_end;   /* the format does not say where it ends but by zeros or the end of the file */
} formats[] = {
	{ COMPRESSION_GZIP, "gzip -n", true, false, false },
	{ COMPRESSION_BZIP2, "bzip2", true, false, false },
	{ COMPRESSION_LZMA, "xz --format=lzma", false, false, false },
	{ COMPRESSION_XZ, "xz --check=crc32", true, false, false },
	{ COMPRESSION_XZ, "xz", true, true, false },
	{ COMPRESSION_LZO, "lzop", true, false, false },
	{ COMPRESSION_LZO, "lzop -9 --crc32", false, false, false },
	{ COMPRESSION_LZ4, "lz4 -l", false, false, true },
	{ COMPRESSION_LZ4_FRAME, "lz4", true, true, false },
	{ COMPRESSION_ZSTD, "zstd -q", true, false, false },
	{ COMPRESSION_ZSTD, "zstd -q -19 --long=27", true, false, false },
	{ COMPRESSION_GZIP, "(cat >/tmp/$$ && gzip -c /tmp/$$; rm /tmp/$$)", true, false, false }, /* with the file's name */
	{ COMPRESSION_GZIP, GZIP_WITH("\\002", "\\247\\167"), true, true, false },
	{ COMPRESSION_GZIP, GZIP_WITH("\\004", "\\003\\0xtr"), true, true, false },
	{ COMPRESSION_GZIP, GZIP_WITH("\\020", "of mine\\0"), true, true, false },
	{ COMPRESSION_XZ, "xz --check=none", false, false, false },
	{ COMPRESSION_XZ, "xz --check=crc32 -T2 --block-size=20000", true, false, false },
	{ COMPRESSION_XZ, "xz --check=crc32 --x86 --lzma2", true, false, false },
	{ COMPRESSION_XZ, "xz --check=crc32 --armthumb --lzma2", true, false, false },
	{ COMPRESSION_XZ, "xz --check=crc32 --arm=start=4096 --lzma2", true, true, false },
	{ COMPRESSION_XZ, "xz --check=crc32 --delta=dist=4 --lzma2", true, true, false },
	{ COMPRESSION_XZ, "xz --check=crc32 --x86 --arm --lzma2", true, true, false },
};
#define FORMATS (sizeof(formats) / sizeof(formats[0]))

static struct {
	uint8_t *data;
	size_t size;
} plain, packed[FORMATS];

static int setup(void **state)
{
	char command[256];

	(void)state;
	plain.data = output_of(PLAIN, &plain.size);
	for (size_t i = 0; i < FORMATS; i++) {
		snprintf(command, sizeof(command), PLAIN " | %s", formats[i].command);
		packed[i].data = output_of(command, &packed[i].size);
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(plain.data);
	for (size_t i = 0; i < FORMATS; i++)
		free(packed[i].data);
	return 0;
}

static int unpack(struct arena *arena, size_t format, struct stream *input, uint64_t limit, uint8_t **data, size_t *size,
		  enum stream_problem *problem, struct error *err)
{
	return decompress_all(arena, formats[format].compression, input, limit, data, size, problem, err);
}

static void whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMATS; i++) {
		ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
		struct view *view = view_memory(arena, packed[i].data, packed[i].size);
		struct stream *input = stream_view(arena, view, 0, view->size);
		enum stream_problem problem;
		uint8_t *data;
		size_t size;

		assert_int_equal(compression_detect(packed[i].data, packed[i].size), formats[i].compression);
		assert_int_equal(unpack(arena, i, input, PLAIN_LIMIT, &data, &size, &problem, NULL), 0);
		assert_int_equal(problem, STREAM_GOOD);
		assert_int_equal(size, plain.size);
		assert_memory_equal(data, plain.data, size);
		assert_int_equal(input->position, packed[i].size);
		/* exactly the limit is allowed, one byte less is not */
		input = stream_memory(arena, packed[i].data, packed[i].size);
		assert_int_equal(unpack(arena, i, input, plain.size, &data, &size, &problem, NULL), 0);
		input = stream_memory(arena, packed[i].data, packed[i].size);
		assert_int_equal(unpack(arena, i, input, plain.size - 1, &data, &size, &problem, NULL), -EFBIG);
	}
}

static void followed(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMATS; i++) {
		ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
		uint8_t *joined = arena_alloc(arena, packed[i].size + 100);
		struct stream *stream, *input;
		uint64_t n;

		memcpy(joined, packed[i].data, packed[i].size);
		memcpy(joined + packed[i].size + 8, "070701", 6);
		input = stream_memory(arena, joined, packed[i].size + 100);
		assert_int_equal(decompress_open(arena, formats[i].compression, input, PLAIN_LIMIT, &stream, NULL), 0);
		assert_int_equal(stream_read(stream, NULL, UINT64_MAX, &n, NULL), 0);
		assert_int_equal(n, plain.size);
		assert_int_equal(stream->problem, STREAM_GOOD);
		assert_int_equal(input->position, packed[i].size + (formats[i].no_end ? 4 : 0));
		stream_close(stream);
	}
}

/* By the whole beginning, and by any part of it: what is not seen is not judged. */
static void refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMATS; i++)
		for (size_t seen = packed[i].size < COMPRESSION_HEAD ? packed[i].size : COMPRESSION_HEAD; seen--;) {
			const char *why = compression_refused_by_kernel(packed[i].data, seen);

			assert_true(!why || formats[i].refused);
			assert_true(why || !formats[i].refused || seen < 40);
		}
}

static void cut_short(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMATS; i++)
		for (size_t cut = 1; cut < packed[i].size; cut += cut < 40 ? 5 : packed[i].size / 9) {
			ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
			enum stream_problem problem;
			uint8_t *data;
			size_t size;

			assert_int_equal(unpack(arena, i, stream_memory(arena, packed[i].data, packed[i].size - cut),
						PLAIN_LIMIT, &data, &size, &problem, NULL), 0);
			assert_int_equal(problem, STREAM_TRUNCATED);
			assert_true(size <= plain.size && !memcmp(data, plain.data, size));
		}
}

static void damaged(void **state)
{
	uint32_t seed = 7;

	(void)state;
	for (size_t i = 0; i < FORMATS; i++)
		for (int round = 0; round < 30; round++) {
			ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
			uint8_t *copy = arena_memdup(arena, packed[i].data, packed[i].size), *data;
			enum stream_problem problem;
			size_t size = 0, at;
			int r;

			seed = seed * 1664525 + 1013904223;
			at = round < 20 ? 40 + (seed >> 8) % (packed[i].size - 60) : (seed >> 8) % packed[i].size;
			copy[at] ^= (uint8_t)(1 + (seed >> 4) % 255);
			r = unpack(arena, i, stream_memory(arena, copy, packed[i].size), PLAIN_LIMIT, &data, &size,
				   &problem, NULL);
			assert_true(r == 0 || r == -EFBIG || r == -EOPNOTSUPP);
			if (r == 0 && round < 20 && formats[i].checked && problem == STREAM_GOOD)
				fail_msg("%s: byte %zu", formats[i].command, at);
		}
}

static void detection(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
	} none[] = {
		{ "", 0 }, { "\x1f", 1 }, { "\x1f\x8b", 2 }, { "070701", 6 }, { "MZ", 2 }, { "\x28\xb5\x2f", 3 },
		{ "]\0\0", 3 }, { "]aaaaaaaaaaaaaaa", 16 }, { "BZ", 2 }, { "\0\0\0\0", 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(compression_detect((const uint8_t *)none[i].bytes, none[i].size), COMPRESSION_NONE);
}

static void not_compressed(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct view *view = view_memory(arena, plain.data, plain.size);
	uint8_t *data;
	size_t size;

	(void)state;
	assert_int_equal(decompress_all(arena, COMPRESSION_NONE, stream_view(arena, view, 100, 200000), PLAIN_LIMIT, &data,
					&size, NULL, NULL), 0);
	assert_int_equal(size, 200000);
	assert_memory_equal(data, plain.data + 100, size);
	assert_int_equal(decompress_all(arena, COMPRESSION_NONE, stream_view(arena, view, 100, 200000), 199999, &data, &size,
					NULL, NULL), -EFBIG);
	stream_close(NULL);
}

static int broken_read(struct view *view, uint64_t offset, void *data, size_t length, struct error *err)
{
	(void)view, (void)offset, (void)data, (void)length;
	return error_set(err, EIO, "broken");
}

/* Trouble of the medium is not trouble of the image. */
static void broken_medium(void **state)
{
	static const struct view_ops ops = { broken_read, NULL };
	struct view view = { &ops, 1 << 20, NULL };

	(void)state;
	for (enum compression c = COMPRESSION_NONE; c <= COMPRESSION_ZSTD; c++) {
		ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
		struct error err;
		uint8_t *data;
		size_t size;

		assert_int_equal(decompress_all(arena, c, stream_view(arena, &view, 0, view.size), PLAIN_LIMIT, &data, &size,
						NULL, &err), -EIO);
		assert_string_equal(err.message, "broken");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),     cmocka_unit_test(followed), cmocka_unit_test(refused),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(damaged),   cmocka_unit_test(detection),      cmocka_unit_test(not_compressed),
		cmocka_unit_test(broken_medium),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
