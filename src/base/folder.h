/* SPDX-License-Identifier: MIT */
/* folder: a private folder for sockets and temporary files. */
#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H

#include "base/arena.h"
#include "base/error.h"

/* A path in $TMPDIR or /tmp that nobody has, short enough for a socket in a folder there.  Who makes the folder and who removes
 * what is left of it may be two processes, so both must know it before it is made. */
const char *folder_name(struct arena *arena);

/* Makes that folder, with mode 0700: it must be new.  0 or a negative errno with a message. */
int folder_make(const char *path, struct error *err);

/* Removes it with all that is in it, as far as that can be done: symbolic links are removed, not followed. */
void folder_remove(const char *path);

#endif
