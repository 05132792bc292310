/* SPDX-License-Identifier: MIT */
/* tar: the files of a tar archive, as grub-mkstandalone packs a memory disk.
 *
 * Sources: POSIX ustar, GNU tar's long names; GRUB 2.06 grub-core/fs/cpio_common.c.  An archive is read once; a header
 * that is wrong ends it, and `cut` says so.
 */
#ifndef BOOT_TAR_H
#define BOOT_TAR_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "block/view.h"
#include "fs/fs.h"

#define LIMIT_TAR_ENTRIES 2048

/* Is it a tar archive?  *ret is NULL when it is not.  *ret_cut: a header or a file is wrong or goes past the end, so that
 * what comes behind it is missing.  0, or a negative errno when it could not be read or has over LIMIT_TAR_ENTRIES
 * entries. */
int tar_open(struct arena *arena, struct view *view, struct fs **ret, bool *ret_cut, struct error *err);

#endif
