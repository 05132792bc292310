/* SPDX-License-Identifier: MIT */
/* gpt-hybrid-mbr: the MBR of a GPT disk has partitions of its own
 *
 * severity: warning
 * effect:   conformance
 * clause:   VM Image Format, I1
 * after:    gpt-missing, gpt-protective-mbr
 *
 * UEFI wants the MBR of a GPT disk to have one record that covers the whole disk, and nothing else. A hybrid MBR repeats some
 * partitions, for the sake of a system that knows MBR alone. UEFI firmware ignores them and boots. But a tool may take
 * either table for the real one, and one that changes a partition in one table leaves the other as it was.
 *
 * `sfdisk` writes the same partitions into a new table with a protective MBR; it keeps the boot code.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | mbr hybrid
 * expect: !disk@0x1ce: warning: the MBR has a partition of type 0xef beside the protective record
 * bad:    bios-and-efi-amd64 | mbr record 3 0x0c 2048 2048
 * expect: !disk@0x1de: warning: the MBR has a partition of type 0x0c beside the protective record
 * firmware: mbr hybrid
 */
#include "image/image.h"
#include "lint/gpt-findings.h"
#include "partition/mbr.h"

RULE(gpt_hybrid_mbr)
{
	const struct gpt *gpt = gpt_of(check);
	const struct mbr *mbr = check->image->mbr;
	struct diagnostic *d;

	if (!gpt || !mbr->hybrid)
		return;
	for (size_t i = 0; i < mbr->primary_count; i++) {
		const struct mbr_partition *p = &mbr->partitions[i];

		if (p->type == MBR_TYPE_PROTECTIVE)
			continue;
		d = finding(check, at_disk(p->record_offset, 16),
			    "the MBR has a partition of type 0x%02x beside the protective record", p->type);
		if (gpt->bootable_table)
			gpt_help_recreate(check, d, gpt);
	}
}
