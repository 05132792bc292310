/* SPDX-License-Identifier: MIT */
/* guest-acpi-checksum: the bytes of an ACPI table do not sum up to 0
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   Hardware Description, H3
 * after:    guest-acpi
 *
 * Each table but FACS has a byte that makes the sum of all 0 (ACPI 6.5, 5.2.6). Systems refuse or complain about one that
 * has not, and they are right: it may have been overwritten.
 *
 * This is the firmware's or the hypervisor's to mend.
 *
 * good:   gicv3 gicv2 mmio x86_64
 * bad:    gicv3 | acpi-raw SPCR 9 00
 * expect: !acpi/SPCR@0x9: error: the checksum of table SPCR is wrong: its bytes sum up to *, 0 expected
 */
#include <string.h>

#include "lint/guest-findings.h"

RULE(guest_acpi_checksum)
{
	const struct machine *m = check->machine;

	if (guest_without_acpi(check))
		return;
	for (uint32_t i = 0; i < m->table_count; i++) {
		const struct acpi_table *t = &m->tables[i].table;

		/* FACS has none, and changes while the machine runs */
		if (t->whole && t->sum && strcmp(t->signature, "FACS"))
			finding(check, at_acpi(check, t->signature, 9, 1),
				"the checksum of table %s is wrong: its bytes sum up to %#x, 0 expected", t->signature, t->sum);
	}
}
