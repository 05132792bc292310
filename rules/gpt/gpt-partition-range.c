/* SPDX-License-Identifier: MIT */
/* gpt-partition-range: a partition lies where none can be
 *
 * severity: error
 * effect:   degrades
 * clause:   VM Image Format, I1
 * after:    gpt-missing
 *
 * A partition must begin before it ends, lie on the disk, and stay within the usable range that the header gives, clear of the
 * table itself. Firmware leaves out a partition that does not: if it is the EFI system partition, nothing boots. Of
 * another one the kernel sees a part or nothing, so that its file system is too short or missing.
 *
 * A usable range that is too narrow is mended by sfdisk, which writes the same partitions into a new table. Where a partition
 * really ends, only its file system can tell.
 *
 * When the disk as a whole was cut off, image-truncated says so and this rule does not.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | gpt range 2 = last+100
 * expect: !disk@0x4a0: error: partition 2 ends at LBA *, past the end of the disk at LBA *
 * bad:    debian-arm64 | gpt range 2 = 18446744073709551615
 * expect: !disk@0x4a0: error: partition 2 ends at LBA 18446744073709551615, past the end of the disk at LBA *
 * bad:    debian-arm64 | gpt range 2 = 71000
 * expect: !disk@0x4a0: error: partition 2 ends at LBA 71000, before it begins at LBA 71680
 * bad:    debian-arm64 | gpt range 1 = first-1
 * expect: !disk@0x420: error: partition 1 ends at LBA 2047, before it begins at LBA 2048
 * bad:    debian-arm64 | gpt range 1 34 =
 * expect: !disk@0x420: error: partition 1 (LBA 34 to 71679) is not within the usable LBAs, 2048 to *
 * bad:    debian-arm64 | gpt range 2 = last
 * expect: !disk@0x4a0: error: partition 2 (LBA 71680 to *) lies over the partition table
 * bad:    bios-and-efi-amd64 | gpt range 14 3 =
 * expect: !disk@0x*: error: partition 14 (LBA 3 to 2047) lies over the partition table
 * bad:    debian-arm64 | gpt field both last_usable 180000
 * expect: !disk@0x4a0: error: partition 2 (LBA 71680 to *) is not within the usable LBAs, 2048 to 180000
 * bad:    debian-arm64 | gpt field both last_usable 60000
 * expect: !disk@0x230: error: the last usable LBA is 60000, and 2 partitions lie outside
 * bad:    debian-arm64 | gpt range 1 = last-10
 * expect: !disk@0x420: error: partition 1 (LBA 2048 to *) lies over the partition table
 * firmware: blocks gpt range 1 = last+100
 * firmware: blocks gpt range 1 = first-1
 * firmware: blocks gpt field both last_usable 60000
 * firmware: blocks gpt range 1 = last
 * firmware: gpt add linux 72000 last+100
 */
#include <inttypes.h>

#include "lint/gpt-findings.h"

static struct diagnostic *judge(struct check *check, const struct gpt *gpt, const struct gpt_partition *p, uint32_t faults)
{
	struct location at = at_disk(p->entry_offset + GPT_ENTRY_FIRST_LBA, 16);

	if (faults & GPT_PARTITION_REVERSED)
		return finding(check, at,
			       "partition %" PRIu32 " ends at LBA %" PRIu64 ", before it begins at LBA %" PRIu64, p->number,
			       p->last_lba, p->first_lba);
	if (faults & GPT_PARTITION_PAST_DISK)
		return finding(check, at,
			       "partition %" PRIu32 " ends at LBA %" PRIu64 ", past the end of the disk at LBA %" PRIu64,
			       p->number, p->last_lba, gpt->last_lba);
	if (faults & GPT_PARTITION_IN_TABLE)
		return finding(check, at,
			       "partition %" PRIu32 " (LBA %" PRIu64 " to %" PRIu64 ") lies over the partition table",
			       p->number, p->first_lba, p->last_lba);
	if (faults & GPT_PARTITION_OUTSIDE)
		return finding(check, at,
			       "partition %" PRIu32 " (LBA %" PRIu64 " to %" PRIu64 ") is not within the usable LBAs, %" PRIu64
			       " to %" PRIu64,
			       p->number, p->first_lba, p->last_lba, gpt->used->first_usable_lba,
			       gpt->used->last_usable_lba);
	return NULL;
}

/* Two partitions or more that a bound of the usable range cuts off are hardly all wrong: the bound is. */
static void judge_bound(struct check *check, const struct gpt *gpt, enum gpt_fault bound)
{
	const struct gpt_copy *used = gpt->used;
	struct diagnostic *d;
	unsigned count = 0;
	bool esp = false;
	uint64_t offset;
	uint32_t length;

	for (size_t i = 0; i < gpt->partition_count; i++) {
		const struct gpt_partition *p = &gpt->partitions[i];

		if (!(p->faults & GPT_PARTITION_OUTSIDE) || gpt_range_faults(gpt, p, bound) & GPT_PARTITION_OUTSIDE)
			continue;
		count++;
		if (guid_equal(&p->type, &GPT_TYPE_ESP))
			esp = true;
	}
	gpt_fault_range(used, bound, &offset, &length);
	d = finding(check, at_disk(offset, length), "the %s usable LBA is %" PRIu64 ", and %u partitions lie outside",
		    bound == GPT_FAULT_LAST_USABLE ? "last" : "first",
		    bound == GPT_FAULT_LAST_USABLE ? used->last_usable_lba : used->first_usable_lba, count);
	if (esp)
		d->effect = EFFECT_BLOCKS_BOOT;
	if (gpt->bootable_table)
		gpt_help_recreate(check, d, gpt);
}

RULE(gpt_partition_range)
{
	const struct gpt *gpt = gpt_with_partitions(check);
	enum gpt_fault bound;

	if (!gpt)
		return;
	bound = gpt_narrow_range(gpt);
	if (bound)
		judge_bound(check, gpt, bound);
	for (size_t i = 0; i < gpt->partition_count; i++) {
		const struct gpt_partition *p = &gpt->partitions[i];
		uint32_t faults = gpt_range_faults(gpt, p, bound);
		struct diagnostic *d = judge(check, gpt, p, faults);

		if (!d)
			continue;
		if (guid_equal(&p->type, &GPT_TYPE_ESP))
			d->effect = EFFECT_BLOCKS_BOOT;
		/* then it is the usable range that is too narrow, and a new table has a wider one */
		if (faults == GPT_PARTITION_OUTSIDE && gpt->bootable_table)
			gpt_help_recreate(check, d, gpt);
	}
}
