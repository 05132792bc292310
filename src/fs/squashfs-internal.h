/* SPDX-License-Identifier: MIT */
/* squashfs-internal: what the parts of the squashfs reader share. */
#ifndef FS_SQUASHFS_INTERNAL_H
#define FS_SQUASHFS_INTERNAL_H

#include <sqfs/compressor.h>
#include <sqfs/data_reader.h>
#include <sqfs/dir.h>
#include <sqfs/error.h>
#include <sqfs/inode.h>
#include <sqfs/io.h>
#include <sqfs/meta_reader.h>
#include <sqfs/super.h>
#include <sqfs/xattr.h>
#include <sqfs/xattr_reader.h>

#include "base/error.h"
#include "fs/listings.h"
#include "fs/squashfs.h"

/* What libsquashfs's readers are given for a compressor. */
struct squashfs_blocks {
	sqfs_compressor_t compressor; /* first: libsquashfs gives back a pointer to it */
	struct squashfs_state *state;
};

struct squashfs_state {
	sqfs_file_t file; /* first: libsquashfs gives back a pointer to it */
	struct view *view;
	struct error io_error; /* the trouble that the view had, which the library's code cannot tell */
	struct squashfs *squashfs;
	struct fs fs;
	struct listings *listings;
	struct settled settled;
	bool reads_content; /* of a file, and not an inode or a directory */
	sqfs_super_t super;
	sqfs_compressor_t *library; /* its own, that the other stands before */
	struct squashfs_blocks blocks;
	sqfs_meta_reader_t *inodes, *directories;
	sqfs_data_reader_t *data;
	/* of extended attributes; NULL while none was asked for */
	sqfs_xattr_reader_t *attributes; /* finds lists */
	sqfs_meta_reader_t *pairs;       /* reads the pairs of key and value in them */
	uint64_t pairs_start;
};

/* Turns the library's error into ours: what the view said if it said something, else -EIO. */
int squashfs_fail(const struct squashfs_state *state, int code, struct error *err, const char *what);

/* Makes the compressor in front of state->library, as a part of the state. */
sqfs_compressor_t *squashfs_blocks(struct squashfs_state *state);

/* The attribute `name` out of the list `index` of a file, in the arena; -ENODATA if it is not there. */
int squashfs_attribute(struct squashfs_state *state, struct arena *arena, uint32_t index, const char *name, void **ret,
		       size_t *ret_size, struct error *err);

extern const struct fs_ops squashfs_ops;

#endif
