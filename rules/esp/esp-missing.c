/* SPDX-License-Identifier: MIT */
/* esp-missing: the disk has no EFI system partition
 *
 * severity: error
 * effect:   blocks-boot
 * clause:   VM Image Format, I2
 *
 * UEFI firmware looks for what to start in the EFI system partition: the one whose GPT entry has the type
 * C12A7328-F81F-11D2-BA4B-00A0C93EC93B. Without it, and without any other FAT volume that holds a file at the
 * removable-media path, firmware finds nothing to start.
 *
 * Where a partition of another type holds such a file, esp-type-guid says so in place of this rule.
 *
 * On a disk with an MBR it is the partition of type 0xEF. That such a disk has no GPT is another fault, of gpt-missing: turning
 * the MBR into a GPT would not make an EFI system partition, so both are reported. A disk without any
 * partition is reported by gpt-missing alone.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | gpt only-entry 2
 * expect: : error: no partition has the EFI system partition type (C12A7328-F81F-11D2-BA4B-00A0C93EC93B)
 * bad:    debian-arm64 | esp wipe zeros | mbr to-dos | mbr record 1 0x83 2048 69632
 * expect: : error: no partition has the EFI system partition type (0xEF on a disk with an MBR)
 * expect: !disk@0x1be: error: the disk has an MBR partition table, * [gpt-missing]
 * bad:    debian-arm64 | esp wipe zeros | mbr to-dos | mbr record 1 0x83 2048 69632 | --ignore=gpt-missing
 * expect: : error: no partition has the EFI system partition type (0xEF on a disk with an MBR)
 * bad:    debian-arm64 | esp wipe zeros | gpt type 1 linux
 * expect: : error: no partition has the EFI system partition type *
 */
#include <inttypes.h>

#include "image/image.h"
#include "lint/gpt-findings.h"
#include "lint/rule.h"
#include "partition/gpt.h"

RULE(esp_missing)
{
	const struct image *image = check->image;
	char text[GUID_TEXT_SIZE];
	struct diagnostic *d;

	if (image->have_table == UNREADABLE) {
		not_evaluated(check, &image->table_error, "the partition table could not be read");
		return;
	}
	/* of any sort: what is not typed as one is esp-type-guid's */
	if (image->esp_count)
		return;
	if (image->gpt->present && !image->gpt->used) {
		not_applicable(check, "no entry of the partition table could be read");
		return;
	}
	if (!image->gpt->present && !image->partition_count) {
		not_applicable(check, "the disk has no partitions");
		return;
	}
	if (!image->gpt->present) {
		d = finding(check, at_image(), "no partition has the EFI system partition type (0xEF on a disk with an MBR)");
		finding_help(check, d, "build the image anew, with a GPT and an EFI system partition");
		return;
	}
	d = finding(check, at_image(), "no partition has the EFI system partition type (%s)",
		    guid_format(&GPT_TYPE_ESP, text));
	gpt_help(check, d, image->gpt,
		 image->gpt->sector_size == 512 ?
			 "qemu-img resize -f raw {disk} +101M && sgdisk -e -n 0:0:+100M -t 0:EF00 {disk}" :
			 "sgdisk -n 0:0:+100M -t 0:EF00 {disk}");
	finding_note(check, d,
		     "the partition then needs a FAT32 file system (mkfs.vfat -F 32) and an EFI application in "
		     "\\EFI\\BOOT");
}
