/* SPDX-License-Identifier: MIT */
/* window: parts of a view in a memory file, at their own offsets, for libraries that read a file descriptor and nothing else. */
#ifndef BLOCK_WINDOW_H
#define BLOCK_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "block/view.h"

/* What a memory file is for: an image needs one of each at a time. */
enum window_purpose { WINDOW_SUPERBLOCK, WINDOW_FDISK, WINDOW_PURPOSES };

/* Who keeps the memory files of a process that may not write any: another process, to which this hands what belongs there. */
struct window_keeper {
	int files[WINDOW_PURPOSES]; /* the same files, open for reading; negative: none */
	/* The file is `offset` bytes of holes (no data), or has these bytes there.  0, or a negative errno. */
	int (*put)(enum window_purpose purpose, uint64_t offset, const void *data, size_t length, struct error *err);
	/* Waits until all of that has been done; 0, or what went wrong. */
	int (*wait)(struct error *err);
};

/* NULL: this process keeps them itself. */
extern const struct window_keeper *window_keeper;

/* A new memory file, or a negative errno.  For keepers. */
int window_make_file(enum window_purpose purpose, struct error *err);

/* Makes it `size` bytes of holes; writes; both 0 or a negative errno.  For keepers. */
int window_size_file(int fd, uint64_t size, struct error *err);
int window_write_file(int fd, const uint8_t *data, size_t length, uint64_t offset, struct error *err);

/* A descriptor of a memory file, the caller's to close, or a negative errno. */
int window_memory_file(enum window_purpose purpose, struct error *err);

/* Empties the file and makes it `size` bytes of holes.  0, or a negative errno. */
int window_clear(int fd, uint64_t size, struct error *err);

/* Copies the bytes from `from` to before `to` (both in bytes; cut at the view's end) to the same offsets of the file, in which
 * holes stay holes.  With `lenient` a part that cannot be read stays zero.  0, or a negative errno. */
int window_copy(struct arena *arena, struct view *view, int fd, uint64_t from, uint64_t to, bool lenient, struct error *err);

#endif
