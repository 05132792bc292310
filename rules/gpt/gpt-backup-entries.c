/* SPDX-License-Identifier: MIT */
/* gpt-backup-entries: the backup copy of the partition entries does not match its checksum
 *
 * severity: warning
 * effect:   degrades
 * clause:   VM Image Format, I1
 * after:    gpt-backup-header
 *
 * Each GPT header has a checksum of the array of partition entries that belongs to it. When the entries do not match it, they
 * were written over, or changed by a tool that did not finish, and firmware goes to the other copy. When that one is bad too,
 * there is no partition that firmware would believe in: then this is an error, and it blocks booting.
 *
 * `sgdisk -e` writes both copies anew from the good one.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | gpt crc backup array
 * expect: !disk@0x*58: warning: the backup GPT's entries do not match their checksum: 0x* stored, 0x* computed over 128 *
 * bad:    debian-arm64 | gpt crc backup entries
 * expect: !disk@0x*58: warning: the backup GPT's entries do not match their checksum: 0x* stored, 0x* computed over 128 *
 * bad:    debian-arm64 | gpt zero backup entries
 * expect: !disk@0x*58: warning: the backup GPT's entries do not match their checksum: 0x* stored, 0x* computed over 128 *
 * bad:    debian-arm64-4096 | gpt crc backup array
 * expect: !disk@0x*58: warning: the backup GPT's entries do not match their checksum: 0x* stored, 0x* computed over 128 *
 * firmware: gpt crc backup array
 */
#include "lint/gpt-findings.h"

RULE(gpt_backup_entries)
{
	const struct gpt *gpt = gpt_of(check);

	if (gpt)
		gpt_find_entries_damage(check, gpt, &gpt->backup);
}
