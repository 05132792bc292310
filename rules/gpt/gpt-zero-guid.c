/* SPDX-License-Identifier: MIT */
/* gpt-zero-guid: a partition, or the disk, has no GUID
 *
 * severity: warning
 * effect:   conformance
 * clause:   VM Image Format, I1
 * after:    gpt-missing
 *
 * UEFI wants a GUID for the disk and for each partition, set when the table is written. An image builder that leaves zeros makes
 * disks that cannot be told apart: PARTUUID= and UEFI's boot entries then name nothing, or the wrong disk. Firmware boots
 * all the same.
 *
 * `sgdisk -G` gives the disk and all partitions new random GUIDs, `sgdisk -u N:R` partition N alone, `sgdisk -U R` the disk.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | gpt guid 1 unused
 * expect: !disk@0x410: warning: the GUID of partition 1 is zero
 * bad:    debian-arm64 | gpt field both disk_guid unused
 * expect: !disk@0x238: warning: the GUID of the disk is zero
 * bad:    debian-arm64 | gpt field backup disk_guid unused
 * expect: !disk@0x*38: warning: the GUID of the disk is zero in the backup table
 * firmware: gpt guid 1 unused | gpt field both disk_guid unused
 */
#include <inttypes.h>

#include "base/arena.h"
#include "lint/gpt-findings.h"

static void disk_guid(struct check *check, const struct gpt *gpt)
{
	bool primary = gpt->primary.faults & GPT_FAULT_DISK_GUID && !(gpt->primary.faults & GPT_FAULTS_DAMAGE);
	bool backup = gpt->backup.faults & GPT_FAULT_DISK_GUID && !(gpt->backup.faults & GPT_FAULTS_DAMAGE);
	const struct gpt_copy *copy = primary ? &gpt->primary : &gpt->backup;
	struct diagnostic *d;
	uint64_t offset;
	uint32_t length;

	if (!primary && !backup)
		return;
	gpt_fault_range(copy, GPT_FAULT_DISK_GUID, &offset, &length);
	d = finding(check, at_disk(offset, length), "the GUID of the disk is zero%s",
		    primary && backup ? "" : primary ? " in the primary table" : " in the backup table");
	if (!gpt->bootable_table)
		return;
	if (primary)
		gpt_help(check, d, gpt, "sgdisk -U R {disk}");
	else
		gpt_help_recreate(check, d, gpt);
}

RULE(gpt_zero_guid)
{
	const struct gpt *gpt = gpt_with_partitions(check);

	if (!gpt)
		return;
	disk_guid(check, gpt);
	for (size_t i = 0; i < gpt->partition_count; i++) {
		const struct gpt_partition *p = &gpt->partitions[i];
		struct diagnostic *d;

		if (!(p->faults & GPT_PARTITION_NO_GUID))
			continue;
		d = finding(check, at_disk(p->entry_offset + GPT_ENTRY_UNIQUE, 16), "the GUID of partition %" PRIu32 " is zero",
			    p->number);
		if (gpt->bootable_table)
			gpt_help(check, d, gpt, arena_printf(check->arena, "sgdisk -u %" PRIu32 ":R {disk}", p->number));
	}
}
