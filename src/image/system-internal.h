/* SPDX-License-Identifier: MIT */
/* system-internal: what the parts that read a system share. */
#ifndef IMAGE_SYSTEM_INTERNAL_H
#define IMAGE_SYSTEM_INTERNAL_H

#include <string.h>

#include "fs/mounts.h"
#include "image/system.h"

/* ID, VERSION_ID and PRETTY_NAME of the os-release in the tree. */
void system_read_release(struct system *system);

/* fstab and crypttab, then what they and the partitions' types put into the tree. */
void system_read_tables(struct system *system);
void system_mount_all(struct image *image, struct system *system);

/* What system_makes_device answers from. */
void system_read_first_boot(struct system *system);

/* Is it that folder, or below it?  Neither has slashes that change nothing. */
static inline bool system_path_is_in(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	return !strncmp(path, folder, length) && (!path[length] || path[length] == '/');
}

#endif
