/* SPDX-License-Identifier: MIT */
/* gpt-partition-overlap: two partitions share sectors
 *
 * severity: error
 * effect:   blocks-boot
 * clause:   VM Image Format, I1
 * after:    gpt-missing
 *
 * Whatever is written to one of the partitions destroys the other. Firmware leaves out both: if one of them is the EFI system
 * partition, nothing boots; otherwise the kernel starts, and what it makes of the rest is luck.
 *
 * No command mends this, since only the file systems' own sizes tell where the border belongs: `fsck.fat -v` and `dumpe2fs -h`
 * show them, `sfdisk -N` sets an entry's start and size.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | gpt overlap
 * expect: !disk@0x4a0: error: partition 2 overlaps partition 1 by 8 sectors, from LBA *
 * bad:    firmware-x86_64 | gpt overlap
 * expect: !disk@0x4a0: error: partition 2 overlaps partition 1 by 8 sectors, from LBA *
 * bad:    debian-arm64-4096 | gpt overlap
 * expect: !disk@0x20a0: error: partition 2 overlaps partition 1 by 8 sectors, from LBA *
 * firmware: gpt overlap
 * firmware: boots gpt add linux 71700 71800 | gpt add linux 71750 71900
 */
#include <inttypes.h>

#include "lint/gpt-findings.h"

RULE(gpt_partition_overlap)
{
	const struct gpt *gpt = gpt_with_partitions(check);
	enum gpt_fault narrow;

	if (!gpt)
		return;
	narrow = gpt_narrow_range(gpt);
	for (size_t i = 0; i < gpt->overlap_count; i++) {
		const struct gpt_partition *a = &gpt->partitions[gpt->overlaps[i].a];
		const struct gpt_partition *b = &gpt->partitions[gpt->overlaps[i].b];
		uint64_t first = a->first_lba > b->first_lba ? a->first_lba : b->first_lba;
		uint64_t last = a->last_lba < b->last_lba ? a->last_lba : b->last_lba;
		struct diagnostic *d;

		/* an entry that lies where none can be says nothing of the other: gpt-partition-range has it */
		if (gpt_range_faults(gpt, a, narrow) || gpt_range_faults(gpt, b, narrow))
			continue;
		/* a range of all 2^64 sectors has one too many to count */
		d = finding(check, at_disk(b->entry_offset + GPT_ENTRY_FIRST_LBA, 16),
			    "partition %" PRIu32 " overlaps partition %" PRIu32 " by %" PRIu64 " sectors, from LBA %" PRIu64,
			    b->number, a->number, last - first + (last - first != UINT64_MAX), first);
		if (!guid_equal(&a->type, &GPT_TYPE_ESP) && !guid_equal(&b->type, &GPT_TYPE_ESP))
			d->effect = EFFECT_DEGRADES;
		if (i + 1 == gpt->overlap_count && gpt->overlaps_cut)
			finding_note(check, d, "there are more overlaps than these");
	}
}
