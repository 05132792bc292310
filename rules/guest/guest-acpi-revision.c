/* SPDX-License-Identifier: MIT */
/* guest-acpi-revision: an ACPI table is of a revision that cannot describe an Arm machine
 *
 * severity: warning
 * effect:   conformance
 * subject:  guest
 * clause:   Hardware Description, H3
 * after:    guest-acpi-missing, guest-acpi-corrupt
 *
 * The MADT has structures of the GIC since revision 3 and the GTDT all of its fields since 2 (ACPI 5.1, 5.2.12 and 5.2.24), SPCR
 * has the UARTs of Arm since revision 2, and MCFG and PPTT begin with 1. A revision also promises fields: SPCR has a name
 * since revision 4, and the GTDT one more timer since 3 (ACPI 6.3).
 *
 * This is the firmware's or the hypervisor's to mend.
 *
 * good:   gicv3 gicv2 mmio both no-store one-cpu el2
 * good:   gicv3 | acpi APIC 8 03 | acpi PPTT 8 01
 * good:   gicv3 | acpi APIC 8 07 | acpi PPTT 8 03 | acpi SPCR 8 03
 * good:   gicv3 | acpi GTDT 8 03 | acpi-append GTDT 0000000000000000
 * bad:    gicv3 | acpi APIC 8 02
 * expect: !acpi/APIC@0x8: warning: the MADT is of revision 2, 3 or later expected
 * bad:    gicv3 | acpi SPCR 8 01
 * expect: !acpi/SPCR@0x8: warning: the SPCR is of revision 1, 2 or later expected
 * bad:    gicv3 | acpi GTDT 8 01
 * expect: !acpi/GTDT@0x8: warning: the GTDT is of revision 1, 2 or later expected
 * bad:    gicv3 | acpi MCFG 8 00
 * expect: !acpi/MCFG@0x8: warning: the MCFG is of revision 0, 1 or later expected
 * bad:    gicv3 | acpi PPTT 8 00
 * expect: !acpi/PPTT@0x8: warning: the PPTT is of revision 0, 1 or later expected
 * bad:    gicv3 | acpi GTDT 8 03
 * expect: !acpi/GTDT@0x4: warning: the GTDT is of revision 3, which has 104 bytes, and says that it has 96
 * bad:    gicv3 | acpi SPCR 8 04
 * expect: !acpi/SPCR@0x4: warning: the SPCR is of revision 4, which has 88 bytes, and says that it has 80
 */
#include "lint/guest-findings.h"

static const struct {
	const char *signature, *name;
	uint8_t least;	/* revision */
	uint8_t longer; /* the one since which it has... */
	uint8_t bytes;	/* ...so many; 0: what reads the table says so */
} tables[] = {
	{ "APIC", "MADT", 3, 0, 0 },
	{ "GTDT", "GTDT", 2, 3, 104 },
	{ "SPCR", "SPCR", 2, 4, 88 },
	{ "MCFG", "MCFG", 1, 0, 0 },
	{ "PPTT", "PPTT", 1, 0, 0 },
};

RULE(guest_acpi_revision)
{
	if (guest_not_arm(check) || guest_without_acpi(check))
		return;
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		const struct acpi_table *t = machine_table(check->machine, tables[i].signature);

		if (!t)
			continue;
		if (t->revision < tables[i].least)
			finding(check, at_acpi(check, tables[i].signature, 8, 1),
				"the %s is of revision %u, %u or later expected", tables[i].name, t->revision,
				tables[i].least);
		else if (tables[i].bytes && t->revision >= tables[i].longer && t->length < tables[i].bytes)
			finding(check, at_acpi(check, tables[i].signature, 4, 4),
				"the %s is of revision %u, which has %u bytes, and says that it has %u", tables[i].name,
				t->revision, tables[i].bytes, t->length);
	}
}
