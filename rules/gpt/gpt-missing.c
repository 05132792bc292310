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
 * Whether the disk of an MBR boots is the concern of esp-missing and of the rules on what the EFI system partition holds.
 *
 * `sgdisk -g` turns an MBR into a GPT in place, if there is room for it at both ends of the disk. It writes over the sectors
 * behind the MBR, where a BIOS boot loader may lie, and gives the partitions new PARTUUIDs, which fstab and boot loaders may
 * name.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | mbr to-dos
 * expect: !disk@0x1be: error: the disk has an MBR partition table, a GUID Partition Table expected
 * bad:    debian-arm64 | gpt zero primary | mbr no-ee | mbr record 1 0xef 2048 69632
 * expect: !disk@0x1be: error: the disk has an MBR partition table, a GUID Partition Table expected
 * bad:    debian-arm64 | mbr to-dos | raw poke 700 eb
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

#include "base/arena.h"
#include "base/limits.h"
#include "efi/magic.h"
#include "image/image.h"
#include "lint/gpt-findings.h"
#include "partition/mbr.h"

/* A text file or an archive was given in place of an image more often than a disk without any table. */
static void say_what_it_is(struct check *check, struct diagnostic *d)
{
	const char *text = magic_describe(check->arena, check->image->disk, NULL);

	if (text && strcmp(text, "data") != 0)
		finding_note(check, d, "libmagic takes it for: %s", text);
}

/* Is what a GPT takes at the beginning of the disk free?  GRUB for BIOS puts its core image there. */
static bool beginning_is_free(struct check *check)
{
	const struct image *image = check->image;
	uint32_t sector = image->gpt->sector_size, size = 16 * KiB + sector;
	unsigned char *bytes = arena_alloc(check->arena, size);

	for (unsigned i = 0; i < image->partition_count; i++)
		if (image->partitions[i].start < sector + size)
			return false;
	if (image->disk->size < sector + size || view_read(image->disk, sector, bytes, size, NULL) < 0)
		return false;
	for (uint32_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

static void find_mbr(struct check *check)
{
	const struct image *image = check->image;
	struct diagnostic *d;

	d = finding(check, at_disk(0x1be, 64), "the disk has an MBR partition table, a GUID Partition Table expected");
	if (!image->partition_count)
		d->effect = EFFECT_BLOCKS_BOOT;
	if (image->gpt->leftover)
		finding_note(check, d, "the backup of an earlier GPT is still at LBA %" PRIu64 ", where firmware does not look",
			     image->gpt->backup.lba);
	if (!beginning_is_free(check)) {
		finding_help(check, d,
			     "build the image anew with a GPT: its place behind the MBR is not free, so that turning the MBR "
			     "into one may write over a boot loader");
		return;
	}
	finding_note(check, d, "sgdisk gives the partitions new PARTUUIDs: see that nothing in the image names the old ones");
	if (!image->gpt->leftover) {
		gpt_help(check, d, image->gpt, "sgdisk -g {disk}");
		return;
	}
	/* sgdisk would take that one for the disk's */
	finding_help_disk(check, d,
			  arena_printf(check->arena,
				       "dd if=/dev/zero of={disk} bs=%" PRIu32 " seek=%" PRIu64
				       " count=1 conv=notrunc && sgdisk -g {disk}",
				       image->gpt->sector_size, image->gpt->backup.lba));
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
		find_mbr(check);
	} else if (image->mbr->kind == MBR_SUPERFLOPPY) {
		d = finding(check, at_disk(0, 512), "the whole disk is a %s file system, a GUID Partition Table expected",
			    image->mbr->superfloppy);
	} else {
		d = finding(check, at_image(), "the disk has no partition table, a GUID Partition Table expected");
		d->effect = EFFECT_BLOCKS_BOOT;
		say_what_it_is(check, d);
	}
}
