/* SPDX-License-Identifier: MIT */
/* esp-not-fat: the EFI system partition holds no FAT file system
 *
 * severity: error
 * effect:   blocks-boot
 * clause:   VM Image Format, I3
 * subject:  esp
 *
 * Firmware has a driver for FAT and no other file system that one could rely on. The message says what the partition
 * holds instead, told by its superblock. A FAT whose boot sector is damaged is esp-fat-corrupt's.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | esp mkfs ext4
 * expect: !p1: error: the EFI system partition holds an ext4 file system, FAT32 expected
 * bad:    debian-arm64 | esp wipe zeros
 * expect: !p1: error: the EFI system partition holds nothing but zeros at its start, FAT32 expected
 * bad:    debian-arm64 | esp wipe text
 * expect: !p1: error: the EFI system partition holds no file system that is known, FAT32 expected
 * bad:    debian-arm64 | esp wipe random
 * expect: !p1: error: the EFI system partition holds no file system that is known, FAT32 expected
 * bad:    debian-arm64 | gpt add esp
 * expect: !p3: warning: the EFI system partition holds *, FAT32 expected
 * expect: !p3: note: the disk has 2 EFI system partitions (1 and 3), one expected [esp-multiple]
 */
#include "esp-help.h"
#include "fs/probe.h"

RULE(esp_not_fat)
{
	const struct esp *esp = check->esp;
	struct fs_probe probe;
	struct diagnostic *d;
	struct error err;

	if (esp_unreadable(check) || esp->fat->type != FAT_NONE || esp_cut_off(check))
		return;
	if (esp->found == ESP_WHOLE_DISK) {
		not_applicable(check, "the disk has no partition table");
		return;
	}
	if (esp_exchanged(check))
		return;
	if (fs_probe(esp->view, &probe, &err) < 0) {
		not_evaluated(check, &err, "the EFI system partition could not be read");
		return;
	}
	if (esp->fat->claims_fat && (probe.kind == FS_KIND_FAT || probe.kind == FS_KIND_UNKNOWN))
		return;
	d = finding_severity(check, esp_severity(check), at_partition(esp->partition),
			     "the EFI system partition holds %s, FAT32 expected", probe.name);
	d->effect = esp_effect(check);
	/* never over something that may be needed */
	if (probe.kind == FS_KIND_EMPTY || probe.kind == FS_KIND_UNKNOWN || probe.kind == FS_KIND_FAT)
		esp_help_mkfs(check, d, false);
	else
		finding_help(check, d,
			     "give the type of an EFI system partition to another partition, with a FAT32 file system; format "
			     "this one (mkfs.vfat -F 32) only if nothing needs what it holds");
}
