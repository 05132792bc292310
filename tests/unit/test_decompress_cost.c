/* SPDX-License-Identifier: MIT */
/* test_decompress_cost: streams whose few bytes take long, since they are made of many small parts. */
#include <errno.h>
#include <lzma.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/zstd_parts.h"
#include "linux/decompress.h"
#include "test-arena.h"

static struct error err;

static int unpack(enum compression compression, const void *data, size_t size)
{
	enum stream_problem problem;
	struct stream *input = stream_memory(arena, data, size);
	uint8_t *out;
	size_t out_size;
	int r = decompress_all(arena, compression, input, 16 * MiB, &out, &out_size, &problem, &err);

	if (r == 0)
		assert_int_equal(problem, STREAM_GOOD);
	return r;
}

/* Puts together what zstd writes, and counts as it is seen in pieces. */
static void parts_of_zstd(void **state)
{
	static const size_t sizes[] = { 0, 1, 300, 70000, 128 * KiB, 128 * KiB + 1, MiB };
	static const uint8_t skippable[] = { 0x5e, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3 };
	size_t room = ZSTD_compressBound(MiB), size = 0;
	uint8_t *all = malloc(16 * room), *content = malloc(MiB);
	uint64_t expected = 0;

	(void)state;
	for (size_t i = 0; i < MiB; i++)
		content[i] = (uint8_t)(i * i >> 7);
	for (size_t i = 0; i < 2 * sizeof(sizes) / sizeof(*sizes); i++) {
		ZSTD_CCtx *context = ZSTD_createCCtx();
		size_t length = sizes[i / 2];

		ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 1);
		ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, i % 2);
		ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, i % 3 != 0);
		if (length == 70000)
			memset(content, 0, length);
		size += ZSTD_compress2(context, all + size, room, content, length);
		ZSTD_freeCCtx(context);
		memcpy(all + size, skippable, sizeof(skippable));
		size += sizeof(skippable);
		/* the frame, blocks of at most 128 KiB, of which an empty one has one, too; and the one that is skipped */
		expected += 2 + (length ? (length + 128 * KiB - 1) / (128 * KiB) : 1);
	}
	for (size_t step = 1; step <= size; step = step * 3 + (step > 1000 ? size : 0)) {
		struct zstd_parts parts = { 0 };

		for (size_t at = 0; at < size; at += step)
			zstd_parts_see(&parts, all + at, step < size - at ? step : size - at);
		assert_int_equal(parts.count, expected);
		assert_false(parts.ended);
		zstd_parts_see(&parts, (const uint8_t *)"no frame", 8);
		assert_true(parts.ended);
	}
	free(all);
	free(content);
}

/* A gzip member of empty blocks that are stored, five bytes each. */
static uint8_t *gzip_of_empty_blocks(size_t blocks, size_t *ret_size)
{
	static const uint8_t head[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3 };
	uint8_t *data = calloc(1, sizeof(head) + blocks * 5 + 8), *p = data + sizeof(head);

	memcpy(data, head, sizeof(head));
	for (size_t i = 0; i < blocks; i++, p += 5)
		memcpy(p, i + 1 < blocks ? "\0\0\0\xff\xff" : "\1\0\0\xff\xff", 5);
	*ret_size = sizeof(head) + blocks * 5 + 8;
	return data;
}

static void gzip_blocks(void **state)
{
	size_t size;
	uint8_t *data = gzip_of_empty_blocks(100000, &size);

	(void)state;
	limits_begin_image();
	assert_int_equal(unpack(COMPRESSION_GZIP, data, size), 0);
	free(data);
	data = gzip_of_empty_blocks(6000000, &size);
	assert_int_equal(unpack(COMPRESSION_GZIP, data, size), -EFBIG);
	assert_non_null(strstr(err.message, "takes too long"));
	free(data);
}

/* One stream of xz, of small blocks with dictionaries of these sizes in turn. */
static size_t xz_of_blocks(uint8_t *out, size_t room, unsigned blocks, uint32_t first, uint32_t second)
{
	lzma_index *index = lzma_index_init(NULL);
	lzma_stream_flags flags = { .check = LZMA_CHECK_CRC32 };
	size_t size = LZMA_STREAM_HEADER_SIZE;
	static const uint8_t zeros[100];

	assert_int_equal(lzma_stream_header_encode(&flags, out), LZMA_OK);
	for (unsigned i = 0; i < blocks; i++) {
		lzma_options_lzma options;
		lzma_filter filters[] = { { LZMA_FILTER_LZMA2, &options }, { LZMA_VLI_UNKNOWN, NULL } };
		lzma_block block = { .version = 1, .check = LZMA_CHECK_CRC32, .filters = filters };

		assert_false(lzma_lzma_preset(&options, 0));
		options.dict_size = i % 2 ? second : first;
		assert_int_equal(lzma_block_buffer_encode(&block, NULL, zeros, sizeof(zeros), out, &size, room), LZMA_OK);
		assert_int_equal(lzma_index_append(index, NULL, lzma_block_unpadded_size(&block), sizeof(zeros)), LZMA_OK);
	}
	flags.backward_size = lzma_index_size(index);
	assert_int_equal(lzma_index_buffer_encode(index, out, &size, room), LZMA_OK);
	assert_int_equal(lzma_stream_footer_encode(&flags, out + size), LZMA_OK);
	lzma_index_end(index, NULL);
	return size + LZMA_STREAM_HEADER_SIZE;
}

static void xz_dictionaries(void **state)
{
	const uint64_t left = 15000000000; /* 15 ms */
	uint8_t *data = malloc(MiB);
	size_t size;

	(void)state;
	limits_begin_image();
	assert_int_equal(limit_spend(WORK_UNPACKING, limit_of(WORK_UNPACKING) - left, &err), 0);
	size = xz_of_blocks(data, MiB, 2000, MiB, MiB);
	assert_int_equal(unpack(COMPRESSION_XZ, data, size), 0);

	limits_begin_image();
	assert_int_equal(limit_spend(WORK_UNPACKING, limit_of(WORK_UNPACKING) - left, &err), 0);
	size = xz_of_blocks(data, MiB, 2000, 4 * KiB, 32 * MiB);
	assert_int_equal(unpack(COMPRESSION_XZ, data, size), -EFBIG);
	limits_begin_image();
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(parts_of_zstd, setup, teardown),
		cmocka_unit_test_setup_teardown(gzip_blocks, setup, teardown),
		cmocka_unit_test_setup_teardown(xz_dictionaries, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
