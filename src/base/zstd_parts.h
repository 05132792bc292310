/* SPDX-License-Identifier: MIT */
/* zstd_parts: counts the frames and blocks of a zstd stream as its bytes go by: each takes its time, however few bytes it has.
 *
 * Not a decompressor, and no judge: what is no frame counts for nothing, the library says so (RFC 8878, 3.1).
 */
#ifndef BASE_ZSTD_PARTS_H
#define BASE_ZSTD_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Picoseconds for each. */
#define ZSTD_PART_COST 4000000

struct zstd_parts {
	uint64_t count;
	uint64_t skip;     /* bytes until the next header */
	uint8_t header[8]; /* as much of it as has gone by */
	size_t size;
	bool in_frame, has_checksum, ended;
};

/* The next bytes of the stream.  A struct of zeros is its beginning. */
void zstd_parts_see(struct zstd_parts *parts, const uint8_t *bytes, size_t size);

#endif
