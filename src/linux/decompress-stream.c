/* SPDX-License-Identifier: MIT */
/* decompress-stream: the formats whose libraries take any piece of input: gzip, bzip2, lzma, xz, zstd, LZ4 frames. */
#include "linux/decompress-internal.h"

#include <bzlib.h>
#include <errno.h>
#include <limits.h>
#include <lz4frame.h>
#include <lzma.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/limits.h"
#include "base/unpack_cost.h"

#define OUTPUT_SIZE (256 * KiB)

/* One call of a library: both counts come in as what there is, and leave as what was used and made. */
struct piece {
	const uint8_t *in;
	size_t in_size, in_used;
	uint8_t *out;
	size_t out_size, out_made;
};

enum step { STEP_MORE, STEP_END, STEP_CORRUPT, STEP_UNSUPPORTED, STEP_NO_MEMORY };

static int run(struct decompressor *d, enum step (*step)(struct decompressor *d, struct piece *piece), struct error *err)
{
	while (d->filled < d->capacity) {
		struct piece piece = { .out = d->buffer + d->filled, .out_size = d->capacity - d->filled };
		int r = stream_fill(d->input, err);
		enum step result;

		if (r < 0)
			return r;
		/* at the input's end the library may still hold output back */
		piece.in = d->input->data;
		piece.in_size = d->input->size < UINT_MAX ? d->input->size : UINT_MAX;
		result = step(d, &piece);
		stream_consume(d->input, piece.in_used);
		d->filled += piece.out_made;
		r = decompressor_charge(d, err) < 0 ? -EFBIG : r;
		if (r < 0)
			return r;
		switch (result) {
		case STEP_END:
			return decompressor_end(d, STREAM_GOOD, NULL);
		case STEP_CORRUPT:
			return decompressor_end(d, STREAM_CORRUPT, NULL);
		case STEP_UNSUPPORTED:
			return error_set(err, EOPNOTSUPP, "it is compressed in a way that needs a dictionary or more memory");
		case STEP_NO_MEMORY:
			return error_set(err, ENOMEM, "out of memory");
		case STEP_MORE:
			if (r == 0 && !piece.out_made)
				return decompressor_end(d, STREAM_TRUNCATED, NULL);
			if (!piece.out_made && !piece.in_used)
				return decompressor_end(d, STREAM_CORRUPT, NULL);
		}
	}
	return 0;
}

/* gzip: one member, its CRC checked by zlib */

static int gzip_open(struct decompressor *d, struct error *err)
{
	z_stream *z = calloc(1, sizeof(*z));

	if (!z || inflateInit2(z, 16 + MAX_WBITS) != Z_OK) {
		free(z);
		return error_set(err, ENOMEM, "out of memory");
	}
	d->state = z;
	return 0;
}

static enum step gzip_step(struct decompressor *d, struct piece *piece)
{
	z_stream *z = d->state;
	int code;

	z->next_in = (Bytef *)(uintptr_t)piece->in;
	z->avail_in = (unsigned)piece->in_size;
	z->next_out = piece->out;
	z->avail_out = (unsigned)piece->out_size;
	code = deflate_blocks(z, &d->parts);
	piece->in_used = piece->in_size - z->avail_in;
	piece->out_made = piece->out_size - z->avail_out;
	if (code == Z_STREAM_END)
		return STEP_END;
	if (code == Z_MEM_ERROR)
		return STEP_NO_MEMORY;
	return code == Z_OK || code == Z_BUF_ERROR ? STEP_MORE : STEP_CORRUPT;
}

static int gzip_run(struct decompressor *d, struct error *err)
{
	return run(d, gzip_step, err);
}

static void gzip_close(struct decompressor *d)
{
	if (d->state)
		inflateEnd(d->state);
	free(d->state);
	d->state = NULL;
}

const struct decompressor_ops gzip_ops = { gzip_open, gzip_run, gzip_close, OUTPUT_SIZE };

/* bzip2 */

static int bzip2_open(struct decompressor *d, struct error *err)
{
	bz_stream *bz = calloc(1, sizeof(*bz));

	if (!bz || BZ2_bzDecompressInit(bz, 0, 0) != BZ_OK) {
		free(bz);
		return error_set(err, ENOMEM, "out of memory");
	}
	d->state = bz;
	return 0;
}

static enum step bzip2_step(struct decompressor *d, struct piece *piece)
{
	bz_stream *bz = d->state;
	int code;

	bz->next_in = (char *)(uintptr_t)piece->in;
	bz->avail_in = (unsigned)piece->in_size;
	bz->next_out = (char *)piece->out;
	bz->avail_out = (unsigned)piece->out_size;
	code = BZ2_bzDecompress(bz);
	piece->in_used = piece->in_size - bz->avail_in;
	piece->out_made = piece->out_size - bz->avail_out;
	if (code == BZ_STREAM_END)
		return STEP_END;
	if (code == BZ_MEM_ERROR)
		return STEP_NO_MEMORY;
	return code == BZ_OK ? STEP_MORE : STEP_CORRUPT;
}

static int bzip2_run(struct decompressor *d, struct error *err)
{
	return run(d, bzip2_step, err);
}

static void bzip2_close(struct decompressor *d)
{
	if (d->state)
		BZ2_bzDecompressEnd(d->state);
	free(d->state);
	d->state = NULL;
}

const struct decompressor_ops bzip2_ops = { bzip2_open, bzip2_run, bzip2_close, OUTPUT_SIZE };

/* xz and lzma */

struct lzma {
	lzma_stream stream;
	struct lzma_parts parts;
};

static int lzma_start(struct decompressor *d, bool alone, struct error *err)
{
	struct lzma *lzma = calloc(1, sizeof(*lzma));
	lzma_ret code = LZMA_MEM_ERROR;

	if (lzma) {
		lzma_parts_begin(&lzma->parts);
		lzma->stream.allocator = &lzma->parts.allocator;
		code = alone ? lzma_alone_decoder(&lzma->stream, LIMIT_LZMA_MEMORY)
			     : lzma_stream_decoder(&lzma->stream, LIMIT_LZMA_MEMORY, 0);
	}
	if (code != LZMA_OK) {
		free(lzma);
		return error_set(err, ENOMEM, "out of memory");
	}
	d->state = lzma;
	return 0;
}

static int lzma_open(struct decompressor *d, struct error *err)
{
	return lzma_start(d, true, err);
}

static int xz_open(struct decompressor *d, struct error *err)
{
	return lzma_start(d, false, err);
}

static enum step xz_step(struct decompressor *d, struct piece *piece)
{
	struct lzma *lzma = d->state;
	lzma_stream *stream = &lzma->stream;
	lzma_ret code;

	stream->next_in = piece->in;
	stream->avail_in = piece->in_size;
	stream->next_out = piece->out;
	stream->avail_out = piece->out_size;
	code = lzma_code(stream, LZMA_RUN);
	piece->in_used = piece->in_size - stream->avail_in;
	piece->out_made = piece->out_size - stream->avail_out;
	d->parts += lzma->parts.count;
	lzma->parts.count = 0;
	switch (code) {
	case LZMA_OK:
	case LZMA_BUF_ERROR:
		return STEP_MORE;
	case LZMA_STREAM_END:
		return STEP_END;
	case LZMA_MEM_ERROR:
		return STEP_NO_MEMORY;
	case LZMA_MEMLIMIT_ERROR:
	case LZMA_OPTIONS_ERROR:
		return STEP_UNSUPPORTED;
	default:
		return STEP_CORRUPT;
	}
}

static int xz_run(struct decompressor *d, struct error *err)
{
	return run(d, xz_step, err);
}

static void xz_close(struct decompressor *d)
{
	struct lzma *lzma = d->state;

	if (lzma)
		lzma_end(&lzma->stream);
	free(d->state);
	d->state = NULL;
}

const struct decompressor_ops lzma_ops = { lzma_open, xz_run, xz_close, OUTPUT_SIZE };
const struct decompressor_ops xz_ops = { xz_open, xz_run, xz_close, OUTPUT_SIZE };

/* zstd: one frame */

struct zstd {
	ZSTD_DCtx *context;
	struct zstd_parts parts;
};

static int zstd_open(struct decompressor *d, struct error *err)
{
	struct zstd *zstd = calloc(1, sizeof(*zstd));

	d->state = zstd;
	if (zstd)
		zstd->context = ZSTD_createDCtx();
	if (!zstd || !zstd->context ||
	    ZSTD_isError(ZSTD_DCtx_setParameter(zstd->context, ZSTD_d_windowLogMax, LIMIT_ZSTD_WINDOW_LOG)))
		return error_set(err, ENOMEM, "out of memory");
	return 0;
}

static enum step zstd_step(struct decompressor *d, struct piece *piece)
{
	ZSTD_inBuffer in = { piece->in, piece->in_size, 0 };
	ZSTD_outBuffer out = { piece->out, piece->out_size, 0 };
	struct zstd *zstd = d->state;
	uint64_t before = zstd->parts.count;
	size_t code = ZSTD_decompressStream(zstd->context, &out, &in);

	piece->in_used = in.pos;
	piece->out_made = out.pos;
	zstd_parts_see(&zstd->parts, piece->in, in.pos);
	d->parts += zstd->parts.count - before;
	if (code == 0)
		return STEP_END;
	switch (ZSTD_getErrorCode(code)) {
	case ZSTD_error_no_error:
		return STEP_MORE;
	case ZSTD_error_memory_allocation:
		return STEP_NO_MEMORY;
	case ZSTD_error_frameParameter_windowTooLarge:
	case ZSTD_error_frameParameter_unsupported:
	case ZSTD_error_dictionary_wrong:
		return STEP_UNSUPPORTED;
	default:
		return STEP_CORRUPT;
	}
}

static int zstd_run(struct decompressor *d, struct error *err)
{
	return run(d, zstd_step, err);
}

static void zstd_close(struct decompressor *d)
{
	struct zstd *zstd = d->state;

	if (zstd)
		ZSTD_freeDCtx(zstd->context);
	free(zstd);
	d->state = NULL;
}

const struct decompressor_ops zstd_ops = { zstd_open, zstd_run, zstd_close, OUTPUT_SIZE };

/* LZ4 frames */

static int lz4_frame_open(struct decompressor *d, struct error *err)
{
	LZ4F_dctx *context = NULL;

	if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)))
		return error_set(err, ENOMEM, "out of memory");
	d->state = context;
	return 0;
}

static enum step lz4_frame_step(struct decompressor *d, struct piece *piece)
{
	size_t code;

	piece->in_used = piece->in_size;
	piece->out_made = piece->out_size;
	code = LZ4F_decompress(d->state, piece->out, &piece->out_made, piece->in, &piece->in_used, NULL);
	if (code == 0)
		return STEP_END;
	return LZ4F_isError(code) ? STEP_CORRUPT : STEP_MORE;
}

static int lz4_frame_run(struct decompressor *d, struct error *err)
{
	return run(d, lz4_frame_step, err);
}

static void lz4_frame_close(struct decompressor *d)
{
	LZ4F_freeDecompressionContext(d->state);
	d->state = NULL;
}

const struct decompressor_ops lz4_frame_ops = { lz4_frame_open, lz4_frame_run, lz4_frame_close, OUTPUT_SIZE };
