/* SPDX-License-Identifier: MIT */
/* guest-acpi-missing: ACPI tables that describe a machine are missing
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   Hardware Description, H3
 * after:    guest-acpi, guest-acpi-root
 *
 * An Arm machine is described by DSDT, FADT, MADT and GTDT: devices, power, processors with their interrupt controller, and
 * the timer (Server Base Boot Requirements). Without one of them a system does not start, or not on all processors.
 *
 * This is the firmware's or the hypervisor's to mend.
 *
 * good:   gicv3 gicv2 mmio
 * bad:    gicv3 | drop probe-acpi signature=GTDT
 * expect: !acpi: error: there is no table GTDT, which describes the architected timer
 * bad:    gicv3 | drop probe-acpi signature=DSDT
 * expect: !acpi: error: there is no table DSDT, which describes devices
 * bad:    gicv3 | lose probe-acpi signature=GTDT
 * expect: : not evaluated: data of 1 facts did not come as it was sent, first that of line * [guest-acpi-missing, *]
 * bad:    gicv3 | drop probe-acpi signature=GTDT | set probe-end complete:=no
 * expect: : not evaluated: the program that ran before the system has not written down all that it saw
 */
#include "lint/guest-findings.h"

static const struct {
	const char *signature, *describes;
} wanted[] = {
	{ "DSDT", "devices" },
	{ "FACP", "how power is managed" },
	{ "APIC", "processors and the interrupt controller" },
	{ "GTDT", "the architected timer" },
};

RULE(guest_acpi_missing)
{
	if (guest_not_arm(check) || guest_without_acpi(check))
		return;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		if (guest_table(check, wanted[i].signature) == MACHINE_ABSENT)
			finding(check, at_fact("acpi"), "there is no table %s, which describes %s", wanted[i].signature,
				wanted[i].describes);
	}
}
