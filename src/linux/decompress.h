/* SPDX-License-Identifier: MIT */
/* decompress: one forward interface over every compression that Linux uses for kernels, initrds, modules and firmware.
 *
 * The format is told by content, as the kernel tells it (lib/decompress.c).  One decompressor reads one member (a gzip member,
 * an xz stream, a zstd frame) and stops behind it, as the kernel's do; what follows is the caller's to look at.
 */
#ifndef LINUX_DECOMPRESS_H
#define LINUX_DECOMPRESS_H

#include "linux/stream.h"

enum compression {
	COMPRESSION_NONE, /* no magic number of a compression */
	COMPRESSION_GZIP,
	COMPRESSION_BZIP2,
	COMPRESSION_LZMA, /* the old format of one LZMA stream behind 13 bytes */
	COMPRESSION_XZ,
	COMPRESSION_LZO,  /* lzop's format */
	COMPRESSION_LZ4,  /* the "legacy" format, which is the one that the kernel reads */
	COMPRESSION_LZ4_FRAME, /* what lz4 writes by default; the kernel cannot read it */
	COMPRESSION_ZSTD,
};

/* How many bytes compression_detect wants to see. */
#define COMPRESSION_MAGIC 16

/* Tells the format from the first bytes; fewer than COMPRESSION_MAGIC will do at the end of a file. */
enum compression compression_detect(const uint8_t *bytes, size_t size);

/* "gzip", "zstd", ... as in CONFIG_RD_GZIP but in lower case; "none"; "lz4 frame". */
const char *compression_name(enum compression compression);

/* A stream of what `input` holds from its present position on.  It ends with the member, or with a problem; `limit` bounds its
 * output (bytes): more is -EFBIG, which the caller has to make known (decompress_is_over), and so is more work than one image
 * may cost (WORK_UNPACKING).  COMPRESSION_NONE gives the input's bytes on.  -EOPNOTSUPP for what we cannot read though it may
 * be sound: a zstd window over LIMIT_ZSTD_WINDOW_LOG, a dictionary.  Lives in the arena, holds memory of its own until
 * stream_close. */
int decompress_open(struct arena *arena, enum compression compression, struct stream *input, uint64_t limit,
		    struct stream **ret, struct error *err);

/* Did it fail since there is more output than its limit, and for nothing else? */
bool decompress_is_over(const struct stream *stream);

/* How many bytes compression_refused_by_kernel wants to see: xz's two headers, of the stream and of its first block. */
#define COMPRESSION_HEAD (12 + 1024)

/* Why the kernel cannot read what we can, by a member's first bytes (COMPRESSION_HEAD of them, or fewer at the end of a file): a
 * few words in static memory, or NULL.  Its decoder of gzip knows no optional field of the header but the name, that of xz no
 * check but CRC-32 and not every filter, that of lz4 not the frame format. */
const char *compression_refused_by_kernel(const uint8_t *bytes, size_t size);

/* Decompresses a whole member into memory: *ret_data in the arena, of *ret_size bytes.  What could be read is there even when
 * *ret_problem (may be NULL) is not STREAM_GOOD. */
int decompress_all(struct arena *arena, enum compression compression, struct stream *input, uint64_t limit,
		   uint8_t **ret_data, size_t *ret_size, enum stream_problem *ret_problem, struct error *err);

#endif
