/* SPDX-License-Identifier: MIT */
/* gpt-internal: what the files of the GPT reader share among themselves.  For nobody else. */
#ifndef PARTITION_GPT_INTERNAL_H
#define PARTITION_GPT_INTERNAL_H

#include "partition/gpt.h"

#define GPT_SIGNATURE "EFI PART"
#define GPT_SIGNATURE_SIZE 8
#define GPT_HEADER_MINIMUM 92
#define GPT_PRIMARY_LBA 1
#define GPT_ARRAY_MINIMUM 16384 /* bytes that UEFI 2.6, 5.3.1 wants reserved for an array */

/* Reads and judges the header at `lba`; `copy` is overwritten.  Whatever depends on the other copy or on entries is left to
 * gpt_judge_header. */
void gpt_read_header(struct arena *arena, struct view *disk, uint32_t sector_size, uint64_t lba, struct gpt_copy *copy);

/* Judges the fields that depend on where things are on this disk.  is_primary tells which copy it is. */
void gpt_judge_header(const struct gpt *gpt, struct gpt_copy *copy, bool is_primary);

/* Reads the array of entries where that is safe and checks its CRC; then `accepted` is known. */
void gpt_read_entries(struct arena *arena, struct view *disk, const struct gpt *gpt, struct gpt_copy *copy);

/* The sectors that the array of entries takes; 0 when there are no entries; UINT64_MAX when that is no number. */
uint64_t gpt_array_sectors(const struct gpt_copy *copy, uint32_t sector_size);

/* Overlaps and duplicates of gpt->used, and the differences between the copies. */
void gpt_compare_partitions(struct arena *arena, struct gpt *gpt);
void gpt_compare_copies(struct arena *arena, struct gpt *gpt);

#endif
