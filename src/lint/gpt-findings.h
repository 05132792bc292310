/* SPDX-License-Identifier: MIT */
/* gpt-findings: what several rules on the GUID Partition Table have in common, and how a partition is mended. */
#ifndef LINT_GPT_FINDINGS_H
#define LINT_GPT_FINDINGS_H

#include <stdbool.h>

#include "lint/rule.h"
#include "partition/gpt.h"

/* The table of the check's image; NULL when there is none or it could not be looked at, which is then said. */
const struct gpt *gpt_of(struct check *check);

/* The table, if a copy's entries can be believed to be what somebody wrote; else NULL, and said: rules on single partitions
 * would blame garbage, and the checksum's rules have blamed it already. */
const struct gpt *gpt_with_partitions(struct check *check);

/* What is wrong with where a partition lies (enum gpt_partition_fault), but for what is said of the disk or a header as a whole:
 * the end of the disk that was cut off, and the bound that gpt_narrow_range found. */
uint32_t gpt_range_faults(const struct gpt *gpt, const struct gpt_partition *partition, enum gpt_fault narrow);

/* The header's field, GPT_FAULT_FIRST_USABLE or GPT_FAULT_LAST_USABLE, that keeps two or more partitions out of the usable range
 * though they lie clear of the table; 0: none. */
enum gpt_fault gpt_narrow_range(const struct gpt *gpt);

/* By how many sectors the whole disk stands too late, because something was put before it; 0: by none. */
uint64_t gpt_shift(const struct check *check);

/* "primary" or "backup". */
const char *gpt_copy_name(const struct gpt *gpt, const struct gpt_copy *copy);

/* Would firmware make do with the other copy? */
bool gpt_other_copy_good(const struct gpt *gpt, const struct gpt_copy *copy);

/* The findings of gpt-primary-header and gpt-backup-header, gpt-primary-entries and gpt-backup-entries. */
void gpt_find_header_damage(struct check *check, const struct gpt *gpt, const struct gpt_copy *copy);
void gpt_find_entries_damage(struct check *check, const struct gpt *gpt, const struct gpt_copy *copy);

/* Sets the command that mends it.  `sgdisk` has {disk} for the disk and is one for 512-byte sectors: sgdisk takes every image
 * file for such a disk, so for another sector size the command is wrapped in a loop device. */
void gpt_help(struct check *check, struct diagnostic *diagnostic, const struct gpt *gpt, const char *sgdisk);

/* The same for what is mended by writing the table anew from the good copy. */
void gpt_help_rewrite(struct check *check, struct diagnostic *diagnostic, const struct gpt *gpt);

/* The command that has sfdisk write a new table with the same partitions, for faults that other tools take over or get wrong. */
void gpt_help_recreate(struct check *check, struct diagnostic *diagnostic, const struct gpt *gpt);

#endif
