/* SPDX-License-Identifier: MIT */
/* esp-fat32-clusters: the FAT32 volume has too few clusters to be one
 *
 * severity: error
 * effect:   blocks-boot
 * clause:   VM Image Format, I3
 * subject:  esp
 *
 * A volume with fewer than 65,525 clusters is FAT16 by definition, whatever its boot sector says. Linux, mtools and
 * fsck.fat go by the form of the boot sector and read it as FAT32, so nothing looks wrong when the image is made. UEFI
 * firmware goes by the count, finds that it contradicts the boot sector and refuses the volume.
 *
 * `mkfs.vfat -F 32` makes such a volume, with a warning, on a partition below 260 MiB: its clusters of 4 KiB are too
 * large.
 * `-s 1` makes clusters of one sector, which are enough from about 34 MiB on.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | esp mkfs fat32-few-clusters
 * expect: !p1: error: the FAT32 volume has * clusters, at least 65525 expected: firmware takes it for FAT16 and refuses it
 * bad:    debian-arm64 | esp mkfs fat32-few-clusters sector=4096 cluster=1
 * expect: !p1: error: the FAT32 volume has * clusters, at least 65525 expected: firmware takes it for FAT16 and refuses it
 * expect: !p1@0xb: note: * [esp-sector-size]
 */
#include "esp-help.h"

RULE(esp_fat32_clusters)
{
	const struct fat *fat = check->esp->fat;
	struct diagnostic *d;

	if (esp_unreadable(check) || fat->type != FAT_32 || fat->clusters >= FAT32_MIN_CLUSTERS)
		return;
	d = finding_severity(
		check, esp_severity(check), at_partition(check->esp->partition),
		"the FAT32 volume has %u clusters, at least %u expected: firmware takes it for FAT%d and refuses it",
		fat->clusters, FAT32_MIN_CLUSTERS, fat->clusters < FAT16_MIN_CLUSTERS ? 12 : 16);
	d->effect = esp_effect(check);
	finding_note(check, d, "a cluster has %u bytes, the volume %" PRIu64, fat->cluster_size, fat->volume_size);
	esp_help_mkfs(check, d, true);
}
