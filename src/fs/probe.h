/* SPDX-License-Identifier: MIT */
/* probe: what a partition holds, told by its superblock alone.  Says what a wrong partition is; opens nothing. */
#ifndef FS_PROBE_H
#define FS_PROBE_H

#include "base/error.h"
#include "block/view.h"

enum fs_kind {
	FS_KIND_UNKNOWN,
	FS_KIND_EMPTY, /* nothing but zeros where a superblock would be */
	FS_KIND_FAT,
	FS_KIND_EXFAT,
	FS_KIND_NTFS,
	FS_KIND_EXT, /* ext2, ext3 or ext4 */
	FS_KIND_XFS,
	FS_KIND_BTRFS,
	FS_KIND_EROFS,
	FS_KIND_SQUASHFS,
	FS_KIND_F2FS,
	FS_KIND_ISO9660,
	FS_KIND_ZFS,
	FS_KIND_HFSPLUS,
	FS_KIND_APFS,
	FS_KIND_SWAP,
	FS_KIND_LUKS,
	FS_KIND_LVM2,
	FS_KIND_MD_RAID,
	FS_KIND_GPT, /* a partition table of its own */
};

struct fs_probe {
	enum fs_kind kind;
	const char *name; /* with article, to go on after "the partition holds": "an ext4 file system"; never NULL */
};

/* 0, or a negative errno when the view cannot be read.  A short view is no error. */
int fs_probe(struct view *view, struct fs_probe *ret, struct error *err);

#endif
