/* SPDX-License-Identifier: MIT */
/* guest-gic-parts: a processor has no interface to the GIC
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   The VM Platform, H7
 * after:    guest-gic
 *
 * A GICv2 has a CPU interface in memory, whose address stands in each processor's GICC structure. From version 3 on each
 * processor has a redistributor, in a GICR structure or in its GICC (ACPI 6.5, 5.2.12.14 and 5.2.12.17). A processor without
 * is not started.
 *
 * This is the firmware's or the hypervisor's to mend.
 *
 * good:   gicv3 gicv2 mmio
 * bad:    gicv2 | acpi APIC 100 00000000
 * expect: !acpi/APIC@0x44: error: processor 0 has no CPU interface: its address is 0
 * bad:    gicv3 | acpi APIC 228 7f
 * expect: !acpi/APIC@0x44: error: processor 0 has no redistributor
 * expect: !acpi/APIC@0x94: error: processor 1 has no redistributor
 */
#include "lint/guest-findings.h"

RULE(guest_gic_parts)
{
	const struct acpi_madt *madt = check->machine->madt;
	const struct acpi_madt_entry *d, *cpu = NULL;
	bool redistributors;

	if (guest_not_arm(check) || guest_without_acpi(check))
		return;
	d = madt ? acpi_madt_next(madt, NULL, ACPI_MADT_DISTRIBUTOR) : NULL;
	if (!d || !d->version)
		return not_applicable(check, "the MADT does not say of what version the GIC is");
	redistributors = acpi_madt_next(madt, NULL, ACPI_MADT_REDISTRIBUTOR) != NULL;
	while ((cpu = acpi_madt_next(madt, cpu, ACPI_MADT_CPU))) {
		if (!(cpu->flags & ACPI_CPU_ENABLED))
			continue;
		if (d->version == 2 && !cpu->base)
			finding(check, at_acpi(check, "APIC", cpu->offset, cpu->length),
				"processor %u has no CPU interface: its address is 0", cpu->uid);
		if (d->version >= 3 && !redistributors && !cpu->gicr)
			finding(check, at_acpi(check, "APIC", cpu->offset, cpu->length), "processor %u has no redistributor",
				cpu->uid);
	}
}
