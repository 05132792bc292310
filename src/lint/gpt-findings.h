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
