/* SPDX-License-Identifier: MIT */
/* guest-acpi: the EFI configuration table has no ACPI 2.0 entry
 *
 * severity: error
 * effect:   conformance
 * subject:  guest
 * clause:   Hardware Description, H3
 * after:    guest-efi
 *
 * The specification asks firmware for both descriptions of the machine, ACPI and a device tree, since a system may know one
 * of them alone. Server systems that were built for ACPI do not start here.
 *
 * QEMU's firmware has ACPI unless it is switched off (`-M virt,acpi=off`); U-Boot needs a build with tables of its own.
 *
 * good:   gicv3 gicv2 mmio no-store x86_64
 * bad:    gicv3 | drop *-table guid=8868e871-* | drop *-acpi
 * expect: !efi/configuration-table: error: there is no ACPI 2.0 entry (8868e871-e4f1-11d3-bc22-0080c73c8881)
 */
#include "lint/guest-findings.h"

RULE(guest_acpi)
{
	if (check->machine->acpi_entry == MACHINE_UNREADABLE)
		guest_unknown(check, "the record does not hold the EFI configuration table");
	else if (check->machine->acpi_entry == MACHINE_ABSENT)
		finding(check, at_fact("efi/configuration-table"),
			"there is no ACPI 2.0 entry (8868e871-e4f1-11d3-bc22-0080c73c8881)");
}
