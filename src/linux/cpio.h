/* SPDX-License-Identifier: MIT */
/* cpio: reads archives of the "newc" format (070701) and the same with checksums (070702) from a stream, as the kernel does
 * (init/initramfs.c, Documentation/driver-api/early-userspace/buffer-format.rst).
 *
 * As there, an archive does not end at its trailer: entries and archives follow each other, with zeros between, until
 * something else comes.
 */
#ifndef LINUX_CPIO_H
#define LINUX_CPIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "linux/stream.h"

struct cpio_entry {
	uint64_t offset; /* of the header, in bytes from where offsets count */
	uint32_t inode, mode, links, mtime, device_major, device_minor, checksum;
	uint32_t size;   /* bytes of the body */
	char *name;      /* as written, without an ending NUL's padding; valid until the next entry */
	size_t name_length;
	bool has_checksum;
	bool skipped;    /* its name has no byte or more than LIMIT_CPIO_NAME: Linux makes nothing of it, and says nothing */
};

enum cpio_event {
	CPIO_ENTRY,
	CPIO_TRAILER, /* the entry TRAILER!!!; more may follow */
	CPIO_END,     /* of the stream, where an archive may end */
	CPIO_OTHER,   /* the next byte, which is not consumed, is neither a zero nor of a header */
	CPIO_TRUNCATED,  /* of the stream, where an archive may not end */
	CPIO_OLD_FORMAT, /* 070707 or binary: the kernel refuses them */
	CPIO_BAD_HEADER, /* not hexadecimal, or another magic number */
	CPIO_BAD_NAME,   /* a name without its NUL */
	CPIO_UNALIGNED,  /* a header that does not begin at a multiple of four */
	CPIO_CHECKSUM,   /* of the body before */
};

struct cpio {
	struct stream *stream;
	uint64_t base; /* what the stream's position counts from */
	uint64_t left; /* bytes of the present body that were not read yet */
	unsigned padding; /* bytes behind it */
	uint32_t sum, expected;
	bool summing; /* the body has a checksum that is being computed */
	uint64_t entries;
	struct cpio_entry entry; /* the present one */
	char name[LIMIT_CPIO_NAME + 4];
};

/* Begins to read at the stream's position, which counts as offset `base` + position. */
void cpio_begin(struct cpio *cpio, struct stream *stream, uint64_t base);

/* Goes to the next entry; the rest of the present body is skipped, unless `verify` asks for its checksum.  An event, or a
 * negative errno.  After an event that is a problem the reader must not be used again. */
int cpio_next(struct cpio *cpio, bool verify, struct error *err);

/* Reads up to `length` bytes of the present entry's body.  0, or a negative errno. */
int cpio_body(struct cpio *cpio, void *data, size_t length, uint64_t *ret_count, struct error *err);

#endif
