/* SPDX-License-Identifier: MIT */
/* folder: a private folder for sockets and temporary files. */
#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H

#include "base/arena.h"
#include "base/error.h"

/* A new folder with mode 0700 in $TMPDIR or /tmp, whose path is short enough for a socket in it; NULL with a message. */
const char *folder_make(struct arena *arena, struct error *err);

/* Removes it with all that is in it, as far as that can be done: symbolic links are removed, not followed. */
void folder_remove(const char *path);

#endif
