/* SPDX-License-Identifier: MIT */
/* squashfs-blocks: a compressor for libsquashfs's readers that decompresses as its own do, and counts what that takes: a block
 * may consist of many small parts, and files of many such blocks.
 *
 * gzip and xz are handed to their libraries from here, since libsquashfs does not tell of how many parts a block was. */
#include "fs/squashfs-internal.h"

#include <zlib.h>

#include "base/limits.h"
#include "base/unpack_cost.h"

/* libsquashfs's own bound on what xz may ask for.  Linux takes no dictionary that is larger than a block, so no more than 1 MiB
 * (fs/squashfs/xz_wrapper.c). */
#define XZ_MEMORY (65 * MiB)

static const struct unpack_cost costs[SQFS_COMP_MAX + 1] = {
	[SQFS_COMP_GZIP] = UNPACK_COST_GZIP, [SQFS_COMP_LZMA] = UNPACK_COST_LZMA, [SQFS_COMP_LZO] = UNPACK_COST_LZO,
	[SQFS_COMP_XZ] = UNPACK_COST_XZ,     [SQFS_COMP_LZ4] = UNPACK_COST_LZ4,	  [SQFS_COMP_ZSTD] = UNPACK_COST_ZSTD,
};

/* These return the number of bytes made, 0 if there is no room for all, or a negative error of libsquashfs. */

static sqfs_s32 gunzip(const sqfs_u8 *in, sqfs_u32 in_size, sqfs_u8 *out, sqfs_u32 out_size, uint64_t *parts)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)in, .avail_in = in_size, .next_out = out, .avail_out = out_size };
	int code;

	if (inflateInit(&z) != Z_OK)
		return SQFS_ERROR_ALLOC;
	code = deflate_blocks(&z, parts);
	inflateEnd(&z);
	if (code == Z_STREAM_END)
		return (sqfs_s32)(out_size - z.avail_out);
	return code == Z_OK || code == Z_BUF_ERROR ? 0 : SQFS_ERROR_COMPRESSOR;
}

static sqfs_s32 unxz(const sqfs_u8 *in, sqfs_u32 in_size, sqfs_u8 *out, sqfs_u32 out_size, uint64_t *parts)
{
	struct lzma_parts counted;
	uint64_t memory = XZ_MEMORY;
	size_t in_used = 0, made = 0;
	lzma_ret code;

	lzma_parts_begin(&counted);
	code = lzma_stream_buffer_decode(&memory, 0, &counted.allocator, in, &in_used, in_size, out, &made, out_size);
	*parts += counted.count;
	if (code == LZMA_MEM_ERROR)
		return SQFS_ERROR_ALLOC;
	return code == LZMA_OK && in_used == in_size ? (sqfs_s32)made : SQFS_ERROR_COMPRESSOR;
}

static sqfs_s32 do_block(sqfs_compressor_t *compressor, const sqfs_u8 *in, sqfs_u32 in_size, sqfs_u8 *out, sqfs_u32 out_size)
{
	struct squashfs_state *state = ((struct squashfs_blocks *)compressor)->state;
	const struct unpack_cost *cost = &costs[state->super.compression_id];
	struct zstd_parts zstd = { 0 };
	uint64_t parts = 0;
	sqfs_s32 made;

	/* what is used up already is not gone beyond by one more block of each file */
	if (limit_spend(WORK_BLOCKS, 0, &state->io_error) < 0)
		return SQFS_ERROR_IO;
	switch (state->super.compression_id) {
	case SQFS_COMP_GZIP:
		made = gunzip(in, in_size, out, out_size, &parts);
		break;
	case SQFS_COMP_XZ:
		made = unxz(in, in_size, out, out_size, &parts);
		break;
	case SQFS_COMP_ZSTD:
		zstd_parts_see(&zstd, in, in_size);
		parts = zstd.count;
		/* fallthrough */
	default:
		made = state->library->do_block(state->library, in, in_size, out, out_size);
	}
	if (limit_spend(WORK_BLOCKS, unpack_cost(cost, in_size, made > 0 ? (uint64_t)made : 0, parts), &state->io_error) < 0)
		return SQFS_ERROR_IO;
	return made;
}

/* It is a part of the state, which lives in the arena. */
static void destroy(sqfs_object_t *object)
{
	(void)object;
}

sqfs_compressor_t *squashfs_blocks(struct squashfs_state *state)
{
	state->blocks = (struct squashfs_blocks){ .compressor = { .base = { .destroy = destroy }, .do_block = do_block },
						  .state = state };
	return &state->blocks.compressor;
}
