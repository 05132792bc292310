/* SPDX-License-Identifier: MIT */
/* guest-acpi-spcr: the console's table does not say how to use the UART
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   The VM Platform, H6
 * after:    guest-uart, guest-acpi-corrupt
 *
 * SPCR (Serial Port Console Redirection Table, Microsoft) gives the console's UART an address in memory, and an interrupt of
 * the GIC (interrupt type, bit 3) with its number. Without an interrupt a system writes to the console and never reads from it.
 *
 * This is the firmware's or the hypervisor's to mend.
 *
 * good:   gicv3 gicv2 mmio both no-store
 * bad:    gicv3 | acpi SPCR 40 01
 * expect: !acpi/SPCR@0x28: error: the console's registers are in address space 1, memory (0) expected
 * bad:    gicv3 | acpi SPCR 44 0000000000000000
 * expect: !acpi/SPCR@0x2c: error: the console's address is 0
 * bad:    gicv3 | acpi SPCR 52 01
 * expect: !acpi/SPCR@0x34: error: the console's interrupt is of type 0x1, one of the GIC (0x8) expected
 * bad:    gicv3 | acpi SPCR 54 0c
 * expect: !acpi/SPCR@0x36: error: the console's interrupt is 12, a shared one expected (32 or more)
 */
#include "lint/guest-findings.h"

#define OF_GIC 8u
#define INTERRUPT_TYPE 52
#define INTERRUPT 54
#define FIRST_SHARED 32

RULE(guest_acpi_spcr)
{
	const struct acpi_spcr *spcr = check->machine->spcr;

	if (guest_not_arm(check) || guest_without_acpi(check))
		return;
	if (!spcr)
		return not_applicable(check, "the machine has no SPCR");
	if (spcr->base.space != 0)
		finding(check, at_acpi(check, "SPCR", ACPI_SPCR_BASE, 1),
			"the console's registers are in address space %u, memory (0) expected", spcr->base.space);
	else if (!spcr->base.address)
		finding(check, at_acpi(check, "SPCR", ACPI_SPCR_BASE + 4, 8), "the console's address is 0");
	if (!(spcr->interrupt_type & OF_GIC))
		finding(check, at_acpi(check, "SPCR", INTERRUPT_TYPE, 1),
			"the console's interrupt is of type %#x, one of the GIC (0x8) expected", spcr->interrupt_type);
	else if (spcr->interrupt < FIRST_SHARED)
		finding(check, at_acpi(check, "SPCR", INTERRUPT, 4),
			"the console's interrupt is %u, a shared one expected (32 or more)", spcr->interrupt);
}
