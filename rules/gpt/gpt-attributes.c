/* SPDX-License-Identifier: MIT */
/* gpt-attributes: a partition's attributes hide it from firmware, or have bits that mean nothing
 *
 * severity: error
 * effect:   blocks-boot
 * clause:   VM Image Format, I2
 * after:    gpt-missing
 *
 * Bit 1 of a partition's attributes, "no block IO protocol", tells firmware not to touch the partition at all. On the EFI
 * system partition that means that nothing boots, though every tool of an operating system shows it as it should be. Bits 3 to 47
 * are reserved and must be zero; nothing is known to mind them, so they are only noted.
 *
 * `sgdisk -A N:clear:1` takes bit 1 away.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | gpt attributes 1 2
 * expect: !disk@0x430: error: partition 1 is an EFI system partition, and its attributes tell firmware not to use it (bit 1)
 * bad:    debian-arm64 | gpt attributes 2 0x800
 * expect: !disk@0x4b0: note: partition 2 has reserved attribute bits set: 0x800
 */
#include <inttypes.h>

#include "base/arena.h"
#include "lint/gpt-findings.h"

#define NO_BLOCK_IO 2
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

		if (p->attributes & NO_BLOCK_IO && guid_equal(&p->type, &GPT_TYPE_ESP)) {
			d = finding(check, at,
				    "partition %" PRIu32
				    " is an EFI system partition, and its attributes tell firmware not to use it (bit 1)",
				    p->number);
			if (gpt->bootable_table)
				gpt_help(check, d, gpt,
					 arena_printf(check->arena, "sgdisk -A %" PRIu32 ":clear:1 {disk}", p->number));
		}
		if (p->faults & GPT_PARTITION_ATTRIBUTES) {
			d = finding_severity(check, SEVERITY_NOTE, at,
					     "partition %" PRIu32 " has reserved attribute bits set: 0x%" PRIx64, p->number,
					     p->attributes & RESERVED);
			d->effect = EFFECT_CONFORMANCE;
			if (gpt->bootable_table)
				gpt_help(check, d, gpt,
					 arena_printf(check->arena, "sgdisk -A %" PRIu32 ":nand:%" PRIX64 " {disk}", p->number,
						      p->attributes & RESERVED));
		}
	}
}
