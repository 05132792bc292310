/* SPDX-License-Identifier: MIT */
/* esp-fat-mirroring: the FAT volume keeps one copy of its FAT alone up to date
 *
 * severity: error
 * effect:   blocks-boot
 * clause:   VM Image Format, I3
 * subject:  esp
 *
 * FAT32 has a flag that turns mirroring off: one of the copies of the FAT is then in use, and the others are stale.
 * EDK2 refuses such a volume. Linux and mtools read the copy that the flag names.
 *
 * Repair tools set the flag when one copy lies on a bad sector; in an image that is never so.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | fat mirroring off
 * expect: !p1@0x28: error: FAT mirroring is off (copy 1 alone is in use): firmware refuses the volume
 * bad:    debian-arm64 | fat mirroring off 1
 * expect: !p1@0x28: error: FAT mirroring is off (copy 2 alone is in use): firmware refuses the volume
 */
#include "esp-help.h"

RULE(esp_fat_mirroring)
{
	const struct esp *esp = check->esp;
	const struct fat *fat = esp->fat;
	struct diagnostic *d;

	if (esp_unreadable(check) || !fat->mirroring_off)
		return;
	d = finding_severity(check, esp_severity(check), at_partition_bytes(esp->partition, fat->boot.offset + 40, 2),
		    "FAT mirroring is off (copy %u alone is in use): firmware refuses the volume", fat->active_fat + 1);
	d->effect = esp_effect(check);
	if (fat->active_fat_missing)
		finding_note(check, d, "the volume has no such copy: it has %u", fat->boot.fat_count);
	esp_help_mkfs(check, d, true);
}
