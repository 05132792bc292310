/* SPDX-License-Identifier: MIT */
/* superblock: type, UUID and label of any file system that libblkid knows, from its superblock alone.  Opens no files.
 *
 * The library reads a descriptor, so the places where superblocks stand are copied into a memory file of the partition's
 * size; all else of it is a hole.  For ext2/3/4 and FAT our own readers tell more.  Sources for the features: the kernel's
 * fs/xfs/libxfs/xfs_format.h and include/uapi/linux/btrfs.h; mkfs.xfs(8) and mkfs.btrfs(8) for their names.
 */
#ifndef FS_SUPERBLOCK_H
#define FS_SUPERBLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "block/view.h"

struct superblock {
	const char *type;        /* as blkid calls it: "xfs", "crypto_LUKS", "LVM2_member", "swap"; NULL: none that it knows */
	const char *uuid, *label; /* as blkid prints them; NULL: none */
	uint64_t size;           /* bytes, as the superblock of xfs, btrfs (for this device) or erofs says; 0: not told */
	bool has_files;          /* a file system, rather than swap, a container of volumes or the like */
	bool dirty;              /* btrfs: a log is to be replayed */
	const char *features;    /* of xfs and btrfs, as their mkfs names them, blanks between; NULL: of others */
};

/* A memory file for superblock_read, to be made before a process is sealed: a descriptor, or a negative errno. */
int superblock_memory_file(struct error *err);

/* What lies in `view`.  fd is a memory file, whose content is lost.  0, also when nothing is known; a negative errno when the
 * view or the memory file failed.  The result's strings live in the arena. */
int superblock_read(struct arena *arena, struct view *view, int fd, struct superblock *ret, struct error *err);

#endif
