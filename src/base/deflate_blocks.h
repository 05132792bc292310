/* SPDX-License-Identifier: MIT */
/* deflate_blocks: zlib's inflate, with the blocks of the stream counted, since each takes its time, however few bytes it has.
 * What zstd_parts is for zstd. */
#ifndef BASE_DEFLATE_BLOCKS_H
#define BASE_DEFLATE_BLOCKS_H

#include <stdint.h>
#include <zlib.h>

/* Picoseconds for each, whatever is in it. */
#define DEFLATE_BLOCK_COST 1500000

/* As inflate() with Z_NO_FLUSH, whose code it returns: goes on from block to block until it needs input or room, or ends.  Adds
 * the blocks that it has gone through to *blocks. */
static inline int deflate_blocks(z_stream *z, uint64_t *blocks)
{
	int code;

	do {
		code = inflate(z, Z_BLOCK);
		*blocks += !!(z->data_type & 128);
	} while (code == Z_OK && z->data_type & 128);
	return code;
}

#endif
