/* SPDX-License-Identifier: MIT */
/* landlock: the paths, ports and sockets that this process and all that it starts may use from now on. */
#ifndef BASE_LANDLOCK_H
#define BASE_LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum {
	LANDLOCK_READ = 1,    /* read files, list folders, run programs */
	LANDLOCK_WRITE = 2,   /* change what is in files that exist; ioctls of devices */
	LANDLOCK_CHANGE = 4,  /* make, rename and remove files, folders and sockets */
	LANDLOCK_SOCKETS = 8, /* make folders and sockets; list; remove, of any kind */
};

struct landlock_path {
	const char *path; /* a file, or a folder with all that is below it; NULL: `fd` */
	int fd;
	unsigned rights; /* of the above */
};

/* From here on no path can be used but these (one that does not exist is passed over), no TCP port where the kernel knows of
 * them (its version 4): with `count` 0, none at all.  With `alone` no process that was not started from here on can be
 * signalled, and no abstract socket of one be used (version 6).  All that holds for all programs that are started, too, cannot be
 * undone, and gives up the right to gain privileges.  What is open already stays so.
 *
 * Returns the kernel's version of Landlock, 0 if it has none, or a negative errno with a message.  Source: landlock(7). */
int landlock_confine(const struct landlock_path *paths, size_t count, bool alone, struct error *err);

#endif
