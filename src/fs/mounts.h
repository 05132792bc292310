/* SPDX-License-Identifier: MIT */
/* mounts: a tree of several file systems, as mount(8) puts one over a folder of another.
 *
 * The result is a struct fs like any other.  Its handles are those of the parts, with the number of the part in the
 * topmost bits.  Reading allocates nothing.  Names differ by case where they do in the part that they are of.
 */
#ifndef FS_MOUNTS_H
#define FS_MOUNTS_H

#include "fs/fs.h"

struct mounts;

/* A tree that is one file system, from the directory `root` of it on (fs->root: all of it).  Lives in the arena. */
struct mounts *mounts_new(struct arena *arena, struct fs *fs, uint64_t root);

/* Puts the directory `root` of `fs` over the path, whose links are followed; if only its last component is missing, it is made.
 * 0, or a negative errno with a message: those of fs_resolve, -ENOTDIR where something else than a directory is, -EMFILE when
 * there are too many. */
int mounts_add(struct mounts *mounts, const char *path, struct fs *fs, uint64_t root, struct error *err);

/* The whole tree. */
struct fs *mounts_fs(struct mounts *mounts);

#endif
