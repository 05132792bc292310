/* SPDX-License-Identifier: MIT */
/* gpt-backup-location: the disk is larger than its GPT knows
 *
 * severity: warning
 * effect:   degrades
 * clause:   VM Image Format, I1
 * after:    gpt-missing
 *
 * The backup of a GPT belongs in the last sector of the disk, where it is found when the primary is lost. An image that was
 * resized after it was built has it in the middle: firmware boots by the primary and would not find the backup, the space behind
 * it cannot be used, and tools warn. cloud-init, systemd-repart and growpart move the backup at first boot; until then, and
 * where none of them runs, the disk has in effect no backup.
 *
 * `sgdisk -e` moves it to the end.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | raw extend +10485760
 * expect: !disk@0x220: warning: the disk is larger than its GPT knows: the backup is at LBA *, not at the last LBA *
 * bad:    debian-arm64-4096 | raw extend +40960000
 * expect: !disk@0x1020: warning: the disk is larger than its GPT knows: the backup is at LBA *, not at the last LBA *
 * bad:    debian-arm64 | gpt move-backup last-100
 * expect: !disk@0x220: warning: the disk is larger than its GPT knows: the backup is at LBA *, not at the last LBA *
 * firmware: raw extend +10485760
 */
#include <inttypes.h>

#include "lint/gpt-findings.h"

RULE(gpt_backup_location)
{
	const struct gpt *gpt = gpt_of(check);
	const struct gpt_copy *primary;
	struct diagnostic *d;
	uint64_t offset, lba;
	uint32_t length;

	if (!gpt || !gpt->grown)
		return;
	primary = &gpt->primary;
	if (primary->found) {
		gpt_fault_range(primary, GPT_FAULT_ALTERNATE_LBA, &offset, &length);
		lba = primary->alternate_lba;
	} else {
		offset = gpt->backup.offset;
		length = gpt->sector_size;
		lba = gpt->backup.lba;
	}
	d = finding(check, at_disk(offset, length),
		    "the disk is larger than its GPT knows: the backup is at LBA %" PRIu64 ", not at the last LBA %" PRIu64, lba,
		    gpt->last_lba);
	/* with the primary lost, tools do not find this backup and would write an empty table */
	if (gpt->bootable_table)
		gpt_help_rewrite(check, d, gpt);
}
