/* SPDX-License-Identifier: MIT */
/* stream: bytes that are read once, forward, in bounded buffers: a part of a view, or what a decompressor makes of another
 * stream.
 *
 * Invariants: `data` and `size` are the window of bytes that are there and not yet consumed; `position` counts what was
 * consumed, so a stream that feeds a decompressor stands exactly behind the compressed member when that ends.  A window stays
 * valid until the next stream_fill.  What is wrong with the bytes is data: the stream ends and says so in `problem`; I/O errors
 * and limits are negative errno values.
 */
#ifndef LINUX_STREAM_H
#define LINUX_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "block/view.h"

struct stream;

struct stream_ops {
	/* Called with an empty window of a stream that has not ended: sets `data` and `size`, or `ended`.  0, or a negative
	 * errno. */
	int (*fill)(struct stream *stream, struct error *err);
	void (*close)(struct stream *stream); /* may be NULL */
	/* Steps over up to `count` bytes behind an empty window without reading them; returns how many.  May be NULL. */
	uint64_t (*skip)(struct stream *stream, uint64_t count);
};

enum stream_problem {
	STREAM_GOOD,
	STREAM_TRUNCATED, /* the input ended before the member did */
	STREAM_CORRUPT,   /* the bytes cannot be decompressed, or a checksum is wrong */
};

struct stream {
	const struct stream_ops *ops;
	const uint8_t *data;
	size_t size;
	uint64_t position;
	bool ended;                  /* nothing follows the window */
	enum stream_problem problem; /* set together with `ended` */
	const char *detail;          /* of the problem: a few words, or NULL */
	void *state;
};

/* 1 when the window holds something, 0 at the end, or a negative errno. */
static inline int stream_fill(struct stream *stream, struct error *err)
{
	while (!stream->size) {
		int r;

		if (stream->ended)
			return 0;
		r = stream->ops->fill(stream, err);
		if (r < 0)
			return r;
	}
	return 1;
}

/* Steps over count bytes of the window; there must be as many. */
static inline void stream_consume(struct stream *stream, size_t count)
{
	stream->data += count;
	stream->size -= count;
	stream->position += count;
}

/* Copies up to `length` bytes and steps over them; *ret_count is less than `length` at the end alone.  data NULL: skips,
 * which reads nothing where the stream is a view's. */
int stream_read(struct stream *stream, void *data, uint64_t length, uint64_t *ret_count, struct error *err);

/* Picoseconds of WORK_UNPACKING for each byte that is only looked at: a file with a hole has as many as it likes. */
#define STREAM_BYTE_COST 400

/* Steps over zeros, which stand between the entries and the members of an initrd, and pays for them from WORK_UNPACKING.  1 when
 * something else is in the window, 0 at the end, or a negative errno. */
int stream_skip_zeros(struct stream *stream, struct error *err);

/* A stream of `length` bytes of the view from `offset`, both in bytes, which must lie inside it.  Its position counts from 0
 * at `offset`.  In the arena, with a buffer of LIMIT_STREAM_BUFFER. */
struct stream *stream_view(struct arena *arena, struct view *view, uint64_t offset, uint64_t length);

/* A stream of memory that must outlive it. */
struct stream *stream_memory(struct arena *arena, const void *data, size_t size);

/* Frees what the stream holds outside the arena; NULL is allowed.  The stream that it reads from stays open. */
void stream_close(struct stream *stream);

static inline void stream_cleanup(struct stream **stream)
{
	stream_close(*stream);
}
#define STREAM_AUTO __attribute__((cleanup(stream_cleanup))) struct stream *

#endif
