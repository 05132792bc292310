/* SPDX-License-Identifier: MIT */
/* gpt-backup-header: the GPT's backup header is missing or damaged
 *
 * severity: warning
 * effect:   degrades
 * clause:   VM Image Format, I1
 * after:    gpt-missing
 *
 * A GPT has a header in the disk's second sector and another in its last, so that one is left when the other is written
 * over. Without a good backup the disk boots, until something happens to the first sectors: then it is lost. Tools
 * complain, and some refuse to change the table.
 *
 * The usual causes are a file system or RAID that was made over the end of the disk, and an image builder that wrote no
 * backup. `sgdisk -e` writes it anew from the primary table. When the primary header is bad too, no partition can be found: then
 * this is an error, and it blocks booting.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | gpt crc backup header
 * expect: !disk@0x*10: warning: the backup GPT header's checksum is wrong: 0x* stored, 0x* computed
 * bad:    debian-arm64 | gpt zero backup
 * expect: !disk@0x*00: warning: the backup GPT header is missing: LBA * has no "EFI PART" signature
 * bad:    debian-arm64-4096 | gpt zero backup header
 * expect: !disk@0x*000: warning: the backup GPT header is missing: LBA * has no "EFI PART" signature
 * bad:    debian-arm64 | gpt field backup header_size 80
 * expect: !disk@0x*0c: warning: the backup GPT header gives its size as 80 bytes, 92 to 512 expected
 * bad:    debian-arm64 | gpt field backup my_lba 1
 * expect: !disk@0x*18: warning: the backup GPT header says that it is at LBA 1, it is at LBA *
 * firmware: gpt crc backup header
 * firmware: gpt zero backup
 */
#include "lint/gpt-findings.h"

RULE(gpt_backup_header)
{
	const struct gpt *gpt = gpt_of(check);

	if (!gpt)
		return;
	/* where it would be is cut off, and that is said of the image as a whole */
	if (gpt->truncated)
		not_applicable(check, "the disk ends before the place of the backup");
	else
		gpt_find_header_damage(check, gpt, &gpt->backup);
}
