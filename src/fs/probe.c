/* SPDX-License-Identifier: MIT */
/* probe: a table of magic numbers.  Sources: the headers of the Linux kernel and util-linux's libblkid for the places.
 */
#include "fs/probe.h"

#include <string.h>

#include "base/limits.h"

struct magic {
	enum fs_kind kind;
	const char *name;
	uint64_t offset; /* bytes; counted from the end where from_end is set */
	bool from_end;
	unsigned int length;
	const char *bytes;
};

/* What wraps or takes over a whole device comes first, what leaves its first sectors alone comes last. */
static const struct magic magics[] = {
	{ FS_KIND_LUKS, "a LUKS volume", 0, false, 6, "LUKS\xba\xbe" },
	{ FS_KIND_LVM2, "an LVM2 physical volume", 512, false, 8, "LABELONE" },
	{ FS_KIND_LVM2, "an LVM2 physical volume", 0, false, 8, "LABELONE" },
	{ FS_KIND_MD_RAID, "a member of a Linux software RAID", 0, false, 4, "\xfc\x4e\x2b\xa9" },
	{ FS_KIND_MD_RAID, "a member of a Linux software RAID", 4096, false, 4, "\xfc\x4e\x2b\xa9" },
	{ FS_KIND_GPT, "a partition table", 512, false, 8, "EFI PART" },
	{ FS_KIND_GPT, "a partition table", 4096, false, 8, "EFI PART" },
	{ FS_KIND_EXFAT, "an exFAT file system", 3, false, 8, "EXFAT   " },
	{ FS_KIND_NTFS, "an NTFS file system", 3, false, 8, "NTFS    " },
	{ FS_KIND_XFS, "an XFS file system", 0, false, 4, "XFSB" },
	{ FS_KIND_SQUASHFS, "a squashfs file system", 0, false, 4, "hsqs" },
	{ FS_KIND_EROFS, "an erofs file system", 1024, false, 4, "\xe2\xe1\xf5\xe0" },
	{ FS_KIND_F2FS, "an F2FS file system", 1024, false, 4, "\x10\x20\xf5\xf2" },
	{ FS_KIND_EXT, "an ext4 file system", 1024 + 56, false, 2, "\x53\xef" },
	{ FS_KIND_HFSPLUS, "an HFS+ file system", 1024, false, 4, "H+\0\4" },
	{ FS_KIND_APFS, "an APFS container", 32, false, 4, "NXSB" },
	{ FS_KIND_SWAP, "a swap area", 4096 - 10, false, 10, "SWAPSPACE2" },
	{ FS_KIND_SWAP, "a swap area", 16384 - 10, false, 10, "SWAPSPACE2" },
	{ FS_KIND_SWAP, "a swap area", 65536 - 10, false, 10, "SWAPSPACE2" },
	{ FS_KIND_ISO9660, "an ISO 9660 file system", 32768 + 1, false, 5, "CD001" },
	{ FS_KIND_BTRFS, "a btrfs file system", 65536 + 64, false, 8, "_BHRfS_M" },
	/* the first uberblock of a pool's label, at one of the usual sizes, little-endian */
	{ FS_KIND_ZFS, "a ZFS pool member", 128 * KiB, false, 8, "\x0c\xb1\xba\0\0\0\0\0" },
	{ FS_KIND_ZFS, "a ZFS pool member", 132 * KiB, false, 8, "\x0c\xb1\xba\0\0\0\0\0" },
	{ FS_KIND_FAT, "a FAT file system", 54, false, 3, "FAT" },
	{ FS_KIND_FAT, "a FAT file system", 82, false, 5, "FAT32" },
	{ FS_KIND_MD_RAID, "a member of a Linux software RAID", 64 * KiB, true, 4, "\xfc\x4e\x2b\xa9" },
};

/* ext2 has no journal, ext3 has, and anything that only ext4 knows makes ext4 (kernel, fs/ext4/ext4.h). */
static int name_ext(struct view *view, struct fs_probe *ret, struct error *err)
{
	uint8_t raw[12];
	uint32_t compatible, incompatible, read_only;
	int r;

	if (view->size < 1024 + 104)
		return 0;
	r = view_read(view, 1024 + 92, raw, sizeof(raw), err);
	if (r < 0)
		return r;
	compatible = raw[0];
	incompatible = (uint32_t)(raw[4] | raw[5] << 8);
	read_only = raw[8];
	if ((incompatible & ~0x16U) || (read_only & ~0x07U))
		ret->name = "an ext4 file system";
	else
		ret->name = compatible & 0x04 ? "an ext3 file system" : "an ext2 file system";
	return 0;
}

static int is_empty(struct view *view, bool *ret, struct error *err)
{
	uint8_t raw[4096];
	size_t size = view->size < sizeof(raw) ? (size_t)view->size : sizeof(raw);
	int r = view_read(view, 0, raw, size, err);

	if (r < 0)
		return r;
	*ret = true;
	for (size_t i = 0; i < size; i++)
		*ret &= !raw[i];
	return 0;
}

int fs_probe(struct view *view, struct fs_probe *ret, struct error *err)
{
	bool empty;
	int r;

	*ret = (struct fs_probe){ FS_KIND_UNKNOWN, "no file system that is known" };
	for (size_t i = 0; i < sizeof(magics) / sizeof(*magics); i++) {
		const struct magic *m = &magics[i];
		uint64_t offset = m->offset;
		char raw[16];

		if (m->from_end) /* version 0.90: the last 64 KiB that are aligned to as much */
			offset = view->size < 128 * KiB ? UINT64_MAX : (view->size & ~(64 * KiB - 1)) - m->offset;
		if (offset > view->size || view->size - offset < m->length || view_next_data(view, offset) > offset)
			continue;
		r = view_read(view, offset, raw, m->length, err);
		if (r < 0)
			return r;
		if (memcmp(raw, m->bytes, m->length))
			continue;
		*ret = (struct fs_probe){ m->kind, m->name };
		return m->kind == FS_KIND_EXT ? name_ext(view, ret, err) : 0;
	}
	r = is_empty(view, &empty, err);
	if (r < 0)
		return r;
	if (empty)
		*ret = (struct fs_probe){ FS_KIND_EMPTY, "nothing but zeros at its start" };
	return 0;
}
