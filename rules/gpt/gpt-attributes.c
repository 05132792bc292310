/* SPDX-License-Identifier: MIT */
/* gpt-attributes: a partition has attribute bits that mean nothing
 *
 * severity: note
 * effect:   conformance
 * clause:   VM Image Format, I1
 * after:    gpt-missing
 *
 * Bits 3 to 47 of a partition's attributes are reserved and must be zero (UEFI 2.6, table 22). Nothing is known to mind them,
 * but a later specification may give them a meaning. The bit that hides an EFI system partition from firmware is the concern
 * of esp-no-block-io.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | gpt attributes 2 0x800
 * expect: !disk@0x4b0: note: partition 2 has reserved attribute bits set: 0x800
 * firmware: gpt attributes 1 0x800
 */
#include <inttypes.h>

#include "base/arena.h"
#include "lint/gpt-findings.h"

#define RESERVED UINT64_C(0x0000fffffffffff8)

RULE(gpt_attributes)
{
	const struct gpt *gpt = gpt_with_partitions(check);

	if (!gpt)
		return;
	for (size_t i = 0; i < gpt->partition_count; i++) {
		const struct gpt_partition *p = &gpt->partitions[i];
		struct location at = at_disk(p->entry_offset + GPT_ENTRY_ATTRIBUTES, 8);
		struct diagnostic *d;

		if (!(p->faults & GPT_PARTITION_ATTRIBUTES))
			continue;
		d = finding(check, at, "partition %" PRIu32 " has reserved attribute bits set: 0x%" PRIx64, p->number,
			    p->attributes & RESERVED);
		if (gpt->bootable_table)
			gpt_help(check, d, gpt,
				 arena_printf(check->arena, "sgdisk -A %" PRIu32 ":nand:%" PRIX64 " {disk}", p->number,
					      p->attributes & RESERVED));
	}
}
