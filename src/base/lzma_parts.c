/* SPDX-License-Identifier: MIT */
/* lzma_parts: malloc and free, and a count. */
#include "base/lzma_parts.h"

#include <stdlib.h>

#include "base/limits.h"

#define SMALL_DICTIONARY (64 * KiB) /* the C library has it at hand */

static void *allocate(void *opaque, size_t count, size_t size)
{
	struct lzma_parts *parts = opaque;

	parts->count += count * size >= SMALL_DICTIONARY;
	return reallocarray(NULL, count, size);
}

static void release(void *opaque, void *memory)
{
	(void)opaque;
	free(memory);
}

void lzma_parts_begin(struct lzma_parts *parts)
{
	*parts = (struct lzma_parts){ .allocator = { allocate, release, parts } };
}
