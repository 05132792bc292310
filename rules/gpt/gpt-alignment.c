/* SPDX-License-Identifier: MIT */
/* gpt-alignment: a partition does not begin at a multiple of 4 KiB
 *
 * severity: note
 * effect:   hygiene
 * after:    gpt-missing, gpt-partition-range
 *
 * Most storage below a virtual disk works in units of 4 KiB or more: with a partition that begins between two of them, each
 * block that the guest writes makes the host read and write two. Everything works, more slowly. A BIOS boot partition holds no
 * file system and may begin anywhere.
 *
 * The start of a partition can hardly be moved afterwards: build the image with partitions aligned to 1 MiB, which is what sfdisk
 * and sgdisk do by default.
 *
 * good:   debian-arm64
 * good:   bios-and-efi-amd64
 * bad:    debian-arm64 | gpt range 2 +1 =
 * expect: !disk@0x4a0: note: partition 2 begins at byte *, not a multiple of 4096
 * expect: !p1/EFI/debian/grub.cfg:1:16: error: no file system in the image has the UUID * [boot-search-unresolved]
 * firmware: gpt add linux 71681 72000
 */
#include <inttypes.h>

#include "base/limits.h"
#include "lint/gpt-findings.h"

RULE(gpt_alignment)
{
	const struct gpt *gpt = gpt_with_partitions(check);

	if (!gpt)
		return;
	for (size_t i = 0; i < gpt->partition_count; i++) {
		const struct gpt_partition *p = &gpt->partitions[i];

		if (p->start % (4 * KiB) && !guid_equal(&p->type, &GPT_TYPE_BIOS_BOOT))
			finding(check, at_disk(p->entry_offset + GPT_ENTRY_FIRST_LBA, 8),
				"partition %" PRIu32 " begins at byte %" PRIu64 ", not a multiple of 4096", p->number, p->start);
	}
}
