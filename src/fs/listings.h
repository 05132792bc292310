/* SPDX-License-Identifier: MIT */
/* listings: directories of one file system that were listed before, and what looking up files may cost in all.
 *
 * What is listed is kept in memory of its own, since reading must not allocate from the image's arena, and until the file system
 * is closed, since a caller may hold on to it.
 */
#ifndef FS_LISTINGS_H
#define FS_LISTINGS_H

#include "fs/fs.h"

/* What the parts of a look-up count for, in bytes of a directory that is gone through: a block of 1 KiB takes about 0.1 us. */
#define COST_COMPONENT 256 /* of a path, "." and ".." too */
#define COST_COMPARED 64   /* name in a listing */
#define COST_LISTED 512    /* name that is put into one */
#define COST_MAPPED 128    /* piece of a file that is put into its map */

/* Charges that much to limits_lookup_bytes(), which all file systems of the image share.  -EFBIG and limit_error when they are
 * used up, and from then on. */
int fs_spend(uint64_t bytes, struct error *err);

/* What was charged; a new image begins with nothing. */
uint64_t fs_spent(void);
void fs_spend_begin(void);

struct listings;

/* Empty ones, never NULL; with free to be given back, NULL is allowed. */
struct listings *listings_new(void);
void listings_free(struct listings *listings);

bool listings_find(const struct listings *listings, uint64_t directory, struct fs_entry **ret, size_t *ret_count);

/* Keeps a copy, as long as there is room within LIMIT_LISTINGS. */
void listings_keep(struct listings *listings, uint64_t directory, const struct fs_entry *entries, size_t count);

#endif
