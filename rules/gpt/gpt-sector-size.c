/* SPDX-License-Identifier: MIT */
/* gpt-sector-size: the table is laid out for disks of another sector size
 *
 * severity: error
 * effect:   blocks-boot
 * after:    gpt-missing
 *
 * A GPT counts in sectors, so one that is made for 4096-byte sectors is not found on a disk of 512-byte sectors, and the other
 * way round. An image file does not say what its sectors are; hypervisors present 512 bytes unless told otherwise
 * (QEMU: `-device virtio-blk-pci,logical_block_size=4096`).
 *
 * It is an error if `--sector-size` names the size that the image will be used with, and the table is of the other. Else, a
 * table for 4096-byte sectors is noted, because it will not do on the usual virtio disk. The other rules judge the
 * table by its own sector size.
 *
 * good:   debian-arm64
 * good:   debian-arm64-4096
 * bad:    debian-arm64 | --sector-size=4096
 * expect: !disk@0x200: error: the GPT is laid out for 512-byte sectors, and the disk has sectors of 4096 bytes
 * bad:    debian-arm64-4096 | --sector-size=512
 * expect: !disk@0x1000: error: the GPT is laid out for 4096-byte sectors, and the disk has sectors of 512 bytes
 * firmware: gpt sector-size 4096
 * firmware: device logical_block_size=4096,physical_block_size=4096
 */
#include "base/arena.h"
#include "lint/gpt-findings.h"

RULE(gpt_sector_size)
{
	const struct gpt *gpt = gpt_of(check);
	struct location at;
	struct diagnostic *d;

	if (!gpt)
		return;
	at = at_disk(gpt->primary.offset, 92);
	if (gpt->sector_size_contradicted) {
		d = finding(check, at, "the GPT is laid out for %u-byte sectors, and the disk has sectors of %u bytes",
			    gpt->sector_size, gpt->forced_sector_size);
		finding_help(check, d, "build the image for sectors of %u bytes, or present the disk with "
			     "logical_block_size=%u", gpt->forced_sector_size, gpt->sector_size);
	} else if (gpt->both_sector_sizes) {
		finding_severity(check, SEVERITY_NOTE, at, "the disk has a GPT for 512-byte and one for 4096-byte sectors; "
				 "the one for %u is judged", gpt->sector_size)->effect = EFFECT_HYGIENE;
	} else if (gpt->sector_size != 512 && !gpt->forced_sector_size) {
		d = finding_severity(check, SEVERITY_NOTE, at,
				     "the GPT is laid out for %u-byte sectors: a disk of 512-byte sectors, as virtio "
				     "presents one by default, will not boot", gpt->sector_size);
		finding_help(check, d, "present the disk with logical_block_size=%u, and say --sector-size=%u here",
			     gpt->sector_size, gpt->sector_size);
	}
}
