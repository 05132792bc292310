/* SPDX-License-Identifier: MIT */
/* mbr-internal: what the files of the MBR reader share among themselves.  For nobody else. */
#ifndef PARTITION_MBR_INTERNAL_H
#define PARTITION_MBR_INTERNAL_H

#include "partition/mbr.h"

/* UEFI 2.6, table 14; the same whatever the sector size */
#define MBR_SIZE 512
#define MBR_RECORDS 446
#define MBR_RECORD_SIZE 16
#define MBR_RECORD_COUNT 4

bool mbr_signature(const uint8_t sector[MBR_SIZE]);

/* The fields of a record as on disk, with record_offset within the sector; false when it is not in use. */
bool mbr_parse_record(const uint8_t sector[MBR_SIZE], size_t index, struct mbr_partition *p);

/* Fills in where the partition is on the disk, and judges that. */
void mbr_place(struct mbr_partition *p, uint64_t first_lba, const struct view *disk, uint32_t sector_size);

/* Appends the logical partitions of every extended record among the first `count` of partitions, which has room for
 * LIMIT_MBR_LOGICAL more; notes in mbr how the chain ended.  Returns the new count. */
size_t mbr_read_logical(struct arena *arena, struct view *disk, uint32_t sector_size, struct mbr *mbr,
			struct mbr_partition *partitions, size_t count);

#endif
