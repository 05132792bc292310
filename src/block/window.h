/* SPDX-License-Identifier: MIT */
/* window: parts of a view in a memory file, at their own offsets, for libraries that read a file descriptor and nothing else. */
#ifndef BLOCK_WINDOW_H
#define BLOCK_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "block/view.h"

/* A descriptor of an empty memory file, the caller's to close, or a negative errno.  `name` shows in /proc alone. */
int window_memory_file(const char *name, struct error *err);

/* Copies the bytes from `from` to before `to` (both in bytes; cut at the view's end) to the same offsets of the file, in which
 * holes stay holes.  With `lenient` a part that cannot be read stays zero.  0, or a negative errno. */
int window_copy(struct arena *arena, struct view *view, int fd, uint64_t from, uint64_t to, bool lenient, struct error *err);

#endif
