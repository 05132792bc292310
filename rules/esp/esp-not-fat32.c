/* SPDX-License-Identifier: MIT */
/* esp-not-fat32: the EFI system partition is FAT12 or FAT16
 *
 * severity: error
 * effect:   conformance
 * clause:   VM Image Format, I3
 * subject:  esp
 *
 * UEFI wants FAT32 on the system partition of a hard disk and allows FAT12 and FAT16 on removable media alone. EDK2
 * mounts all three, so such an image boots; it breaks the specification, and other firmware need not be so kind.
 *
 * What a volume is does not depend on what it says: fewer than 4,085 clusters are FAT12, fewer than 65,525 are FAT16.
 * mkfs.vfat makes FAT16 up to 512 MiB unless it is told otherwise, with `-F 32`; below 260 MiB that takes `-s 1`
 * too, or the volume has too few clusters for FAT32 (esp-fat32-clusters), which is worse.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | esp mkfs fat16
 * expect: !p1: error: the EFI system partition is FAT16 (* clusters), FAT32 expected
 * bad:    debian-arm64 | esp mkfs fat12
 * expect: !p1: error: the EFI system partition is FAT12 (* clusters), FAT32 expected
 */
#include "esp-help.h"

RULE(esp_not_fat32)
{
	const struct fat *fat = check->esp->fat;
	struct diagnostic *d;

	if (esp_unreadable(check) || fat->type == FAT_NONE || fat->type == FAT_32)
		return;
	d = finding(check, at_partition(check->esp->partition),
		    "the EFI system partition is FAT%d (%u clusters), FAT32 expected", fat->type, fat->clusters);
	esp_help_mkfs(check, d, true);
}
