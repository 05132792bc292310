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
 * names. Without it Linux on Arm sees nothing of what is on the bus. Where there is a device tree as well, both have the bridge.
 *
 * This is the firmware's or the hypervisor's to mend.
 *
 * good:   gicv3 gicv2 mmio x86_64 both both-acpi
 * bad:    gicv3 | drop probe-acpi signature=MCFG
 * expect: !acpi: error: the namespace has a PCI host bridge, and there is no table MCFG
 * bad:    gicv3 | acpi MCFG 44 0000000000000000
 * expect: !acpi/MCFG@0x2c: error: segment 0 of PCI has its configuration space at address 0
 * bad:    gicv3 | acpi MCFG 54 0300
 * expect: !acpi/MCFG@0x36: error: segment 0 of PCI begins with bus 3 and ends with bus 0
 * bad:    both | drop probe-acpi signature=MCFG
 * expect: !acpi: error: the device tree has a PCI host bridge, and there is no table MCFG
 * bad:    both | tree-raw-text pci-host-ecam-generic pci-host-ecam-generix | tree-text pcie@10000000 device_type pci pcx
 * expect: !devicetree: error: MCFG has a PCI host bridge, and the device tree has none
 */
#include <string.h>

#include "lint/guest-findings.h"

static bool has_bridge(const struct guest *guest)
{
	const struct fact *devices = guest_find(guest, "names", "path", "/sys/bus/acpi/devices");
	const char *names = devices ? (const char *)devices->data : NULL;

	return names && (strstr(names, "PNP0A08:") || strstr(names, "PNP0A03:"));
}

/* Of whatever make, and even if it is disabled. */
static bool tree_has_bridge(const struct tree *tree)
{
	for (uint32_t i = 0; tree && i < tree->count; i++) {
		if (tree_has_string(&tree->nodes[i], "device_type", "pci") ||
		    tree_has_string(&tree->nodes[i], "compatible", "pci-host-ecam-generic"))
			return true;
	}
	return false;
}

RULE(guest_enumeration_pci)
{
	const struct acpi_mcfg *mcfg = check->machine->mcfg;
	const struct tree *tree = guest_tree(check->machine);
	const struct tree_node *ecam = tree ? tree_compatible(tree, NULL, "pci-host-ecam-generic") : NULL;
	bool arm = check->machine->architecture == MACHINE_AARCH64, named = has_bridge(check->machine->guest);

	if (guest_without_acpi(check))
		return;
	if (!named && !(arm && tree))
		return not_applicable(check, "ACPI's namespace has no PCI host bridge, as far as the record says");
	/* on x86 there are I/O ports as well */
	if (arm && (named || (ecam && tree_enabled(ecam))) && guest_table(check, "MCFG") == MACHINE_ABSENT)
		finding(check, at_fact("acpi"), "%s has a PCI host bridge, and there is no table MCFG",
			named ? "the namespace" : "the device tree");
	if (arm && tree && mcfg && mcfg->count && mcfg->segments[0].base && !tree_has_bridge(tree))
		finding(check, at_fact("devicetree"), "MCFG has a PCI host bridge, and the device tree has none");
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
