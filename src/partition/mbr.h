/* SPDX-License-Identifier: MIT */
/* mbr: the master boot record at LBA 0, and the logical partitions of an extended one (UEFI 2.6, section 5.2).
 *
 * Also tells it apart from the boot sector of a file system that takes the whole disk (a superfloppy), which bears the same
 * 55 AA.  Not for file systems themselves.  The result is immutable and lives in the arena.
 */
#ifndef PARTITION_MBR_H
#define PARTITION_MBR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "block/view.h"

#define MBR_TYPE_EMPTY 0x00
#define MBR_TYPE_ESP 0xef        /* UEFI 2.6, 5.2.2 */
#define MBR_TYPE_PROTECTIVE 0xee /* UEFI 2.6, 5.2.3 */

enum mbr_kind {
	MBR_NONE,       /* no 55 AA at byte 510 */
	MBR_TABLE,
	MBR_SUPERFLOPPY, /* 55 AA, but it is the boot sector of a file system: no partitions */
};

/* What is wrong with one record. */
enum mbr_fault {
	MBR_FAULT_STATUS = 1 << 0,    /* the boot indicator is neither 00 nor 80 */
	MBR_FAULT_EMPTY = 1 << 1,     /* a type, but no sectors */
	MBR_FAULT_START = 1 << 2,     /* starts at LBA 0, over the MBR itself */
	MBR_FAULT_PAST_DISK = 1 << 3, /* not wholly on the disk (for a protective record this may be right) */
	MBR_FAULT_OVERLAP = 1 << 4,   /* shares sectors with another record; a logical partition lies in its extended one */
	MBR_FAULT_OUTSIDE = 1 << 5,   /* a logical partition that leaves the extended one */
};

struct mbr_partition {
	unsigned number;        /* 1 to 4, logical ones from 5, as Linux counts */
	uint8_t status, type;   /* status: the boot indicator, 80 for active */
	uint8_t chs_start[3], chs_end[3];
	uint32_t first_lba_field, sectors; /* as on disk; a logical partition's first LBA counts from its EBR */
	uint64_t first_lba;     /* on the disk */
	uint64_t start, size;   /* bytes */
	uint64_t record_offset; /* of the record, bytes on the disk */
	uint32_t faults;        /* enum mbr_fault */
};

/* Why the chain of extended boot records could not be followed to its end. */
enum mbr_chain {
	MBR_CHAIN_COMPLETE,  /* also when there is no extended partition */
	MBR_CHAIN_LOOP,      /* leads back to a record that was seen */
	MBR_CHAIN_SIGNATURE, /* a record without 55 AA */
	MBR_CHAIN_OUTSIDE,   /* leads out of the extended partition or off the disk */
	MBR_CHAIN_LIMIT,     /* more than LIMIT_MBR_LOGICAL */
	MBR_CHAIN_UNREADABLE, /* could not look: chain_error */
};

struct mbr {
	enum mbr_kind kind;
	const char *superfloppy; /* which: "FAT", "NTFS", "exFAT"; else NULL */
	uint32_t disk_signature; /* at byte 440; if MBR_TABLE */

	/* Records in use (type not 00): the four of the MBR in their order, then logical ones.  MBR_TABLE only. */
	const struct mbr_partition *partitions;
	size_t partition_count, primary_count;

	const struct mbr_partition *protective;    /* the first EE record that starts at LBA 1, NULL if none */
	const struct mbr_partition *ee_elsewhere;  /* the first EE record that does not, NULL if none */
	bool hybrid; /* an EE record stands beside other records */

	enum mbr_chain chain;
	uint64_t chain_offset; /* byte on the disk of the extended boot record that broke the chain */
	const struct error *chain_error; /* if MBR_CHAIN_UNREADABLE */
};

/* Reads the MBR of `disk`, whose LBAs count sectors of sector_size bytes (512 or 4096).
 * 0 and a result in *ret (also when there is no MBR), or a negative errno when LBA 0 could not be read. */
int mbr_read(struct arena *arena, struct view *disk, uint32_t sector_size, const struct mbr **ret, struct error *err);

/* Is this the type of an extended partition (05, 0F, 85)? */
bool mbr_type_extended(uint8_t type);

#endif
