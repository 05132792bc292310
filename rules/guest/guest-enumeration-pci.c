/* SPDX-License-Identifier: MIT */
/* guest-enumeration-pci: a PCI host bridge has no configuration space described
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   The VM Platform, H11
 * after:    guest-acpi-corrupt
 *
 * ACPI's namespace has a PCI host bridge (PNP0A08 or PNP0A03), and devices on its bus are found through the memory that MCFG
 * names. Without it Linux on Arm sees nothing of what is on the bus.
 *
 * This is the firmware's or the hypervisor's to mend.
 *
 * good:   gicv3 gicv2 mmio x86_64
 * bad:    gicv3 | drop probe-acpi signature=MCFG
 * expect: !acpi: error: the namespace has a PCI host bridge, and there is no table MCFG
 * bad:    gicv3 | acpi MCFG 44 0000000000000000
 * expect: !acpi/MCFG@0x2c: error: segment 0 of PCI has its configuration space at address 0
 * bad:    gicv3 | acpi MCFG 54 0300
 * expect: !acpi/MCFG@0x36: error: segment 0 of PCI begins with bus 3 and ends with bus 0
 */
#include <string.h>

#include "lint/guest-findings.h"

static bool has_bridge(const struct guest *guest)
{
	const struct fact *devices = guest_find(guest, "names", "path", "/sys/bus/acpi/devices");
	const char *names = devices ? (const char *)devices->data : NULL;

	return names && (strstr(names, "PNP0A08:") || strstr(names, "PNP0A03:"));
}

RULE(guest_enumeration_pci)
{
	const struct acpi_mcfg *mcfg = check->machine->mcfg;

	if (guest_without_acpi(check))
		return;
	if (!has_bridge(check->machine->guest))
		return not_applicable(check, "ACPI's namespace has no PCI host bridge, as far as the record says");
	/* on x86 there are I/O ports as well */
	if (check->machine->architecture == MACHINE_AARCH64 && guest_table(check, "MCFG") == MACHINE_ABSENT)
		finding(check, at_fact("acpi"), "the namespace has a PCI host bridge, and there is no table MCFG");
	for (uint32_t i = 0; mcfg && i < mcfg->count; i++) {
		const struct acpi_segment *s = &mcfg->segments[i];

		if (s->first_bus > s->last_bus)
			finding(check, at_acpi(check, "MCFG", s->offset + 10, 2),
				"segment %u of PCI begins with bus %u and ends with bus %u", s->segment, s->first_bus,
				s->last_bus);
	}
	for (uint32_t i = 0; mcfg && i < mcfg->count; i++) {
		if (!mcfg->segments[i].base)
			finding(check, at_acpi(check, "MCFG", mcfg->segments[i].offset, 8),
				"segment %u of PCI has its configuration space at address 0", mcfg->segments[i].segment);
	}
}
