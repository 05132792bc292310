/* SPDX-License-Identifier: MIT */
/* unpack_cost: what it takes to decompress each format, for accounts of work that may not ask a clock. */
#ifndef BASE_UNPACK_COST_H
#define BASE_UNPACK_COST_H

#include <stdint.h>

#include "base/deflate_blocks.h"
#include "base/lzma_parts.h"
#include "base/zstd_parts.h"

/* Picoseconds for each byte that goes in and that comes out, and for each part (deflate's blocks, xz's dictionaries, zstd's
 * frames and blocks): what takes long in most formats is to understand the input, but a few bytes may stand for many.  Measured
 * on what packages install and on zeros; a part on streams of the smallest ones. */
struct unpack_cost {
	uint32_t in, out, part;
};

/* Initialisers of one. */
#define UNPACK_COST_NONE { 0, 400, 0 }
#define UNPACK_COST_GZIP { 16000, 600, DEFLATE_BLOCK_COST }
#define UNPACK_COST_BZIP2 { 200000, 2500, 0 }
#define UNPACK_COST_LZMA { 60000, 1500, LZMA_PART_COST }
#define UNPACK_COST_XZ UNPACK_COST_LZMA
#define UNPACK_COST_LZO { 4000, 600, 0 }
#define UNPACK_COST_LZ4 UNPACK_COST_LZO
#define UNPACK_COST_LZ4_FRAME { 6000, 600, 0 }
#define UNPACK_COST_ZSTD { 6000, 600, ZSTD_PART_COST }

/* Picoseconds of all. */
static inline uint64_t unpack_cost(const struct unpack_cost *cost, uint64_t in, uint64_t out, uint64_t parts)
{
	return in * cost->in + out * cost->out + parts * cost->part;
}

#endif
