/* SPDX-License-Identifier: MIT */
/* sibling: opening a file that an image names, if policy lets it. */
#ifndef PROCESS_SIBLING_H
#define PROCESS_SIBLING_H

#include "base/arena.h"
#include "base/error.h"

/* Opens, for reading, the regular file that `name` means in the header of the file at path `base` (relative names start from
 * its folder, as in QEMU), if it lies below the directory `allowed`; symbolic links must not lead out of that.  A name that
 * QEMU would take for a protocol (json:, nbd:, ...) is refused.  Returns a descriptor, or a negative errno with a message;
 * *ret_path is the path that was opened, in the arena. */
int sibling_open(struct arena *arena, const char *allowed, const char *base, const char *name, const char **ret_path,
		 struct error *err);

#endif
