/* SPDX-License-Identifier: MIT */
/* settled: what a file is by its own account, where the entry of a directory that leads to it says it, too.
 *
 * Linux goes by the file (its inode) whatever the entry says; GRUB, and whoever lists a directory, goes by the entry.  Both are
 * metadata of the file system, and where they differ it is corrupt.
 */
#ifndef FS_SETTLED_H
#define FS_SETTLED_H

#include "fs/fs.h"

#define SETTLED_FILES 1024 /* whose type is remembered, each in the place of its handle modulo that */

/* An entry that does not fit its file. */
struct fs_mismatch {
	bool found; /* the rest counts */
	char name[256];
	enum fs_type listed, actual;
	bool deleted; /* the file is none any more: it has no type, and cannot be opened */
};

struct settled {
	struct {
		bool known;
		uint64_t handle;
		enum fs_type type;
	} files[SETTLED_FILES];
	struct fs_mismatch mismatch; /* the first one that was met */
};

/* Sets entry->type if the file was settled before; false: it must be looked at. */
bool settled_before(struct settled *settled, struct fs_entry *entry);

/* Remembers what the file is, and sets entry->type to it. */
void settled_as(struct settled *settled, struct fs_entry *entry, enum fs_type actual);

/* The entry leads to a file that was deleted: -EUCLEAN. */
int settled_as_deleted(struct settled *settled, const struct fs_entry *entry, struct error *err);

#endif
