/* SPDX-License-Identifier: MIT */
/* arena: a list of blocks, filled one after the other. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_BYTES (64 * 1024)

struct block {
	struct block *previous;
	size_t size, used;
	alignas(max_align_t) unsigned char data[];
};

struct arena {
	struct block *last;
	size_t limit, total;
};

static void print_and_end(void)
{
	fputs("vmlint: out of memory\n", stderr);
	/* what standard output still holds is half a report */
	_exit(2);
}

static void (*exhausted)(void) = print_and_end;

void arena_set_exhausted(void (*handler)(void))
{
	exhausted = handler ? handler : print_and_end;
}

void arena_exhausted(void)
{
	exhausted();
	abort(); /* the handler has broken its promise */
}

struct arena *arena_new(size_t limit)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (!arena)
		arena_exhausted();
	arena->limit = limit;
	return arena;
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	arena_release(arena, (struct arena_mark){ 0 });
	free(arena);
}

void *arena_alloc(struct arena *arena, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct block *block = arena->last;
	void *memory;

	if (size > arena->limit)
		arena_exhausted();
	size = (size + align - 1) / align * align;
	if (!size)
		size = align;
	if (!block || block->size - block->used < size) {
		size_t capacity = size > BLOCK_BYTES / 4 ? size : BLOCK_BYTES;

		if (arena->total > arena->limit || capacity > arena->limit - arena->total)
			arena_exhausted();
		/* calloc, so that large blocks are untouched zero pages until used */
		block = calloc(1, sizeof(*block) + capacity);
		if (!block)
			arena_exhausted();
		block->size = capacity;
		block->previous = arena->last;
		arena->last = block;
		arena->total += capacity;
	}
	memory = block->data + block->used;
	block->used += size;
	return memory;
}

void *arena_calloc(struct arena *arena, size_t count, size_t size)
{
	size_t product;

	if (__builtin_mul_overflow(count, size, &product))
		arena_exhausted();
	return arena_alloc(arena, product);
}

void *arena_memdup(struct arena *arena, const void *data, size_t size)
{
	void *copy = arena_alloc(arena, size);

	if (size)
		memcpy(copy, data, size);
	return copy;
}

char *arena_strndup(struct arena *arena, const char *string, size_t length)
{
	size_t size = strnlen(string, length);
	char *copy = arena_alloc(arena, size + 1);

	memcpy(copy, string, size);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *string)
{
	return arena_strndup(arena, string, strlen(string));
}

char *arena_vprintf(struct arena *arena, const char *format, va_list ap)
{
	va_list again;
	char *text;
	int length;

	va_copy(again, ap);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (length < 0)
		arena_exhausted();
	text = arena_alloc(arena, (size_t)length + 1);
	vsnprintf(text, (size_t)length + 1, format, ap);
	return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list ap;
	char *text;

	va_start(ap, format);
	text = arena_vprintf(arena, format, ap);
	va_end(ap);
	return text;
}

struct arena_mark arena_mark(const struct arena *arena)
{
	return (struct arena_mark){ arena->last, arena->last ? arena->last->used : 0 };
}

void arena_release(struct arena *arena, struct arena_mark mark)
{
	while (arena->last && arena->last != mark.block) {
		struct block *block = arena->last;

		arena->last = block->previous;
		arena->total -= block->size;
		free(block);
	}
	if (arena->last) {
		struct block *block = arena->last;

		memset(block->data + mark.used, 0, block->used - mark.used);
		block->used = mark.used;
	}
}
