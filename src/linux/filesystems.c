/* SPDX-License-Identifier: MIT */
/* filesystems: the table of types.  Sources: fs/Kconfig of the Linux kernel and below, mount(8), libblkid's superblocks. */
#include "linux/filesystems.h"

#include <string.h>

static const struct filesystem_type types[] = {
	{ "ext4", "ext", { { "EXT4_FS", "ext4" } } },
	{ "ext3", "ext", { { "EXT4_FS", "ext4" }, { "EXT3_FS", "ext3" } } },
	{ "ext2", "ext", { { "EXT2_FS", "ext2" }, { "EXT4_FS", "ext4" } } },
	{ "xfs", "xfs", { { "XFS_FS", "xfs" } } },
	{ "btrfs", "btrfs", { { "BTRFS_FS", "btrfs" } } },
	{ "squashfs", "squashfs", { { "SQUASHFS", "squashfs" } } },
	{ "erofs", "erofs", { { "EROFS_FS", "erofs" } } },
	{ "f2fs", "f2fs", { { "F2FS_FS", "f2fs" } } },
	{ "jfs", "jfs", { { "JFS_FS", "jfs" } } },
	{ "nilfs2", "nilfs2", { { "NILFS2_FS", "nilfs2" } } },
	{ "bcachefs", "bcachefs", { { "BCACHEFS_FS", "bcachefs" } } },
	{ "vfat", "fat", { { "VFAT_FS", "vfat" } } },
	{ "msdos", "fat", { { "MSDOS_FS", "msdos" } } },
	{ "exfat", "exfat", { { "EXFAT_FS", "exfat" } } },
	{ "ntfs3", "ntfs", { { "NTFS3_FS", "ntfs3" } } },
	{ "ntfs", "ntfs", { { NULL, NULL } } },
	/* one disc may well be both */
	{ "iso9660", "disc", { { "ISO9660_FS", "isofs" } } },
	{ "udf", "disc", { { "UDF_FS", "udf" } } },
	{ "swap", "swap", { { NULL, NULL } } },
	{ "virtiofs", NULL, { { "VIRTIO_FS", "virtiofs" } } },
	{ "9p", NULL, { { "9P_FS", "9p" } } },
	{ "overlay", NULL, { { "OVERLAY_FS", "overlay" } } },
};

static const struct filesystem_type *find(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (!strncmp(types[i].name, name, length) && !types[i].name[length])
			return &types[i];
	return NULL;
}

const struct filesystem_type *filesystem_type_find(const char *name)
{
	return find(name, strlen(name));
}

bool filesystem_type_contradicts(const char *asked, const char *found, bool beyond_ext3)
{
	const struct filesystem_type *is = filesystem_type_find(found);
	bool any = false;

	if (!is || !is->family)
		return false;
	while (*asked) {
		size_t length = strcspn(asked, ",");
		const struct filesystem_type *type = find(asked, length);
		bool old = type && (!strcmp(type->name, "ext2") || !strcmp(type->name, "ext3"));

		if (!type || !type->family || (!strcmp(type->family, is->family) && !(old && beyond_ext3)))
			return false;
		any = true;
		asked += length + (asked[length] == ',');
	}
	return any;
}
