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
 * That both versions can be had is seen from one run with each: the machine has to have the one that was asked for.
 *
 * This is the firmware's or the hypervisor's to mend.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio both both-acpi one-cpu kernel
 * bad:    gicv2 | acpi APIC 64 03
 * expect: !acpi/APIC@0x40: error: the distributor is described as of GIC version 3, the processor has no registers of one
 * bad:    gicv3 | set host-machine gic:=2
 * expect: !linux/interrupts: error: the hypervisor was asked for a GICv2, Linux drives a GICv3
 * bad:    gicv2 | set host-machine gic:=3
 * expect: !linux/interrupts: error: the hypervisor was asked for a GICv3, Linux drives a GICv2
 * bad:    both | set host-machine gic:=2 | drop file path=/proc/interrupts
 * expect: !acpi/APIC@0x40: error: the hypervisor was asked for a GICv2, the MADT describes a GICv3
 * bad:    u-boot | set host-machine gic:=2 | drop file path=/proc/interrupts
 * expect: !devicetree: error: the hypervisor was asked for a GICv2, the device tree describes a GICv3
 * bad:    gicv3 | acpi APIC 64 07
 * expect: !acpi/APIC@0x40: error: the distributor is of GIC version 7, 2, 3 or 4 expected
 * bad:    gicv3 | acpi APIC 64 02
 * expect: !acpi/APIC@0x40: error: the distributor is described as of GIC version 2, Linux drives a GICv3
 * bad:    gicv3 | acpi APIC 44 7f
 * expect: !acpi/APIC: error: the MADT describes no distributor of a GIC
 * bad:    acpi-off | tree-raw-text arm,gic-v3 arm,gic-v9
 * expect: !devicetree: error: no node is compatible with arm,gic-v3, or a GICv2 (arm,cortex-a15-gic, arm,gic-400)
 */
#include "guest/gic.h"
#include "lint/guest-findings.h"

#define VERSION 20 /* in the structure */
#define PFR0_GIC (UINT64_C(0xf) << 24) /* of ID_AA64PFR0_EL1: how many versions of the GIC's system registers there are */

static bool check_madt(struct check *check)
{
	const struct acpi_madt *madt = check->machine->madt;
	const struct acpi_madt_entry *d = acpi_madt_next(madt, NULL, ACPI_MADT_DISTRIBUTOR);
	uint64_t features;

	if (!d) {
		finding(check, at_fact("acpi/APIC"), "the MADT describes no distributor of a GIC");
		return false;
	}
	/* 0: a system looks at the hardware itself */
	if (d->version == 1 || d->version > 4)
		finding(check, at_acpi(check, "APIC", d->offset + VERSION, 1),
			"the distributor is of GIC version %u, 2, 3 or 4 expected", d->version);
	else if (d->version == 2 && gic_of_linux(check->machine) == 3)
		finding(check, at_acpi(check, "APIC", d->offset + VERSION, 1),
			"the distributor is described as of GIC version 2, Linux drives a GICv3");
	else if (d->version >= 3 && fact_number(check->machine->registers, "pfr0", &features) && !(features & PFR0_GIC))
		finding(check, at_acpi(check, "APIC", d->offset + VERSION, 1),
			"the distributor is described as of GIC version %u, the processor has no registers of one", d->version);
	else
		return true;
	return false;
}

/* Is it the one that the hypervisor was told to give the machine?  What Linux drives is there; else what is described counts. */
static void check_asked(struct check *check, const struct acpi_madt_entry *d, const struct tree_node *node)
{
	struct location where = at_fact("linux/interrupts");
	const char *who = "Linux drives";
	unsigned version = gic_of_linux(check->machine);
	uint64_t asked;

	if (!version && d && d->version) {
		version = d->version;
		where = at_acpi(check, "APIC", d->offset + VERSION, 1);
		who = "the MADT describes";
	} else if (!version && node) {
		version = gic_node_version(node);
		where = at_fact("devicetree");
		who = "the device tree describes";
	}
	if (!version || !fact_number(guest_next(check->machine->guest, NULL, "host-machine"), "gic", &asked))
		return;
	/* a GICv4 is one of version 3 with more to it */
	if (asked < 3 ? version != asked : version < 3)
		finding(check, where, "the hypervisor was asked for a GICv%llu, %s a GICv%u", (unsigned long long)asked, who,
			version);
}

RULE(guest_gic)
{
	const struct machine *m = check->machine;
	const struct tree *tree = guest_tree(m);
	const struct tree_node *node = gic_node(tree);
	const struct acpi_madt_entry *d = NULL;
	bool good = true;

	if (guest_not_arm(check) || guest_undescribed(check))
		return;
	if (m->madt && !m->madt->wrong.what) {
		d = acpi_madt_next(m->madt, NULL, ACPI_MADT_DISTRIBUTOR);
		good = check_madt(check);
	}
	if (tree && !node) {
		finding(check, at_fact("devicetree"),
			"no node is compatible with arm,gic-v3, or a GICv2 (arm,cortex-a15-gic, arm,gic-400)");
		good = false;
	}
	if (good)
		check_asked(check, d, node);
}
