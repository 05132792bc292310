/* SPDX-License-Identifier: MIT */
/* listings: directories of one file system that were listed before, and what looking up files costs.
 *
 * What is listed is kept in memory of its own, since reading must not allocate from the image's arena, and until the file system
 * is closed, since a caller may hold on to it.
 */
#ifndef FS_LISTINGS_H
#define FS_LISTINGS_H

#include "fs/fs.h"

/* What the parts of a look-up count for in WORK_LOOKUPS, in picoseconds, which all file systems of the image share. */
#define COST_COMPONENT 1700000	/* of a path, "." and ".." too */
#define COST_COMPARED 8000	/* name in a listing */
#define COST_LISTED 150000	/* name that is put into one */
#define COST_COPIED 18000	/* name that is copied out of a FAT's tree, each time that its directory is listed */
#define COST_MAPPED 200000	/* piece of a file that is put into its map */
#define COST_DIRECTORY_BYTE 1000 /* that is read of a directory, or of what leads to it */

struct listings;

/* Empty ones, never NULL; with free to be given back, NULL is allowed. */
struct listings *listings_new(void);
void listings_free(struct listings *listings);

bool listings_find(const struct listings *listings, uint64_t directory, struct fs_entry **ret, size_t *ret_count);

/* Keeps a copy, as long as there is room within LIMIT_LISTINGS. */
void listings_keep(struct listings *listings, uint64_t directory, const struct fs_entry *entries, size_t count);

#endif
