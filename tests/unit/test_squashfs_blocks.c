/* SPDX-License-Identifier: MIT */
/* test_squashfs_blocks: what decompressing a squashfs's blocks counts for.  The file system is mksquashfs's, with a file that is
 * stored as it is; another block is then put in its place. */
#include <errno.h>
#include <lzma.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/unpack_cost.h"
#include "base/unseen.h"
#include "fs/squashfs.h"
#include "linux_bytes.h"

#define BLOCK (128 * 1024)
#define STORED (1U << 24)
#define PARTS 1000

/* What the block decompresses to: as good as nothing, so that the parts are what counts. */
static uint8_t zeros[BLOCK];

static size_t put(uint8_t *to, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		to[i] = (uint8_t)(value >> 8 * i);
	return bytes;
}

/* A zlib stream with as many empty blocks in front (RFC 1950, RFC 1951, 3.2.4). */
static size_t zlib_block(uint8_t *out, unsigned parts)
{
	uint8_t whole[BLOCK];
	uLongf length = sizeof(whole);
	size_t n = 2;

	assert_int_equal(compress(whole, &length, zeros, BLOCK), Z_OK);
	memcpy(out, whole, 2);
	for (unsigned i = 0; i < parts; i++)
		n += put(out + n, 0xffff000000, 5);
	memcpy(out + n, whole + 2, length - 2);
	return n + length - 2;
}

/* xz with as many blocks in front of one byte each, whose dictionaries are of other sizes than the one before. */
static size_t xz_block(uint8_t *out, unsigned parts)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_options_lzma options;
	lzma_filter filters[] = { { LZMA_FILTER_LZMA2, &options }, { LZMA_VLI_UNKNOWN, NULL } };

	assert_false(lzma_lzma_preset(&options, 0));
	options.dict_size = 64 * KiB;
	assert_int_equal(lzma_stream_encoder(&stream, filters, LZMA_CHECK_CRC32), LZMA_OK);
	stream.next_in = zeros;
	stream.next_out = out;
	stream.avail_out = BLOCK;
	for (unsigned i = 0; i < parts; i++) {
		stream.avail_in = 1;
		assert_int_equal(lzma_code(&stream, LZMA_FULL_FLUSH), LZMA_STREAM_END);
		options.dict_size ^= 64 * KiB ^ 128 * KiB;
		assert_int_equal(lzma_filters_update(&stream, filters), LZMA_OK);
	}
	stream.avail_in = BLOCK - parts;
	assert_int_equal(lzma_code(&stream, LZMA_FINISH), LZMA_STREAM_END);
	lzma_end(&stream);
	return BLOCK - stream.avail_out;
}

/* zstd with as many empty skippable frames in front (RFC 8878, 3.1.2). */
static size_t zstd_block(uint8_t *out, unsigned parts)
{
	size_t n = 0, length;

	for (unsigned i = 0; i < parts; i++)
		n += put(out + n, 0x184d2a50, 8);
	length = ZSTD_compress(out + n, BLOCK - n, zeros, BLOCK, 3);
	assert_false(ZSTD_isError(length));
	return n + length;
}

/* The file system, with the block in the place of the file's own. */
static uint8_t *with_block(const char *compression, const uint8_t *block, size_t length, size_t *ret_size)
{
	char command[512];
	uint8_t word[4], *bytes, *at;

	snprintf(command, sizeof(command),
		 "d=$(mktemp -d) && cd $d && mkdir tree && yes vmlint | head -c %d >tree/file && mksquashfs tree v -quiet"
		 " -no-progress -comp %s -b %d -noI -noD -no-fragments >/dev/null && cat v && rm -rf $d",
		 BLOCK, compression, BLOCK);
	bytes = output_of(command, ret_size);
	at = memmem(bytes, *ret_size, "vmlint\nvmlint\n", 14);
	assert_non_null(at);
	memcpy(at, block, length);
	put(word, STORED | BLOCK, 4);
	at = memmem(at + BLOCK, *ret_size - BLOCK - (size_t)(at - bytes), word, 4);
	assert_non_null(at);
	put(at, length, 4);
	return bytes;
}

/* Reads the file, to its end; what it said. */
static int read_file(struct arena *arena, const uint8_t *bytes, size_t size, uint8_t *data, struct error *err)
{
	struct squashfs *squashfs;
	struct fs_entry entry;
	int r;

	assert_int_equal(squashfs_open(arena, view_memory(arena, bytes, size), &squashfs, err), 0);
	assert_int_equal(fs_resolve(squashfs->fs, arena, "/file", false, &entry, NULL, err), 0);
	r = squashfs->fs->ops->pread(squashfs->fs, entry.handle, 0, data, BLOCK, err);
	squashfs_close(squashfs);
	return r;
}

static const struct {
	const char *compression;
	size_t (*make)(uint8_t *out, unsigned parts);
	struct unpack_cost cost;
} formats[] = {
	{ "gzip", zlib_block, UNPACK_COST_GZIP },
	{ "xz", xz_block, UNPACK_COST_XZ },
	{ "zstd", zstd_block, UNPACK_COST_ZSTD },
};

static void parts_count(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		uint64_t spent[2];

		for (unsigned many = 0; many < 2; many++) {
			ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
			uint8_t *block = arena_alloc(arena, BLOCK), *data = arena_alloc(arena, BLOCK), *bytes;
			size_t size, length = formats[i].make(block, many ? PARTS : 1);
			struct error err;

			bytes = with_block(formats[i].compression, block, length, &size);
			limits_begin_image();
			if (read_file(arena, bytes, size, data, &err) < 0)
				fail_msg("%s: %s", formats[i].compression, err.message);
			assert_memory_equal(data, zeros, BLOCK);
			spent[many] = limit_spent(WORK_BLOCKS);
			/* a block without many parts is cheap: its bytes, and little else */
			assert_true(many || spent[0] <= unpack_cost(&formats[i].cost, length, BLOCK, 8));
			free(bytes);
		}
		assert_true(spent[1] - spent[0] >= (uint64_t)(PARTS - 1) * formats[i].cost.part);
	}
}

/* What is over the limit is not there in part, and is said once. */
static void over_the_limit(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	uint8_t *block = arena_alloc(arena, BLOCK), *data = arena_alloc(arena, BLOCK), *bytes;
	size_t size;
	struct error err;

	(void)state;
	bytes = with_block("zstd", block, zstd_block(block, PARTS), &size);
	for (unsigned before = 0; before < 2; before++) {
		limits_begin_image();
		limit_count(WORK_BLOCKS, limit_of(WORK_BLOCKS) + before - 1000);
		assert_int_equal(read_file(arena, bytes, size, data, &err), -EFBIG);
		assert_non_null(strstr(err.message, "max-decompressed"));
		unseen_note(&err);
		assert_int_equal(unseen_count, 1);
	}
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(parts_count), cmocka_unit_test(over_the_limit) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
