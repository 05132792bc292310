/* SPDX-License-Identifier: MIT */
/* guest-psci: PSCI 0.2 or later is not described
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   ARM Server Architecture, H9
 *
 * Processors are started, and the machine is switched off and reset, through PSCI. ACPI tells of it by a flag of the FADT
 * (PSCI_COMPLIANT, ACPI 6.5, 5.2.9.4), a device tree by a node of arm,psci-0.2 or arm,psci-1.0. Version 0.1 can neither
 * switch off nor reset.
 *
 * This is the firmware's or the hypervisor's to mend.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio
 * bad:    gicv3 | acpi FACP 129 02
 * expect: !acpi/FACP@0x81: error: flag PSCI_COMPLIANT is not set
 * bad:    acpi-off | tree-raw-text arm,psci-0.2 arm,psci-0.0 | tree-raw-text arm,psci-1.0 arm,psci-0.0
 * expect: !devicetree: error: no node is compatible with arm,psci-0.2 or arm,psci-1.0
 * bad:    gicv3 | text /sys/kernel/debug/psci PSCIv1.1 PSCIv0.1
 * expect: !linux/psci: error: PSCI is of version 0.1, 0.2 or later expected
 */
#include <stdio.h>

#include "lint/guest-findings.h"

RULE(guest_psci)
{
	const struct machine *m = check->machine;
	const struct tree *tree = guest_tree(m);
	const char *version = machine_file(m, "/sys/kernel/debug/psci");
	unsigned major, minor;

	if (guest_not_arm(check) || guest_undescribed(check))
		return;
	if (m->fadt && m->fadt->has_arm_boot && !(m->fadt->arm_boot & ACPI_ARM_PSCI))
		finding(check, at_acpi(check, "FACP", ACPI_FADT_ARM_BOOT, 2), "flag PSCI_COMPLIANT is not set");
	if (tree && !tree_compatible(tree, NULL, "arm,psci-0.2") && !tree_compatible(tree, NULL, "arm,psci-1.0"))
		finding(check, at_fact("devicetree"), "no node is compatible with arm,psci-0.2 or arm,psci-1.0");
	if (version && sscanf(version, "PSCIv%u.%u", &major, &minor) == 2 && !major && minor < 2)
		finding(check, at_fact("linux/psci"), "PSCI is of version %u.%u, 0.2 or later expected", major, minor);
}
