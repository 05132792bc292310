/* SPDX-License-Identifier: MIT */
/* esp-sector-size: the FAT volume counts in other sectors than the disk
 *
 * severity: error
 * effect:   degrades
 * clause:   VM Image Format, I3
 * subject:  esp
 *
 * A FAT volume has a sector size of its own. One that is smaller than the disk's cannot be mounted by Linux, which
 * reads no less than a sector of the disk: firmware starts the loader, and the system then has no /boot/efi. One that
 * is larger works with Linux and EDK2 and is only noted.
 *
 * It comes from making the file system on a file or a loop device of 512-byte sectors, for a disk of 4096-byte ones:
 * tell mkfs.vfat the size with `-S`.
 *
 * good:   debian-arm64 debian-arm64-4096
 * bad:    debian-arm64-4096 | esp mkfs fat32 sector=512 cluster=8
 * expect: !p1@0xb: error: the FAT volume has sectors of 512 bytes, the disk of 4096: Linux cannot mount it
 * bad:    debian-arm64 | esp grow 260 sector=4096
 * expect: !p1@0xb: note: the FAT volume has sectors of 4096 bytes, the disk of 512
 * firmware: device logical_block_size=4096,physical_block_size=4096 | gpt sector-size 4096
 */
#include "esp-help.h"

RULE(esp_sector_size)
{
	const struct esp *esp = check->esp;
	const struct gpt *gpt = check->image->gpt;
	const struct fat *fat = esp->fat;
	struct location at = at_partition_bytes(esp->partition, 11, 2);
	struct diagnostic *d;

	if (esp_unreadable(check) || fat->type == FAT_NONE)
		return;
	if (!gpt || (!gpt->sector_size_known && !gpt->forced_sector_size)) {
		not_applicable(check, "nothing tells the disk's sector size");
		return;
	}
	at.offset += fat->boot.offset;
	if (fat->boot.sector_size < gpt->sector_size) {
		d = finding(check, at, "the FAT volume has sectors of %u bytes, the disk of %u: Linux cannot mount it",
			    fat->boot.sector_size, gpt->sector_size);
		esp_help_mkfs(check, d, true);
	} else if (fat->boot.sector_size > gpt->sector_size) {
		d = finding_severity(check, SEVERITY_NOTE, at, "the FAT volume has sectors of %u bytes, the disk of %u",
				     fat->boot.sector_size, gpt->sector_size);
		d->effect = EFFECT_HYGIENE;
		esp_help_mkfs(check, d, true);
	}
}
