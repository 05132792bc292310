/* SPDX-License-Identifier: MIT */
/* mbr-partition-range: a partition of an MBR disk lies where none can be
 *
 * severity: error
 * effect:   blocks-boot
 *
 * On a disk without a GPT, UEFI firmware reads the MBR. It refuses all of it, and finds no partition, when one record ends past
 * the end of the disk or two of them share sectors. (A disk with an MBR does not satisfy the specification in any
 * case; gpt-missing says so.) A chain of logical partitions that leads in a circle or off the disk loses those
 * behind the break.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | mbr to-dos | mbr record 2 0x83 71680 4294967295
 * expect: !disk@0x1ce: error: MBR partition 2 ends at LBA *, past the end of the disk at LBA *
 * expect: * [gpt-missing]
 * bad:    debian-arm64 | mbr to-dos | mbr record 3 0x83 4096 8
 * expect: !disk@0x1be: error: MBR partition 1 shares sectors with another
 * expect: !disk@0x1de: error: MBR partition 3 shares sectors with another
 * expect: * [gpt-missing]
 * bad:    debian-arm64 | mbr to-dos | mbr record 3 0x05 195000 1000
 * expect: !disk@0x5f37000: error: the chain of logical partitions leads to a sector without 55 AA
 * expect: * [gpt-missing]
 * firmware: mbr to-dos | mbr record 2 0x83 71680 1000000
 * firmware: mbr to-dos | mbr record 3 0x83 4096 8
 */
#include <inttypes.h>

#include "image/image.h"
#include "lint/rule.h"
#include "partition/gpt.h"
#include "partition/mbr.h"

static void judge(struct check *check, const struct mbr_partition *p, uint64_t last_lba, bool logical)
{
	struct location at = at_disk(p->record_offset, 16);
	struct diagnostic *d = NULL;

	if (p->faults & MBR_FAULT_PAST_DISK)
		d = finding(check, at, "MBR partition %u ends at LBA %" PRIu64 ", past the end of the disk at LBA %" PRIu64,
			    p->number, p->first_lba + p->sectors - !!p->sectors, last_lba);
	else if (p->faults & MBR_FAULT_OVERLAP)
		d = finding(check, at, "MBR partition %u shares sectors with another", p->number);
	else if (p->faults & MBR_FAULT_OUTSIDE)
		d = finding(check, at, "MBR partition %u is not within its extended partition", p->number);
	/* firmware looks at the four primary records alone */
	if (d && logical)
		d->effect = EFFECT_DEGRADES;
}

static const char *broken(enum mbr_chain chain)
{
	switch (chain) {
	case MBR_CHAIN_LOOP:
		return "leads back to a sector that was before";
	case MBR_CHAIN_SIGNATURE:
		return "leads to a sector without 55 AA";
	default:
		return "leads out of the extended partition";
	}
}

RULE(mbr_partition_range)
{
	const struct image *image = check->image;
	const struct mbr *mbr = image->mbr;

	if (image->have_table == UNREADABLE) {
		not_evaluated(check, &image->table_error, "the partition table could not be read");
		return;
	}
	if ((image->gpt->present && !image->gpt_bypassed) || mbr->kind != MBR_TABLE) {
		not_applicable(check, image->gpt->present ? "the disk has a GUID Partition Table" : "the disk has no MBR");
		return;
	}
	for (size_t i = 0; i < mbr->partition_count; i++)
		if (mbr->partitions[i].type != MBR_TYPE_PROTECTIVE)
			judge(check, &mbr->partitions[i], image->gpt->last_lba, i >= mbr->primary_count);
	if (mbr->chain == MBR_CHAIN_UNREADABLE)
		not_evaluated(check, mbr->chain_error, "the chain of logical partitions could not be read");
	else if (mbr->chain == MBR_CHAIN_LIMIT)
		not_evaluated(check, NULL, "there are more logical partitions than are read");
	else if (mbr->chain != MBR_CHAIN_COMPLETE)
		finding(check, at_disk(mbr->chain_offset, 512), "the chain of logical partitions %s", broken(mbr->chain))
			->effect = EFFECT_DEGRADES;
}
