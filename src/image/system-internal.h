/* SPDX-License-Identifier: MIT */
/* system-internal: what the parts that read a system share. */
#ifndef IMAGE_SYSTEM_INTERNAL_H
#define IMAGE_SYSTEM_INTERNAL_H

#include "fs/mounts.h"
#include "image/system.h"

/* ID, VERSION_ID and PRETTY_NAME of the os-release in the tree. */
void system_read_release(struct system *system);

/* fstab and crypttab, then what they and the partitions' types put into the tree. */
void system_read_tables(struct system *system);
void system_mount_all(struct image *image, struct system *system);

/* What system_makes_device answers from. */
void system_read_first_boot(struct system *system);

#endif
