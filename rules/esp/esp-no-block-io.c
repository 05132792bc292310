/* SPDX-License-Identifier: MIT */
/* esp-no-block-io: the EFI system partition is hidden from firmware
 *
 * severity: error
 * effect:   blocks-boot
 * clause:   VM Image Format, I2
 * subject:  esp
 * after:    gpt-missing
 *
 * Bit 1 of a GPT entry's attributes tells firmware not to make a block device of the partition (UEFI 2.6, table 22).
 * EDK2 obeys, so it never sees the files in it. The bit is meant for what only an operating system uses; partition
 * editors call it "EFI firmware ignore partition" or "no block IO protocol".
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | gpt attributes 1 2
 * expect: !disk@0x430: error: attribute bit 1 of partition 1 tells firmware to ignore the EFI system partition
 */
#include "esp-help.h"
#include "lint/gpt-findings.h"

RULE(esp_no_block_io)
{
	const struct esp *esp = check->esp;
	const struct partition *partition = image_partition(check->image, esp->partition);
	struct diagnostic *d;

	if (!partition || !partition->gpt || !(partition->gpt->attributes & 2))
		return;
	d = finding_severity(check, esp_severity(check), at_disk(partition->gpt->entry_offset + GPT_ENTRY_ATTRIBUTES, 8),
		    "attribute bit 1 of partition %d tells firmware to ignore the EFI system partition",
		    esp->partition);
	d->effect = esp_effect(check);
	gpt_help(check, d, check->image->gpt, arena_printf(check->arena, "sgdisk -A %d:clear:1 {disk}", esp->partition));
}
