/* SPDX-License-Identifier: MIT */
/* guest-gic: no GIC that a guest may expect is described
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   The VM Platform, H7
 *
 * A virtual machine has one interrupt controller, a GICv2 or one of version 3 or 4, and what describes it says which. What
 * the MADT says (GICD, ACPI 6.5, 5.2.12.15) is compared with the driver that Linux uses.
 *
 * This is the firmware's or the hypervisor's to mend. That both versions can be had is seen from one run with each.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio both both-acpi one-cpu kernel
 * bad:    gicv2 | acpi APIC 64 03
 * expect: !acpi/APIC@0x40: error: the distributor is described as of GIC version 3, the processor has no registers of one
 * bad:    gicv3 | acpi APIC 64 07
 * expect: !acpi/APIC@0x40: error: the distributor is of GIC version 7, 2, 3 or 4 expected
 * bad:    gicv3 | acpi APIC 64 02
 * expect: !acpi/APIC@0x40: error: the distributor is described as of GIC version 2, Linux drives a GICv3
 * bad:    gicv3 | acpi APIC 44 7f
 * expect: !acpi/APIC: error: the MADT describes no distributor of a GIC
 * bad:    acpi-off | tree-raw-text arm,gic-v3 arm,gic-v9
 * expect: !devicetree: error: no node is compatible with arm,gic-v3, or a GICv2 (arm,cortex-a15-gic, arm,gic-400)
 */
#include <string.h>

#include "lint/guest-findings.h"

#define VERSION 20 /* in the structure */
#define PFR0_GIC (UINT64_C(0xf) << 24) /* of ID_AA64PFR0_EL1: how many versions of the GIC's system registers there are */

static void check_madt(struct check *check)
{
	const struct acpi_madt *madt = check->machine->madt;
	const struct acpi_madt_entry *d = acpi_madt_next(madt, NULL, ACPI_MADT_DISTRIBUTOR);
	const char *interrupts = machine_file(check->machine, "/proc/interrupts");
	uint64_t features;
	bool drives_v3 = interrupts && strstr(interrupts, "GICv3");

	if (!d) {
		finding(check, at_fact("acpi/APIC"), "the MADT describes no distributor of a GIC");
		return;
	}
	/* 0: a system looks at the hardware itself */
	if (d->version == 1 || d->version > 4)
		finding(check, at_acpi(check, "APIC", d->offset + VERSION, 1),
			"the distributor is of GIC version %u, 2, 3 or 4 expected", d->version);
	else if (d->version == 2 && drives_v3)
		finding(check, at_acpi(check, "APIC", d->offset + VERSION, 1),
			"the distributor is described as of GIC version 2, Linux drives a GICv3");
	else if (d->version >= 3 && fact_number(check->machine->registers, "pfr0", &features) && !(features & PFR0_GIC))
		finding(check, at_acpi(check, "APIC", d->offset + VERSION, 1),
			"the distributor is described as of GIC version %u, the processor has no registers of one", d->version);
}

RULE(guest_gic)
{
	static const char *const known[] = { "arm,gic-v3", "arm,cortex-a15-gic", "arm,gic-400", "arm,cortex-a9-gic" };
	const struct machine *m = check->machine;
	const struct tree *tree = guest_tree(m);
	bool found = false;

	if (guest_not_arm(check) || guest_undescribed(check))
		return;
	if (m->madt && !m->madt->wrong.what)
		check_madt(check);
	if (!tree)
		return;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		found = found || tree_compatible(tree, NULL, known[i]);
	if (!found)
		finding(check, at_fact("devicetree"),
			"no node is compatible with arm,gic-v3, or a GICv2 (arm,cortex-a15-gic, arm,gic-400)");
}
