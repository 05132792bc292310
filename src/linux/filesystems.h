/* SPDX-License-Identifier: MIT */
/* filesystems: the types of file systems, and the drivers of the kernel that mount them.
 *
 * A type is known by the names that mount(8), rootfstype= and libblkid have for it.  What a type is not known of is not in the
 * table, and nothing is to be concluded from that.
 */
#ifndef LINUX_FILESYSTEMS_H
#define LINUX_FILESYSTEMS_H

#include <stdbool.h>

/* A driver by its Kconfig symbol (without CONFIG_) and the name of its module. */
struct kernel_driver {
	const char *symbol, *module;
};

struct filesystem_type {
	const char *name;
	const char *family; /* what one driver or the other of one family may mount; NULL: it lies on no disk */
	struct kernel_driver drivers[3]; /* any one of these, the usual one first; ends with NULL, NULL */
};

/* The type of that name, or NULL.  One without drivers is not the kernel's affair: swap, or mounted by a program. */
const struct filesystem_type *filesystem_type_find(const char *name);

/* Can what libblkid calls `found` certainly not be mounted as any of `asked`, a type or several with commas between?  False
 * where one of them is not known, or "auto".  `beyond_ext3` says of an ext4 that it has features which keep it from being
 * mounted as ext2 or ext3 (ext3_feature_set_ok in the kernel's fs/ext4/super.c). */
bool filesystem_type_contradicts(const char *asked, const char *found, bool beyond_ext3);

#endif
