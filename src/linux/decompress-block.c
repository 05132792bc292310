/* SPDX-License-Identifier: MIT */
/* decompress-block: the formats that are lists of blocks: legacy LZ4 and lzop's LZO, as lib/decompress_unlz4.c and
 * lib/decompress_unlzo.c of the kernel read them. */
#include "linux/decompress-internal.h"

#include <errno.h>
#include <lz4.h>
#include <lzo/lzo1x.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/cursor.h"
#include "base/limits.h"

/* Reads exactly count bytes of the input: 1, or 0 after the member was ended as cut short, or a negative errno. */
static int need(struct decompressor *d, void *data, size_t count, struct error *err)
{
	uint64_t n;
	int r = stream_read(d->input, data, count, &n, err);

	if (r < 0)
		return r;
	if (n == count)
		return 1;
	decompressor_end(d, STREAM_TRUNCATED, NULL);
	return 0;
}

#define LZ4_MAGIC 0x184c2102

struct lz4 {
	bool begun;
	uint8_t *block;
};

static int lz4_open(struct decompressor *d, struct error *err)
{
	struct lz4 *lz4 = ARENA_NEW(d->arena, struct lz4);

	lz4->block = malloc((size_t)LZ4_compressBound(LIMIT_LZ4_BLOCK));
	d->state = lz4;
	return lz4->block ? 0 : error_set(err, ENOMEM, "out of memory");
}

/* The size of the next block: 1, or 0 when the member has ended. */
static int lz4_block_size(struct decompressor *d, uint32_t *ret, struct error *err)
{
	struct lz4 *lz4 = d->state;
	uint8_t bytes[4];

	for (;;) {
		struct cursor c = cursor_make(bytes, sizeof(bytes));
		uint64_t n;
		int r = stream_read(d->input, bytes, sizeof(bytes), &n, err);

		if (r < 0)
			return r;
		if (n == 0 && lz4->begun)
			return decompressor_end(d, STREAM_GOOD, NULL);
		if (n < sizeof(bytes))
			return decompressor_end(d, STREAM_TRUNCATED, NULL);
		*ret = cursor_le32(&c);
		/* archives that were joined, each with its magic number */
		if (*ret == LZ4_MAGIC) {
			lz4->begun = true;
			r = decompressor_charge(d, err);
			if (r < 0)
				return r;
			continue;
		}
		if (!lz4->begun)
			return decompressor_end(d, STREAM_CORRUPT, "no magic number");
		/* the format has no end mark: zeros are padding */
		if (*ret == 0)
			return decompressor_end(d, STREAM_GOOD, NULL);
		if (*ret <= (uint32_t)LZ4_compressBound(LIMIT_LZ4_BLOCK))
			return 1;
		/* kernels carry their own size in the last four bytes */
		r = stream_fill(d->input, err);
		if (r < 0)
			return r;
		return decompressor_end(d, r ? STREAM_CORRUPT : STREAM_GOOD, r ? "a block is too large" : NULL);
	}
}

static int lz4_run(struct decompressor *d, struct error *err)
{
	struct lz4 *lz4 = d->state;
	uint32_t size;
	int r = lz4_block_size(d, &size, err);

	if (r <= 0)
		return r;
	r = need(d, lz4->block, size, err);
	if (r <= 0)
		return r;
	r = LZ4_decompress_safe((const char *)lz4->block, (char *)d->buffer, (int)size, (int)d->capacity);
	if (r < 0)
		return decompressor_end(d, STREAM_CORRUPT, NULL);
	d->filled = (size_t)r;
	return 0;
}

static void lz4_close(struct decompressor *d)
{
	struct lz4 *lz4 = d->state;

	if (lz4)
		free(lz4->block);
	d->state = NULL;
}

const struct decompressor_ops lz4_ops = { lz4_open, lz4_run, lz4_close, LIMIT_LZ4_BLOCK };

/* lzop's flags */
#define F_ADLER32_D 0x00000001U
#define F_ADLER32_C 0x00000002U
#define F_EXTRA_FIELD 0x00000040U
#define F_CRC32_D 0x00000100U
#define F_CRC32_C 0x00000200U
#define F_FILTER 0x00000800U

struct lzo {
	bool begun;
	uint32_t flags;
	uint8_t block[LIMIT_LZO_BLOCK];
};

static int lzo_open(struct decompressor *d, struct error *err)
{
	if (lzo_init() != LZO_E_OK)
		return error_set(err, EOPNOTSUPP, "liblzo2 was built for another machine");
	d->state = calloc(1, sizeof(struct lzo));
	return d->state ? 0 : error_set(err, ENOMEM, "out of memory");
}

static int lzo_skip(struct decompressor *d, uint32_t count, struct error *err)
{
	return need(d, NULL, count, err);
}

static int lzo_be32(struct decompressor *d, uint32_t *ret, struct error *err)
{
	uint8_t bytes[4];
	struct cursor c = cursor_make(bytes, sizeof(bytes));
	int r = need(d, bytes, sizeof(bytes), err);

	if (r > 0)
		*ret = cursor_be32(&c);
	return r;
}

static int lzo_header(struct decompressor *d, struct error *err)
{
	struct lzo *lzo = d->state;
	uint8_t bytes[13], length;
	uint32_t extra;
	struct cursor c = cursor_make(bytes, sizeof(bytes));
	bool new_format;
	int r;

	/* magic number, version, library's version */
	r = need(d, bytes, 13, err);
	if (r <= 0)
		return r;
	cursor_seek(&c, 9);
	new_format = cursor_be16(&c) >= 0x0940;
	/* version to extract, method and level, or the method alone */
	r = lzo_skip(d, new_format ? 4 : 1, err);
	if (r > 0)
		r = lzo_be32(d, &lzo->flags, err);
	if (r > 0 && lzo->flags & F_FILTER)
		r = lzo_skip(d, 4, err);
	/* mode and time, then the name behind its length, then the header's checksum */
	if (r > 0)
		r = lzo_skip(d, new_format ? 12 : 8, err);
	if (r > 0)
		r = need(d, &length, 1, err);
	if (r > 0)
		r = lzo_skip(d, length + 4U, err);
	if (r > 0 && lzo->flags & F_EXTRA_FIELD) {
		r = lzo_be32(d, &extra, err);
		if (r > 0 && extra > LIMIT_LZO_BLOCK)
			return decompressor_end(d, STREAM_CORRUPT, "the extra field is too large");
		if (r > 0)
			r = lzo_skip(d, extra + 4, err);
	}
	lzo->begun = true;
	return r;
}

/* The checksums before a block: of its plain bytes, and of the compressed ones where it is compressed. */
static int lzo_checksums(struct decompressor *d, bool stored, uint32_t *ret_adler, bool *ret_has, struct error *err)
{
	const struct lzo *lzo = d->state;
	int r = 1;

	*ret_has = lzo->flags & F_ADLER32_D;
	if (*ret_has)
		r = lzo_be32(d, ret_adler, err);
	if (r > 0 && lzo->flags & F_CRC32_D)
		r = lzo_skip(d, 4, err);
	if (r > 0 && !stored && lzo->flags & F_ADLER32_C)
		r = lzo_skip(d, 4, err);
	if (r > 0 && !stored && lzo->flags & F_CRC32_C)
		r = lzo_skip(d, 4, err);
	return r;
}

static int lzo_run(struct decompressor *d, struct error *err)
{
	struct lzo *lzo = d->state;
	uint32_t size, packed, adler = 0;
	bool has_adler;
	lzo_uint made;
	int r = lzo->begun ? 1 : lzo_header(d, err);

	if (r > 0)
		r = lzo_be32(d, &size, err);
	if (r <= 0)
		return r;
	if (size == 0)
		return decompressor_end(d, STREAM_GOOD, NULL);
	r = lzo_be32(d, &packed, err);
	if (r <= 0)
		return r;
	if (size > d->capacity || packed > size)
		return decompressor_end(d, STREAM_CORRUPT, "a block is too large");
	r = lzo_checksums(d, packed == size, &adler, &has_adler, err);
	if (r > 0)
		r = need(d, packed == size ? d->buffer : lzo->block, packed, err);
	if (r <= 0)
		return r;
	made = size;
	if (packed < size && lzo1x_decompress_safe(lzo->block, packed, d->buffer, &made, NULL) != LZO_E_OK)
		return decompressor_end(d, STREAM_CORRUPT, NULL);
	d->filled = made;
	if (made != size || (has_adler && adler32(1, d->buffer, size) != adler))
		return decompressor_end(d, STREAM_CORRUPT, "a checksum is wrong");
	return 0;
}

static void lzo_close(struct decompressor *d)
{
	free(d->state);
	d->state = NULL;
}

const struct decompressor_ops lzo_ops = { lzo_open, lzo_run, lzo_close, LIMIT_LZO_BLOCK };
