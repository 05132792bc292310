/* SPDX-License-Identifier: MIT */
/* gpt-duplicate-guid: two partitions have the same GUID
 *
 * severity: warning
 * effect:   degrades
 * clause:   VM Image Format, I1
 * after:    gpt-missing
 *
 * The unique GUID of a partition is what PARTUUID= in a boot loader's configuration or in fstab means, and what UEFI's boot
 * entries name. With two of them alike, which partition is meant is a matter of chance, such as the order in which devices are
 * found. Firmware boots all the same. The disk's own GUID must differ from its partitions', too. The usual cause is an entry
 * that was copied.
 *
 * `sgdisk -u N:R` gives partition N a new random GUID; whatever names the old one has to follow.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | gpt duplicate-guid
 * expect: !disk@0x490: warning: partition 2 has the same GUID as partition 1: *
 * bad:    debian-arm64 | gpt duplicate-guid | convert qcow2
 * expect: !disk@0x490: warning: partition 2 has the same GUID as partition 1: *
 * bad:    debian-arm64 | gpt duplicate-guid | convert qcow2 compat=0.10,cluster_size=4096
 * expect: !disk@0x490: warning: partition 2 has the same GUID as partition 1: *
 * bad:    debian-arm64 | gpt duplicate-guid | convert qcow2 | qcow2 snapshot
 * expect: !disk@0x490: warning: partition 2 has the same GUID as partition 1: *
 * expect: * note: the image holds 1 internal snapshot [qcow2-snapshots]
 * bad:    debian-arm64 | gpt duplicate-guid | convert vpc subformat=fixed,force_size=on
 * expect: !disk@0x490: warning: partition 2 has the same GUID as partition 1: *
 * bad:    firmware-x86_64 | gpt duplicate-guid
 * expect: !disk@0x490: warning: partition 2 has the same GUID as partition 1: *
 * bad:    debian-arm64 | gpt guid 2 xbootldr | gpt field both disk_guid xbootldr
 * expect: !disk@0x490: warning: partition 2 has the same GUID as the disk: BC13C2FF-59E6-4262-A352-B275FD6F7172
 * firmware: gpt duplicate-guid
 */
#include <inttypes.h>

#include "base/arena.h"
#include "lint/gpt-findings.h"

RULE(gpt_duplicate_guid)
{
	const struct gpt *gpt = gpt_with_partitions(check);

	if (!gpt)
		return;
	for (size_t i = 0; i < gpt->duplicate_count; i++) {
		struct gpt_pair pair = gpt->duplicates[i];
		bool disk = pair.b == GPT_PAIR_DISK;
		const struct gpt_partition *a = &gpt->partitions[pair.a];
		const struct gpt_partition *b = disk ? a : &gpt->partitions[pair.b];
		struct location at = at_disk(b->entry_offset + GPT_ENTRY_UNIQUE, 16);
		char guid[GUID_TEXT_SIZE];
		struct diagnostic *d;

		guid_format(&b->unique, guid);
		if (disk)
			d = finding(check, at, "partition %" PRIu32 " has the same GUID as the disk: %s", b->number, guid);
		else
			d = finding(check, at, "partition %" PRIu32 " has the same GUID as partition %" PRIu32 ": %s", b->number,
				    a->number, guid);
		if (gpt->bootable_table)
			gpt_help(check, d, gpt, arena_printf(check->arena, "sgdisk -u %" PRIu32 ":R {disk}", b->number));
	}
}
