/* SPDX-License-Identifier: MIT */
/* esp-dirty: the EFI system partition was not cleanly unmounted
 *
 * severity: note
 * effect:   hygiene
 * subject:  esp
 * after:    esp-not-fat
 *
 * FAT has a bit that says "mounted for writing": Windows keeps it in the second entry of the FAT, Linux in the boot
 * sector. Left behind in an image, it means that the image was copied while the partition was mounted, or that the
 * machine that made it went down. Files may be missing their last writes; Linux warns at every boot of every copy until
 * fsck has run.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | fat dirty
 * expect: !p1@*: note: the FAT volume was not cleanly unmounted
 * bad:    debian-arm64 | fat dirty state
 * expect: !p1@0x41: note: the FAT volume was not cleanly unmounted
 * bad:    debian-arm64 | fat dirty error
 * expect: !p1@*: note: a driver met I/O errors on the FAT volume *
 */
#include "esp-help.h"

RULE(esp_dirty)
{
	const struct fat *fat = check->esp->fat;
	struct location at;
	struct diagnostic *d;
	uint8_t bits;

	if (esp_unreadable(check) || fat->type == FAT_NONE || !(fat->dirty || fat->hard_errors))
		return;
	if (fat->boot.state & 3)
		at = at_partition_bytes(check->esp->partition, fat->boot.offset + (fat->boot.fat32 ? 65 : 37), 1);
	else
		at = at_partition_bytes(check->esp->partition, fat->fat_offset + (fat->type == FAT_32 ? 4 : 2),
					fat->type == FAT_32 ? 4 : 2);
	if (fat->dirty) {
		d = finding(check, at, "the FAT volume was not cleanly unmounted");
		esp_help_fsck(check, d, NULL);
		return;
	}
	d = finding(check, at, "a driver met I/O errors on the FAT volume and left its mark");
	/* fsck.fat leaves it alone */
	if (fat->boot.state & 2) {
		bits = fat->boot.state & ~2U;
		finding_help_disk(check, d, esp_poke(check, at.offset, &bits, 1, false));
	} else {
		at.offset += at.length - 1;
		bits = (uint8_t)(fat->type == FAT_32 ? fat->entry_1 >> 24 | 0x0c : fat->entry_1 >> 8 | 0xc0);
		finding_help_disk(check, d, esp_poke(check, at.offset, &bits, 1, true));
	}
}
