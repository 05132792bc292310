/* SPDX-License-Identifier: MIT */
/* guest-acpi-fadt: the FADT is not one of an Arm machine
 *
 * severity: error
 * effect:   conformance
 * subject:  guest
 * clause:   Hardware Description, H3
 * after:    guest-acpi-missing, guest-acpi-corrupt
 *
 * On Arm, ACPI is of the reduced-hardware kind: flag HW_REDUCED_ACPI of the FADT is set (ACPI 6.5, 5.2.9), and the table is
 * of revision 5.1 or later, which has the flags that tell of PSCI.
 *
 * This is the firmware's or the hypervisor's to mend.
 *
 * good:   gicv3 gicv2 mmio
 * bad:    gicv3 | acpi FACP 114 00
 * expect: !acpi/FACP@0x70: error: flag HW_REDUCED_ACPI is not set
 * bad:    gicv3 | acpi FACP 8 05
 * expect: !acpi/FACP@0x8: error: the FADT is of revision 5.0, 5.1 or later expected
 */
#include "lint/guest-findings.h"

RULE(guest_acpi_fadt)
{
	const struct acpi_table *table = machine_table(check->machine, "FACP");
	const struct acpi_fadt *fadt = check->machine->fadt;

	if (guest_not_arm(check) || guest_without_acpi(check))
		return;
	if (!fadt || fadt->wrong.what)
		return guest_unknown(check, "the FADT cannot be read");
	if (!fadt->has_arm_boot)
		finding(check, at_acpi(check, "FACP", 8, 1), "the FADT is of revision %u.%u, 5.1 or later expected",
			table->revision,
			fadt->minor);
	if (!(fadt->flags & ACPI_FADT_REDUCED_HARDWARE))
		finding(check, at_acpi(check, "FACP", ACPI_FADT_FLAGS, 4), "flag HW_REDUCED_ACPI is not set");
}
