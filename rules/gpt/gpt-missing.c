/* SPDX-License-Identifier: MIT */
/* gpt-missing: the disk has no GUID Partition Table
 *
 * severity: error
 * effect:   conformance
 * clause:   VM Image Format, I1
 *
 * The specification wants a GUID Partition Table on the disk that the VM sees. A disk with an MBR alone, or with a
 * file system and no partition table, boots on firmware that also reads those, and is refused by what
 * expects a GPT. Without any partition table or file system there is nothing to boot, nor is there when a protective MBR
 * announces a GPT of which neither copy is there.
 *
 * `sgdisk -g` turns an MBR into a GPT in place, if there is room for it at both ends of the disk.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | mbr to-dos
 * expect: !disk@0x1be: error: the disk has an MBR partition table, a GUID Partition Table expected
 * bad:    debian-arm64 | gpt zero primary | mbr no-ee | mbr record 1 0xef 2048 69632
 * expect: !disk@0x1be: error: the disk has an MBR partition table, a GUID Partition Table expected
 * bad:    debian-arm64 | gpt zero both
 * expect: !disk@0x200: error: the protective MBR announces a GUID Partition Table, and neither copy of it is there
 * bad:    debian-arm64 | gpt remove
 * expect: : error: the disk has no partition table, a GUID Partition Table expected
 * bad:    debian-arm64 | disk superfloppy
 * expect: !disk@0: error: the whole disk is a FAT file system, a GUID Partition Table expected
 * firmware: mbr to-dos
 * firmware: disk superfloppy
 * firmware: blocks gpt zero both
 */
#include <inttypes.h>
#include <string.h>

#include "efi/magic.h"
#include "image/image.h"
#include "lint/rule.h"
#include "partition/gpt.h"
#include "partition/mbr.h"

/* A text file or an archive was given in place of an image more often than a disk without any table. */
static void say_what_it_is(struct check *check, struct diagnostic *d)
{
	const char *text = magic_describe(check->arena, check->image->disk, NULL);

	if (text && strcmp(text, "data") != 0)
		finding_note(check, d, "libmagic takes it for: %s", text);
}

RULE(gpt_missing)
{
	const struct image *image = check->image;
	struct diagnostic *d;

	if (image->have_table == UNREADABLE) {
		not_evaluated(check, &image->table_error, "the partition table could not be read");
		return;
	}
	if (image->gpt->present)
		return;
	if (image->mbr->protective && !image->mbr->hybrid) {
		d = finding(check, at_disk(image->gpt->primary.offset, 8),
			    "the protective MBR announces a GUID Partition Table, and neither copy of it is there");
		d->effect = EFFECT_BLOCKS_BOOT;
	} else if (image->mbr->partition_count) {
		d = finding(check, at_disk(0x1be, 64), "the disk has an MBR partition table, a GUID Partition Table expected");
		if (!image->gpt->leftover) {
			finding_help_disk(check, d, "sgdisk -g {disk}");
			return;
		}
		finding_note(check, d, "the backup of an earlier GPT is still at LBA %" PRIu64 ", where firmware does not look",
			     image->gpt->backup.lba);
		/* sgdisk would take that one for the disk's */
		finding_help_disk(check, d,
				  arena_printf(check->arena,
					       "dd if=/dev/zero of={disk} bs=%" PRIu32 " seek=%" PRIu64
					       " count=1 conv=notrunc && sgdisk -g {disk}",
					       image->gpt->sector_size, image->gpt->backup.lba));
	} else if (image->mbr->kind == MBR_SUPERFLOPPY) {
		d = finding(check, at_disk(0, 512), "the whole disk is a %s file system, a GUID Partition Table expected",
			    image->mbr->superfloppy);
	} else {
		d = finding(check, at_image(), "the disk has no partition table, a GUID Partition Table expected");
		d->effect = EFFECT_BLOCKS_BOOT;
		say_what_it_is(check, d);
	}
}
