/* SPDX-License-Identifier: MIT */
/* decompress: tells the format, and runs a decompressor within its limit.  The formats are in decompress-stream.c (libraries
 * that work on any piece of input) and decompress-block.c (formats of blocks). */
#include "linux/decompress-internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/unpack_cost.h"

static const struct {
	enum compression compression;
	uint8_t length;
	const char *magic;
} magics[] = {
	/* lib/decompress.c has two bytes for each; more are asked for here where the format fixes them, so that
	 * garbage is not taken for a damaged member */
	{ COMPRESSION_GZIP, 3, "\x1f\x8b\x08" },	 { COMPRESSION_BZIP2, 3, "BZh" },
	{ COMPRESSION_XZ, 6, "\xfd" "7zXZ\0" },
	{ COMPRESSION_LZO, 9, "\x89LZO\0\r\n\x1a\n" },	 { COMPRESSION_LZ4, 4, "\x02\x21\x4c\x18" },
	{ COMPRESSION_LZ4_FRAME, 4, "\x04\x22\x4d\x18" }, { COMPRESSION_ZSTD, 4, "\x28\xb5\x2f\xfd" },
};

/* LZMA alone has no magic number: properties 0x5d, a dictionary of a usual size, and a size that is unknown or not absurd. */
static bool looks_like_lzma(const uint8_t *bytes, size_t size)
{
	uint64_t unpacked = 0;
	uint32_t dictionary;

	if (size < 13 || bytes[0] != 0x5d)
		return false;
	dictionary = (uint32_t)bytes[1] | (uint32_t)bytes[2] << 8 | (uint32_t)bytes[3] << 16 | (uint32_t)bytes[4] << 24;
	for (int i = 12; i >= 5; i--)
		unpacked = unpacked << 8 | bytes[i];
	return dictionary && !(dictionary & 0xfff) && (unpacked == UINT64_MAX || unpacked < 256 * GiB);
}

enum compression compression_detect(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (size >= magics[i].length && !memcmp(bytes, magics[i].magic, magics[i].length))
			return magics[i].compression;
	return looks_like_lzma(bytes, size) ? COMPRESSION_LZMA : COMPRESSION_NONE;
}

const char *compression_name(enum compression compression)
{
	static const char *const names[] = {
		[COMPRESSION_NONE] = "none", [COMPRESSION_GZIP] = "gzip", [COMPRESSION_BZIP2] = "bzip2",
		[COMPRESSION_LZMA] = "lzma", [COMPRESSION_XZ] = "xz",	  [COMPRESSION_LZO] = "lzo",
		[COMPRESSION_LZ4] = "lz4",   [COMPRESSION_LZ4_FRAME] = "lz4 frame", [COMPRESSION_ZSTD] = "zstd",
	};

	return names[compression];
}

static const struct unpack_cost costs[] = {
	[COMPRESSION_NONE] = UNPACK_COST_NONE,	 [COMPRESSION_GZIP] = UNPACK_COST_GZIP,
	[COMPRESSION_BZIP2] = UNPACK_COST_BZIP2, [COMPRESSION_LZMA] = UNPACK_COST_LZMA,
	[COMPRESSION_XZ] = UNPACK_COST_XZ,	 [COMPRESSION_LZO] = UNPACK_COST_LZO,
	[COMPRESSION_LZ4] = UNPACK_COST_LZ4,	 [COMPRESSION_LZ4_FRAME] = UNPACK_COST_LZ4_FRAME,
	[COMPRESSION_ZSTD] = UNPACK_COST_ZSTD,
};

int decompressor_charge(struct decompressor *d, struct error *err)
{
	uint64_t in = d->input->position - d->charged_input, out = d->output + d->filled - d->charged_output;
	uint64_t parts = d->parts;

	d->charged_input += in;
	d->charged_output += out;
	d->parts = 0;
	return limit_spend(WORK_UNPACKING, unpack_cost(&costs[d->compression], in, out, parts), err);
}

/* Not a limit_error: the limit is the caller's, and what it means. */
static int over_limit(struct decompressor *d, struct error *err)
{
	d->is_over = true;
	return error_set(err, EFBIG, "unpacked, it has more than %llu MiB", d->limit / MiB);
}

/* No compression: windows of the input are handed on as they are. */
static int pass_on(struct stream *stream, struct error *err)
{
	struct decompressor *d = stream->state;
	int r = stream_fill(d->input, err);

	if (r <= 0) {
		stream->ended = true;
		stream->problem = d->input->problem;
		stream->detail = d->input->detail;
		return r;
	}
	if (d->input->size > d->limit - d->output)
		return over_limit(d, err);
	d->output += d->input->size;
	stream->data = d->input->data;
	stream->size = d->input->size;
	stream_consume(d->input, d->input->size);
	r = decompressor_charge(d, err);
	if (r < 0)
		stream->size = 0;
	return r;
}

static int fill(struct stream *stream, struct error *err)
{
	struct decompressor *d = stream->state;
	int r;

	if (d->finished) {
		stream->ended = true;
		return 0;
	}
	d->filled = 0;
	r = d->ops->run(d, err);
	if (r < 0)
		return r;
	if (d->filled > d->limit - d->output)
		return over_limit(d, err);
	r = decompressor_charge(d, err);
	if (r < 0)
		return r;
	d->output += d->filled;
	stream->data = d->buffer;
	stream->size = d->filled;
	return 0;
}

static void close_it(struct stream *stream)
{
	struct decompressor *d = stream->state;

	if (d->ops && d->ops->close)
		d->ops->close(d);
	free(d->buffer);
	d->ops = NULL;
	d->buffer = NULL;
	stream->size = 0;
	stream->ended = true;
}

static const struct stream_ops pass_on_ops = { .fill = pass_on }, 
			       decompressor_stream_ops = { .fill = fill, .close = close_it };

int decompress_open(struct arena *arena, enum compression compression, struct stream *input, uint64_t limit,
		    struct stream **ret, struct error *err)
{
	static const struct decompressor_ops *const table[] = {
		[COMPRESSION_GZIP] = &gzip_ops, [COMPRESSION_BZIP2] = &bzip2_ops, [COMPRESSION_LZMA] = &lzma_ops,
		[COMPRESSION_XZ] = &xz_ops,	[COMPRESSION_LZO] = &lzo_ops,	  [COMPRESSION_LZ4] = &lz4_ops,
		[COMPRESSION_ZSTD] = &zstd_ops, [COMPRESSION_LZ4_FRAME] = &lz4_frame_ops,
	};
	struct decompressor *d = ARENA_NEW(arena, struct decompressor);
	int r;

	*d = (struct decompressor){ .ops = table[compression], .arena = arena, .input = input, .limit = limit,
				   .compression = compression, .charged_input = input->position };
	d->stream = (struct stream){ .ops = d->ops ? &decompressor_stream_ops : &pass_on_ops, .state = d };
	*ret = NULL;
	if (d->ops) {
		d->capacity = d->ops->capacity;
		d->buffer = malloc(d->capacity);
		r = d->buffer ? d->ops->open(d, err) : error_set(err, ENOMEM, "out of memory");
		if (r < 0) {
			close_it(&d->stream);
			return r;
		}
	}
	*ret = &d->stream;
	return 0;
}

bool decompress_is_over(const struct stream *stream)
{
	const struct decompressor *d = stream->state;

	return d->is_over;
}

int decompress_all(struct arena *arena, enum compression compression, struct stream *input, uint64_t limit,
		   uint8_t **ret_data, size_t *ret_size, enum stream_problem *ret_problem, struct error *err)
{
	STREAM_AUTO stream = NULL;
	BUFFER_AUTO all = buffer_make(limit + 1);
	int r = decompress_open(arena, compression, input, limit, &stream, err);

	if (r < 0)
		return r;
	while ((r = stream_fill(stream, err)) > 0) {
		buffer_append(&all, stream->data, stream->size);
		stream_consume(stream, stream->size);
	}
	if (r < 0)
		return r;
	if (all.overflowed)
		return error_set(err, ENOMEM, "out of memory");
	*ret_data = arena_memdup(arena, all.data ? all.data : "", all.size);
	*ret_size = all.size;
	if (ret_problem)
		*ret_problem = stream->problem;
	return 0;
}
