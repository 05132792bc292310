/* SPDX-License-Identifier: MIT */
/* decompress-internal: what the decompressors share. */
#ifndef LINUX_DECOMPRESS_INTERNAL_H
#define LINUX_DECOMPRESS_INTERNAL_H

#include "linux/decompress.h"

struct decompressor;

/* One format.  Each function reads from d->input and never beyond the member's end. */
struct decompressor_ops {
	int (*open)(struct decompressor *d, struct error *err);
	/* Puts up to d->capacity bytes into d->buffer and sets d->filled, or calls decompressor_end.  Either, or both. */
	int (*run)(struct decompressor *d, struct error *err);
	void (*close)(struct decompressor *d);
	size_t capacity; /* of the buffer at first */
};

struct decompressor {
	struct stream stream; /* the public part; stream.state points back here */
	const struct decompressor_ops *ops;
	struct arena *arena;
	struct stream *input;
	uint8_t *buffer;
	size_t capacity, filled;
	uint64_t output, limit; /* bytes */
	enum compression compression;
	uint64_t charged_input, charged_output; /* positions up to which work was counted */
	uint64_t parts; /* blocks, frames or dictionaries since then, which take their time however few bytes they have */
	bool is_over;  /* the limit */
	bool finished; /* the member has ended; its last bytes may still be in the buffer */
	void *state;
};

extern const struct decompressor_ops gzip_ops, bzip2_ops, lzma_ops, xz_ops, zstd_ops; /* decompress-stream.c */
extern const struct decompressor_ops lzo_ops, lz4_ops, lz4_frame_ops; /* decompress-block.c */

/* Counts the work since the last call: 0, or -EFBIG once the image has cost too much.  For every loop that may read much before
 * it gives anything. */
int decompressor_charge(struct decompressor *d, struct error *err);

/* The member ends here, with or without a problem; returns 0. */
static inline int decompressor_end(struct decompressor *d, enum stream_problem problem, const char *detail)
{
	d->finished = true;
	d->stream.problem = problem;
	d->stream.detail = detail;
	return 0;
}

#endif
