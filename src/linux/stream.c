/* SPDX-License-Identifier: MIT */
/* stream: a part of a view, or memory, as a stream: reading, skipping, stepping over zeros.  Decompressors are in
 * decompress*.c. */
#include "linux/stream.h"

#include <string.h>

#include "base/limits.h"

struct source {
	struct view *view;
	uint64_t offset, left;
	uint8_t *buffer;
};

static int view_fill(struct stream *stream, struct error *err)
{
	struct source *source = stream->state;
	size_t count = source->left < LIMIT_STREAM_BUFFER ? (size_t)source->left : (size_t)LIMIT_STREAM_BUFFER;
	int r;

	if (!count) {
		stream->ended = true;
		return 0;
	}
	r = view_read(source->view, source->offset, source->buffer, count, err);
	if (r < 0)
		return r;
	source->offset += count;
	source->left -= count;
	stream->data = source->buffer;
	stream->size = count;
	return 0;
}

static uint64_t view_skip(struct stream *stream, uint64_t count)
{
	struct source *source = stream->state;

	if (count > source->left)
		count = source->left;
	source->offset += count;
	source->left -= count;
	return count;
}

static const struct stream_ops view_ops = { .fill = view_fill, .skip = view_skip };

struct stream *stream_view(struct arena *arena, struct view *view, uint64_t offset, uint64_t length)
{
	struct stream *stream = ARENA_NEW(arena, struct stream);
	struct source *source = ARENA_NEW(arena, struct source);
	size_t buffer = length < LIMIT_STREAM_BUFFER ? (size_t)length : (size_t)LIMIT_STREAM_BUFFER;

	*source = (struct source){ view, offset, length, arena_alloc(arena, buffer) };
	*stream = (struct stream){ .ops = &view_ops, .state = source };
	return stream;
}

static int memory_fill(struct stream *stream, struct error *err)
{
	(void)err;
	stream->ended = true;
	return 0;
}

static const struct stream_ops memory_ops = { .fill = memory_fill };

struct stream *stream_memory(struct arena *arena, const void *data, size_t size)
{
	struct stream *stream = ARENA_NEW(arena, struct stream);

	*stream = (struct stream){ .ops = &memory_ops, .data = data, .size = size };
	return stream;
}

int stream_read(struct stream *stream, void *data, uint64_t length, uint64_t *ret_count, struct error *err)
{
	uint8_t *to = data;
	uint64_t done = 0;

	while (done < length) {
		size_t n;
		int r;

		if (!to && !stream->size && stream->ops->skip) {
			uint64_t skipped = stream->ops->skip(stream, length - done);

			stream->position += skipped;
			done += skipped;
		}
		r = done < length ? stream_fill(stream, err) : 0;
		if (r < 0)
			return r;
		if (r == 0)
			break;
		n = stream->size < length - done ? stream->size : (size_t)(length - done);
		if (to)
			memcpy(to + done, stream->data, n);
		stream_consume(stream, n);
		done += n;
	}
	*ret_count = done;
	return 0;
}

int stream_skip_zeros(struct stream *stream, struct error *err)
{
	int r;

	while ((r = stream_fill(stream, err)) > 0 && !*stream->data) {
		size_t n = 0;

		while (n < stream->size && !stream->data[n])
			n++;
		stream_consume(stream, n);
		r = limit_spend(WORK_UNPACKING, n * STREAM_BYTE_COST, err);
		if (r < 0)
			return r;
	}
	return r;
}

void stream_close(struct stream *stream)
{
	if (stream && stream->ops->close)
		stream->ops->close(stream);
}
