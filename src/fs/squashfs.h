/* SPDX-License-Identifier: MIT */
/* squashfs: reads squashfs 4.0 through libsquashfs, and keeps what the superblock says.
 *
 * Source: Documentation/filesystems/squashfs.rst; libsquashfs 1.2 of squashfs-tools-ng.
 */
#ifndef FS_SQUASHFS_H
#define FS_SQUASHFS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "block/view.h"
#include "fs/fs.h"
#include "fs/settled.h"

enum squashfs_fault {
	SQUASHFS_GOOD,
	SQUASHFS_NO_MAGIC,    /* not squashfs: nothing else is filled */
	SQUASHFS_CORRUPT,     /* the superblock or the tables cannot be those of a file system; `problem` says why */
	SQUASHFS_UNSUPPORTED, /* a version or compression that libsquashfs does not know (lzo, in Debian's) */
};

struct squashfs {
	enum squashfs_fault fault;
	const char *problem;     /* why there are no files, or NULL */
	const char *compression; /* "zstd", ... */
	uint32_t block_size;     /* bytes */
	uint64_t bytes_used;     /* bytes, as the superblock says */
	uint64_t view_size;      /* bytes of the partition or file */
	bool beyond_partition;   /* bytes_used is more than view_size: its end is missing */
	struct fs *fs;           /* NULL unless the fault is SQUASHFS_GOOD */
	const struct fs_mismatch *mismatch; /* of what was looked up so far; NULL where nothing can be */
	void *state;             /* the reader's own */
};

/* Reads the file system in `view`.  0 when the view could be read, whatever it holds; a negative errno when the medium failed
 * or a limit of limits.h was met.  Lives in the arena; libsquashfs has memory of its own: end with squashfs_close. */
int squashfs_open(struct arena *arena, struct view *view, struct squashfs **ret, struct error *err);

/* Frees what libsquashfs holds; squashfs->fs must not be used any more, the facts stay.  NULL is allowed. */
void squashfs_close(struct squashfs *squashfs);

#endif
