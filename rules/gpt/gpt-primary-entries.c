/* SPDX-License-Identifier: MIT */
/* gpt-primary-entries: the primary copy of the partition entries does not match its checksum
 *
 * severity: warning
 * effect:   degrades
 * clause:   VM Image Format, I1
 * after:    gpt-primary-header
 *
 * Each GPT header has a checksum of the array of partition entries that belongs to it. When the entries do not match it, they
 * were written over, or changed by a tool that did not finish, and firmware goes to the other copy. When that one is bad too,
 * there is no partition that firmware would believe in: then this is an error, and it blocks booting.
 *
 * `sgdisk -e` writes both copies anew from the good one.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | gpt crc primary array
 * expect: !disk@0x*58: warning: the primary GPT's entries do not match their checksum: 0x* stored, 0x* computed over 128 *
 * bad:    debian-arm64 | gpt crc primary entries
 * expect: !disk@0x*58: warning: the primary GPT's entries do not match their checksum: 0x* stored, 0x* computed over 128 *
 * bad:    debian-arm64 | gpt zero primary entries
 * expect: !disk@0x*58: warning: the primary GPT's entries do not match their checksum: 0x* stored, 0x* computed over 128 *
 * bad:    debian-arm64-4096 | gpt crc primary array
 * expect: !disk@0x*58: warning: the primary GPT's entries do not match their checksum: 0x* stored, 0x* computed over 128 *
 * bad:    debian-arm64 | gpt crc both entries
 * expect: !disk@0x258: error: the primary GPT's entries do not match their checksum: *
 * expect: !disk@0x*58: error: the backup GPT's entries do not match their checksum: * [gpt-backup-entries]
 * bad:    debian-arm64 | gpt crc primary array | gpt crc backup header
 * expect: !disk@0x258: error: the primary GPT's entries do not match their checksum: *
 * expect: !disk@0x*10: error: the backup GPT header's checksum is wrong: * [gpt-backup-header]
 * firmware: gpt crc primary array
 * firmware: blocks gpt crc both array
 * firmware: blocks gpt crc primary array | gpt crc backup header
 */
#include "lint/gpt-findings.h"

RULE(gpt_primary_entries)
{
	const struct gpt *gpt = gpt_of(check);

	if (gpt)
		gpt_find_entries_damage(check, gpt, &gpt->primary);
}
