/* SPDX-License-Identifier: MIT */
/* gpt-primary-header: the GPT's primary header is missing or damaged
 *
 * severity: warning
 * effect:   degrades
 * clause:   VM Image Format, I1
 * after:    gpt-missing
 *
 * A GPT has a header in the disk's second sector and another in its last. The header is what leads to the partitions:
 * it has a signature, a checksum of itself and its own address, and firmware that finds one of them wrong does not use
 * this copy. While the backup is good, firmware boots from that, and the next accident leaves nothing; some tools
 * refuse the disk even now. When the backup is bad too, or is not in the disk's last sector, firmware finds no partition
 * at all: then this is an error, and it blocks booting.
 *
 * When both headers stand too late by the same distance, something was put before the disk, and that alone is said.
 *
 * The usual cause is something that was written over the beginning of the disk: a boot loader, or a tool that
 * treats the disk as MBR. `sgdisk -e` writes both copies anew from the good one.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | gpt crc primary header
 * expect: !disk@0x210: warning: the primary GPT header's checksum is wrong: 0x* stored, 0x* computed
 * bad:    debian-arm64 | gpt zero primary
 * expect: !disk@0x200: warning: the primary GPT header is missing: LBA 1 has no "EFI PART" signature
 * bad:    debian-arm64-4096 | gpt zero primary header
 * expect: !disk@0x1000: warning: the primary GPT header is missing: LBA 1 has no "EFI PART" signature
 * bad:    debian-arm64 | gpt field primary header_size 1000
 * expect: !disk@0x20c: warning: the primary GPT header gives its size as 1000 bytes, 92 to 512 expected
 * bad:    debian-arm64 | gpt field primary my_lba 7
 * expect: !disk@0x218: warning: the primary GPT header says that it is at LBA 7, it is at LBA 1
 * bad:    debian-arm64 | gpt crc both header
 * expect: !disk@0x210: error: the primary GPT header's checksum is wrong: 0x* stored, 0x* computed
 * expect: !disk@0x*10: error: the backup GPT header's checksum is wrong: * [gpt-backup-header]
 * bad:    debian-arm64 | raw prepend 512
 * expect: !disk@0x400: error: the whole disk stands 512 bytes too late, as both GPT headers show
 * bad:    debian-arm64 | raw prepend 1048576
 * expect: !disk@0x100200: error: the whole disk stands 1048576 bytes too late, *
 * bad:    debian-arm64 | gpt crc primary header | raw extend +1048576
 * expect: !disk@0x210: error: the primary GPT header's checksum is wrong: *
 * expect: !disk@0x220: warning: the disk is larger than its GPT knows: * [gpt-backup-location]
 * firmware: gpt crc primary header
 * firmware: gpt zero primary
 * firmware: gpt field primary header_size 1000
 * firmware: gpt field primary my_lba 7
 * firmware: blocks gpt crc both header
 * firmware: blocks gpt crc primary header | raw extend +1048576
 */
#include "lint/gpt-findings.h"

RULE(gpt_primary_header)
{
	const struct gpt *gpt = gpt_of(check);

	if (gpt)
		gpt_find_header_damage(check, gpt, &gpt->primary);
}
