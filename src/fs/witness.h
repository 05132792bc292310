/* SPDX-License-Identifier: MIT */
/* witness: remembers that a file system could not be looked into, whoever asked and did not say so.
 *
 * A net below the rules, as limit_met is: who takes "could not look" for "is not there" passes a defect in silence.
 */
#ifndef FS_WITNESS_H
#define FS_WITNESS_H

#include "fs/fs.h"

/* The first failure to look into a file system of this process's image that is no answer (fs_is_answer); code 0: none. */
extern struct error witness_met;

/* The same file system, with its failures remembered.  In the arena; `inner` must live as long. */
struct fs *witness_fs(struct arena *arena, struct fs *inner);

#endif
