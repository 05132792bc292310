/* SPDX-License-Identifier: MIT */
/* lzma_parts: an allocator for liblzma that counts the dictionaries it makes room for.  A block of an xz stream may ask for
 * another one than the last had, which takes longer than its bytes.  What zstd_parts is for zstd. */
#ifndef BASE_LZMA_PARTS_H
#define BASE_LZMA_PARTS_H

#include <lzma.h>
#include <stdint.h>

/* Picoseconds for each. */
#define LZMA_PART_COST 20000000

struct lzma_parts {
	lzma_allocator allocator;
	uint64_t count;
};

/* Makes the allocator, which lives as long as what it is given to; the struct must not move meanwhile. */
void lzma_parts_begin(struct lzma_parts *parts);

#endif
