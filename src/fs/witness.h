/* SPDX-License-Identifier: MIT */
/* witness: notes that a file system could not be looked into, whoever asked and did not say so (base/unseen.h). */
#ifndef FS_WITNESS_H
#define FS_WITNESS_H

#include "fs/fs.h"

/* The same file system, with each failure that is no answer (fs_is_answer) noted.  In the arena; `inner` must live as long. */
struct fs *witness_fs(struct arena *arena, struct fs *inner);

#endif
