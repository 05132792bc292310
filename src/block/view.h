/* SPDX-License-Identifier: MIT */
/* view: read-only random access to bytes, whatever they come from.
 *
 * A raw file, the disk inside a qcow2, a partition and a file in a FAT volume are all views, so that parsers nest without
 * knowing where they are.  Invariants: a view has no operation that writes; its size never changes; view_read either
 * fills the whole buffer or fails.  A decompressed stream is not a view.
 */
#ifndef BLOCK_VIEW_H
#define BLOCK_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

struct view;

struct view_ops {
	/* Reads exactly `length` bytes at `offset`; the range lies inside the view.  0, or a negative errno with a
	 * message in err. */
	int (*read)(struct view *view, uint64_t offset, void *data, size_t length, struct error *err);
	/* The first offset >= `offset` that may hold anything but zeros, or the view's size.  Never fails: where
	 * nothing is known it gives `offset` back.  May be NULL. */
	uint64_t (*next_data)(struct view *view, uint64_t offset);
};

struct view {
	const struct view_ops *ops;
	uint64_t size; /* bytes */
	void *state;   /* the implementation's own */
};

/* Reads exactly `length` bytes at `offset` (bytes).  0, or a negative errno and a message: -ERANGE when the range leaves the
 * view (the caller is to compare with view->size first where an image chose the numbers), -ENODATA when the container
 * refers to bytes past the end of its file (bad image, image-truncated reports it), -EIO and others when the medium failed. */
int view_read(struct view *view, uint64_t offset, void *data, size_t length, struct error *err);

/* See view_ops.next_data. */
uint64_t view_next_data(struct view *view, uint64_t offset);

/* The part of `parent` from `offset` on for `length` bytes, cut at the parent's end: look at the result's size when that
 * matters.  Lives in the arena; the parent must outlive it. */
struct view *view_slice(struct arena *arena, struct view *parent, uint64_t offset, uint64_t length);

/* A view of memory that must outlive it. */
struct view *view_memory(struct arena *arena, const void *data, size_t size);

/* What reading from files has cost, summed over one process. */
struct view_statistics {
	uint64_t reads, bytes;
	uint64_t failures;          /* reads that the medium failed, or that found the file cut short */
	struct error first_failure; /* if there are any */
};
extern struct view_statistics view_statistics;

/* Counts a failure of what lies below all views, and returns err's code as a negative errno.  Whoever asked may take it for
 * something else, or go on without: so what comes of it all is not to be believed (see lint_result_withdraw). */
int view_medium_failed(const struct error *err);

/* A view of an open file or block device of `size` bytes.  Takes no ownership of fd, which must stay open.  Small reads
 * near each other are served from a page that is read once. */
struct view *view_file(struct arena *arena, int fd, uint64_t size);

#endif
