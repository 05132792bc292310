/* SPDX-License-Identifier: MIT */
/* fat: FAT12, FAT16 and FAT32 volumes with long names, read and checked in one go.
 *
 * Source: Microsoft "FAT: General Overview of On-Disk Format" (fatgen103, version 1.03, 6 December 2000), which
 * UEFI 2.6 section 12.3 refers to, and that section.  fat_open reads the boot sector and its backup, compares the
 * copies of the file allocation table, walks the directories and marks every file's clusters; the result says what is
 * there and what is wrong, and never changes afterwards.  It decides no severity and words nothing.
 *
 * Offsets are bytes from the start of the volume's view (the partition).
 */
#ifndef FS_FAT_H
#define FS_FAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "block/view.h"
#include "fs/fs.h"

/* The type that tells how the table is read.  FAT32 is told by its BPB form (no 16-bit table size), as every
 * implementation does; FAT12 and FAT16 by the number of clusters (fatgen103, "FAT type determination"). */
enum fat_type { FAT_NONE, FAT_12 = 12, FAT_16 = 16, FAT_32 = 32 };

#define FAT16_MIN_CLUSTERS 4085U
#define FAT32_MIN_CLUSTERS 65525U

/* Why a boot sector cannot be used, or what about it is wrong. */
enum fat_boot_fault {
	FAT_BOOT_GOOD,
	FAT_BOOT_SHORT,        /* the view has no 512 bytes */
	FAT_BOOT_EMPTY,        /* all zeros */
	FAT_BOOT_SECTOR_SIZE,  /* not 512, 1024, 2048 or 4096 */
	FAT_BOOT_CLUSTER_SIZE, /* sectors per cluster not a power of two */
	FAT_BOOT_RESERVED,     /* no reserved sector */
	FAT_BOOT_FAT_COUNT,    /* no FAT */
	FAT_BOOT_TOTAL,        /* no sectors */
	FAT_BOOT_FAT_SIZE,     /* a FAT of no sectors */
	FAT_BOOT_MEDIA,        /* media byte that firmware refuses */
	FAT_BOOT_ROOT_ENTRIES, /* FAT12/16 without a root directory, FAT32 with a fixed one */
	FAT_BOOT_VERSION,      /* FAT32 version other than 0:0 */
	FAT_BOOT_LAYOUT,       /* FATs and root directory leave no room for a cluster */
	FAT_BOOT_BEYOND_VIEW,  /* FATs or root directory lie past the end of the view */
	FAT_BOOT_ROOT_CLUSTER, /* FAT32 root directory at no cluster of the volume */
};

/* One boot sector (fatgen103, "Boot Sector and BPB Structure"). */
struct fat_boot {
	uint64_t offset;           /* where it was read */
	enum fat_boot_fault fault; /* the first one, in the order above */
	bool jump;                 /* begins with one of the two jump instructions */
	bool signature;            /* 0x55 0xaa at 510 */
	char type_text[9];         /* BS_FilSysType, trailing spaces removed; only a claim */
	char label[12];            /* BS_VolLab, likewise */
	uint32_t serial;
	uint16_t sector_size;
	uint8_t sectors_per_cluster;
	uint16_t reserved_sectors;
	uint8_t fat_count;
	uint16_t root_entries;
	uint8_t media;
	uint64_t total_sectors;
	uint32_t fat_sectors; /* one copy */
	uint32_t hidden_sectors;
	bool fat32;     /* BPB of FAT32's form: the members below count */
	uint16_t flags; /* BPB_ExtFlags */
	uint16_t version;
	uint32_t root_cluster;
	uint16_t fsinfo_sector, backup_sector;
	uint8_t state; /* the byte in which Linux keeps its dirty bit */
};

enum fat_problem_kind {
	FAT_CHAIN_LOOPS,         /* comes back to a cluster of its own */
	FAT_CHAIN_CROSSES,       /* uses a cluster of `other` */
	FAT_CHAIN_LEAVES,        /* points at a cluster that the volume does not have */
	FAT_CHAIN_FREE,          /* points at a cluster marked free */
	FAT_CHAIN_BAD,           /* points at a cluster marked bad or reserved */
	FAT_CHAIN_SHORT,         /* ends before the file's size */
	FAT_CLUSTER_BEYOND_VIEW, /* uses a cluster past the end of the partition */
	FAT_DIRECTORY_START,     /* a directory without a first cluster */
	FAT_DIRECTORY_NAME,      /* an entry whose name holds control characters: no directory entry at all */
};

struct fat_problem {
	enum fat_problem_kind kind;
	const char *path;  /* of the file or directory */
	const char *other; /* for FAT_CHAIN_CROSSES: path of the file that was there first; NULL when that would
			    * take too long to find */
	uint32_t cluster;  /* the cluster that is wrong, or that holds the wrong value */
	uint32_t value;    /* the value that leads there, or clusters found for FAT_CHAIN_SHORT */
	uint32_t expected; /* clusters that the size needs, for FAT_CHAIN_SHORT */
	uint64_t offset;   /* of the entry that is wrong: in a FAT, or of a directory entry */
	uint32_t length;   /* bytes there */
};

#define FAT_MAX_PROBLEMS 32U

/* Two entries of one directory with a name in common, which finds the first one alone. */
struct fat_clash {
	uint32_t count;          /* entries that have a name of an earlier one; 0: the rest is not set */
	const char *first, *path; /* of the earlier one, and of the later one */
	const char *name;        /* that they have in common */
	bool hidden;             /* it is the later one's own name (else its short one): that file cannot be opened by it */
	uint64_t offset;         /* of the later directory entry */
};

/* How a further copy of the FAT differs from the first one. */
struct fat_copy {
	unsigned int number;    /* 1 for the second copy */
	uint32_t differences;   /* entries; reserved and dirty bits left out */
	uint32_t first_cluster; /* of the first entry that differs */
	uint64_t offset;        /* of that entry in this copy */
	uint32_t length;
	uint32_t here, there; /* that entry in this copy and in the first */
};

#define FAT_MAX_COPIES 4U

struct fat_state;

struct fat {
	/* FAT_NONE: not a FAT, or not one that can be read; `boot.fault` says why and nothing below `boot` but the
	 * claims is set. */
	enum fat_type type;
	struct fat_boot boot;    /* the sector that was used: the first one, or its backup where that is all there is */
	struct fat_boot primary; /* the first one, whatever it is like */
	bool claims_fat;         /* the first sector says "FAT" in words, or its backup is good */
	bool from_backup;        /* boot is the backup */

	/* FAT32's backup boot sector */
	bool backup_expected; /* the BPB gives it a place */
	bool backup_beyond;   /* which lies outside of the reserved sectors or of the view */
	bool backup_differs;  /* its BPB or signature is not that of `boot` */
	uint64_t backup_offset;
	uint32_t backup_first_difference; /* bytes into the sector */

	/* layout */
	uint32_t cluster_size;    /* bytes */
	uint32_t clusters;        /* by the BPB; numbered from 2 */
	uint32_t usable_clusters; /* fewer where the FAT is too small for all of them */
	uint64_t volume_size;     /* bytes, from the BPB */
	uint64_t view_size;       /* bytes, the partition as it was given */
	uint64_t fat_offset;      /* the copy in use */
	uint64_t fat_bytes;       /* one copy, as the BPB sizes it */
	uint64_t root_offset;     /* FAT12/16 */
	uint64_t data_offset;     /* of cluster 2 */
	bool fat_too_small;       /* the FAT has fewer entries than there are clusters */

	/* the table */
	bool mirroring_off;      /* FAT32: one copy alone is in use */
	unsigned int active_fat; /* which */
	bool active_fat_missing; /* ... and no such copy exists; the first is read */
	uint32_t entry_0, entry_1;
	bool media_differs; /* the first entry's low byte is not the media byte */
	bool dirty;         /* not cleanly unmounted: either form of the bit */
	bool hard_errors;   /* a driver met I/O errors */
	struct fat_copy copies[FAT_MAX_COPIES];
	unsigned int copies_differing;
	uint32_t free_clusters;

	/* FSInfo (FAT32) */
	bool fsinfo_expected, fsinfo_good;
	uint32_t fsinfo_free, fsinfo_next;

	/* the walk */
	char label[12]; /* from the root directory, or "" */
	uint32_t files, directories;
	uint32_t orphaned_long_names;
	struct fat_problem problems[FAT_MAX_PROBLEMS];
	uint32_t problem_count; /* may be larger than the array */
	struct fat_clash clash; /* the first one, of those that hide a file if there are any */
	const char *limited;    /* the walk stopped at one of our limits: which; else NULL */

	struct fs *fs; /* the volume's files; NULL when type is FAT_NONE */
	struct fat_state *state;
};

/* Reads the volume in `view`.  0, and *ret is set, whatever the image is like; a negative errno only where we could not
 * look: I/O errors, or a FAT of more than LIMIT_FAT_BYTES (-EFBIG).  The result lives in the arena and goes on using
 * the view. */
int fat_open(struct arena *arena, struct view *view, struct fat **ret, struct error *err);

/* The path of a handle of fat->fs, with leading `/`. */
const char *fat_path(const struct fat *fat, struct arena *arena, uint64_t handle);

/* Where the bytes of a file begin in the volume: the offset of its first cluster, 0 for an empty or broken file. */
uint64_t fat_file_offset(const struct fat *fat, uint64_t handle);

#endif
