/* SPDX-License-Identifier: MIT */
/* gpt: the GUID Partition Table of a disk, both copies, each read wholly and for itself (UEFI 2.6, section 5.3).
 *
 * Invariants: the result is immutable and lives in the arena; everything that is wrong stands in it as data; a fault in one
 * copy, header or entry never keeps the others from being read; nothing here decides how bad a fault is.  Not for the MBR
 * (mbr.h), except that its protective record is one of the hints where a lost backup may be.
 */
#ifndef PARTITION_GPT_H
#define PARTITION_GPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/guid.h"
#include "block/view.h"

/* What is wrong with one copy.  Each bit belongs to one field; gpt_fault_range says where that field stands. */
enum gpt_fault {
	GPT_FAULT_SIGNATURE = 1 << 0,     /* no "EFI PART"; no other bit is set then */
	GPT_FAULT_REVISION = 1 << 1,      /* not 1.0 */
	GPT_FAULT_HEADER_SIZE = 1 << 2,   /* less than 92 bytes or more than a sector */
	GPT_FAULT_HEADER_CRC = 1 << 3,
	GPT_FAULT_RESERVED = 1 << 4,      /* reserved bytes of the header, or the rest of its sector, are not zero */
	GPT_FAULT_MY_LBA = 1 << 5,        /* says that the header is elsewhere */
	GPT_FAULT_ALTERNATE_LBA = 1 << 6, /* no valid place for the other copy (not: a disk that has grown or was cut) */
	GPT_FAULT_FIRST_USABLE = 1 << 7,  /* inside the primary table, or past the last usable LBA */
	GPT_FAULT_LAST_USABLE = 1 << 8,   /* inside the backup table or past it */
	GPT_FAULT_DISK_GUID = 1 << 9,     /* zero */
	GPT_FAULT_ENTRIES_LBA = 1 << 10,  /* the entries would overlay a header or the usable range, or are past the end */
	GPT_FAULT_ENTRY_COUNT = 1 << 11,  /* zero, or more entries than there is room for */
	GPT_FAULT_ENTRY_SIZE = 1 << 12,   /* not 128 times a power of two */
	GPT_FAULT_ENTRIES_CRC = 1 << 13,  /* of the entries as they could be read */
};

/* The faults of a header that its own checksum cannot have covered up: something overwrote it. */
#define GPT_FAULTS_DAMAGE                                                                                              \
	(GPT_FAULT_SIGNATURE | GPT_FAULT_HEADER_SIZE | GPT_FAULT_HEADER_CRC | GPT_FAULT_MY_LBA)

/* What is wrong with one entry. */
enum gpt_partition_fault {
	GPT_PARTITION_REVERSED = 1 << 0,   /* the last LBA is before the first */
	GPT_PARTITION_OUTSIDE = 1 << 1,    /* not wholly within the header's usable LBAs */
	GPT_PARTITION_IN_TABLE = 1 << 2,   /* lies over the MBR, a header or an array of entries */
	GPT_PARTITION_PAST_DISK = 1 << 3,  /* not wholly on the disk */
	GPT_PARTITION_NO_GUID = 1 << 4,    /* the unique GUID is zero */
	GPT_PARTITION_ATTRIBUTES = 1 << 5, /* attribute bits 3 to 47, which must be zero, are not */
};

struct gpt_partition {
	uint32_t number; /* as tools count: index in the array + 1 */
	struct guid type, unique;
	uint64_t first_lba, last_lba; /* inclusive */
	uint64_t start, size;         /* bytes; both 0 when the range is reversed or beyond 2^64 bytes */
	uint64_t attributes;
	const char *name;             /* UTF-8, never NULL */
	uint64_t entry_offset;        /* of the entry, bytes on the disk */
	uint32_t faults;              /* enum gpt_partition_fault */
};

struct gpt_copy {
	uint64_t lba, offset; /* where its header was looked for: sector, and byte on the disk */
	bool found;           /* the signature is there */
	bool accepted;        /* EDK2 takes this copy: damage none, entries of 128 bytes or more, both checksums right */
	uint32_t faults;      /* enum gpt_fault */

	/* The fields as they stand on disk; meaningful if found. */
	uint32_t revision, header_size, header_crc, reserved;
	uint64_t my_lba, alternate_lba, first_usable_lba, last_usable_lba;
	struct guid disk_guid;
	uint64_t entries_lba;
	uint32_t entry_count, entry_size, entries_crc;

	uint32_t computed_header_crc;  /* if the header size allowed to compute it */
	uint32_t trailing;             /* likewise: the first byte behind the header, in its sector, that is not zero */
	uint32_t computed_entries_crc; /* if entries_read */

	/* Why we could not look, else NULL.  A header that could not be read is not found and has no faults; entries that lie
	 * outside the disk are a fault and no error. */
	const struct error *header_error, *entries_error;

	bool entries_read;
	uint64_t entries_offset;      /* bytes on the disk; if entries_read */
	const uint8_t *entries;       /* the array as on disk */
	size_t entries_length;        /* bytes */
	const struct gpt_partition *partitions; /* those in use (type GUID not zero), in the order of the array */
	size_t partition_count;
};

/* How the backup was found. */
enum gpt_backup_place {
	GPT_BACKUP_NOWHERE,      /* neither of the places below has a signature; the backup's lba is the last one */
	GPT_BACKUP_AT_END,       /* the last LBA, where it must be */
	GPT_BACKUP_AT_ALTERNATE, /* where the primary's AlternateLBA says, before the end: the disk has grown */
	GPT_BACKUP_BY_MBR,       /* at the end of the disk as the protective MBR knows it; the primary does not lead there */
};

/* Fields in which the two copies differ though they must be the same. */
enum gpt_difference {
	GPT_DIFFERS_REVISION = 1 << 0,
	GPT_DIFFERS_DISK_GUID = 1 << 1,
	GPT_DIFFERS_USABLE = 1 << 2,
	GPT_DIFFERS_ENTRY_COUNT = 1 << 3,
	GPT_DIFFERS_ENTRY_SIZE = 1 << 4,
	GPT_DIFFERS_ENTRIES = 1 << 5, /* see entry_differences */
};

struct gpt_entry_difference {
	uint32_t number; /* of the entry, from 1 */
	uint64_t primary_offset, backup_offset; /* of the first byte that differs, on the disk */
	bool type, unique, range, attributes, name, reserved; /* the fields that differ */
	bool only_primary, only_backup; /* in use in one copy alone */
};

/* Two partitions, by their index in partitions[]; for a duplicate GUID, DISK_GUID may stand for the disk's own. */
struct gpt_pair {
	size_t a, b;
};
#define GPT_PAIR_DISK SIZE_MAX

struct gpt {
	uint32_t sector_size;        /* 512 or 4096: with what the table was read */
	uint32_t forced_sector_size; /* what the caller asked for; 0: nothing */
	bool sector_size_contradicted; /* the table is of another sector size than the caller asked for */
	bool sector_size_known;      /* a header tells; false: sector_size is the forced or the usual one */
	bool both_sector_sizes;      /* a header with a right checksum exists for either size */
	uint64_t disk_size;          /* bytes */
	uint64_t last_lba;           /* of the disk */

	bool present;                /* at least one signature was found; if not, all below is empty */
	bool leftover;               /* not present: but for a backup of a GPT that LBA 0 is no longer made for */
	struct gpt_copy primary, backup;
	enum gpt_backup_place backup_place;

	bool bootable_table;         /* EDK2 finds partitions: primary accepted, or backup accepted and at the last LBA */
	/* The copy that the partitions below are from: the one that firmware would use, else the better of what could be read;
	 * NULL when no entries could be read, or none that anything speaks for. */
	const struct gpt_copy *used;
	const struct gpt_partition *partitions;
	size_t partition_count;

	/* The table speaks of sectors past the disk's end: the backup (AlternateLBA of a primary whose checksum is right) lies
	 * there.  needed_bytes is the size of disk that it was made for. */
	bool truncated;
	uint64_t needed_bytes;
	/* The backup lies before the end: the disk is larger than the table knows. */
	bool grown;

	const struct gpt_pair *overlaps;   /* at most LIMIT_GPT_PAIRS */
	size_t overlap_count;
	bool overlaps_cut;                 /* there are more */
	const struct gpt_pair *duplicates; /* of unique GUIDs; the same bound */
	size_t duplicate_count;

	/* Between the copies; only if both headers' and both arrays' checksums are right. */
	uint32_t differences; /* enum gpt_difference */
	const struct gpt_entry_difference *entry_differences; /* at most LIMIT_GPT_PAIRS */
	size_t entry_difference_count;
	bool entry_differences_cut;
};

/* Reads the table of `disk`.  sector_size is 512 or 4096 to force one, 0 to find out.  A forced size that has no table while the
 * other has one is noted as contradicted, and the table is read all the same.
 * 0 and a result in *ret (also when there is no table: `present` is false then), or a negative errno when no copy was
 * found and one could not be looked at. */
int gpt_read(struct arena *arena, struct view *disk, uint32_t sector_size, const struct gpt **ret, struct error *err);

/* The field that a fault (one bit) is about: its place on the disk and its length, both in bytes. */
void gpt_fault_range(const struct gpt_copy *copy, enum gpt_fault fault, uint64_t *ret_offset, uint32_t *ret_length);

/* Fields of an entry, for locations (UEFI 2.6, table 21): offset within the entry and length in bytes. */
#define GPT_ENTRY_TYPE 0
#define GPT_ENTRY_UNIQUE 16
#define GPT_ENTRY_FIRST_LBA 32
#define GPT_ENTRY_LAST_LBA 40
#define GPT_ENTRY_ATTRIBUTES 48
#define GPT_ENTRY_NAME 56
#define GPT_ENTRY_END 128

#define GPT_TYPE_ESP GUID(0xc12a7328, 0xf81f, 0x11d2, 0xba4b, 0x00a0c93ec93b)
#define GPT_TYPE_BIOS_BOOT GUID(0x21686148, 0x6449, 0x6e6f, 0x744e, 0x656564454649)
#define GPT_TYPE_BASIC_DATA GUID(0xebd0a0a2, 0xb9e5, 0x4433, 0x87c0, 0x68b6b72699c7)

#endif
