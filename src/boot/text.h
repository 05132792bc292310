/* SPDX-License-Identifier: MIT */
/* text: text of an image's boot configuration that remembers where each part of it was written.
 *
 * A kernel's command line is put together from several files: words of grub.cfg, a variable that grubenv holds, an
 * option of a Boot Loader Specification entry.  A finding has to name the one line and column to change, so the
 * interpreters carry the place of every run of bytes along with the bytes.  Columns count bytes from 1, as compilers do.
 */
#ifndef BOOT_TEXT_H
#define BOOT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "fs/fs.h"

/* A file, or a text inside a binary. */
struct boot_source {
	const char *device; /* as the loader names it ("hd0,gpt2", "memdisk"), or NULL where only one is meant */
	int partition;      /* its number in the partition table; 0 when it is none */
	const char *path;   /* in that device's file system; for an embedded text what it is */
	const char *section; /* of that PE file; NULL: the whole file */
};

struct boot_place {
	const struct boot_source *source; /* NULL: not from a text (a variable that the loader itself sets) */
	unsigned int line, column;        /* from 1 */
};

/* From `offset` on, up to the next origin, the bytes were written at `place`. */
struct boot_origin {
	size_t offset;
	struct boot_place place;
	bool literal; /* byte for byte: the column advances with the offset */
};

struct boot_text {
	const char *text; /* NUL-terminated */
	size_t length;
	const struct boot_origin *origins; /* ascending; none: the place is not known */
	size_t origin_count;
	const char *unknown; /* why the value is not known when the image is not running, or NULL */
};

/* Where the byte at `offset` was written. */
struct boot_place boot_text_place(const struct boot_text *text, size_t offset);

/* `length` bytes from `offset` on, with their origins.  Lives in the arena. */
struct boot_text boot_text_slice(struct arena *arena, const struct boot_text *text, size_t offset, size_t length);

/* A string written at one place. */
struct boot_text boot_text_make(struct arena *arena, const char *string, struct boot_place place);

#define BOOT_TEXT_ORIGINS 512 /* beyond it all that follows counts as written where the last one was */

/* A boot_text under construction.  `overflowed` is set and nothing more is added once it exceeds `maximum` bytes. */
struct boot_text_builder {
	struct arena *arena;
	char *text;
	size_t length, capacity, maximum;
	struct boot_origin *origins;
	size_t origin_count, origin_capacity;
	const char *unknown;
	bool overflowed;
};

struct boot_text_builder boot_text_build(struct arena *arena, size_t maximum);
void boot_text_add(struct boot_text_builder *b, const char *bytes, size_t length, struct boot_place place, bool literal);
void boot_text_add_text(struct boot_text_builder *b, const struct boot_text *text);
struct boot_text boot_text_finish(struct boot_text_builder *b);

/* The whole content of a file, followed by a NUL that is not counted.  -EFBIG when it is over `maximum` bytes, -EISDIR
 * for what is not a regular file, else as fs_resolve. */
int boot_read_file(struct fs *fs, struct arena *arena, const char *path, size_t maximum, char **ret, size_t *ret_size,
		   struct error *err);

#endif
