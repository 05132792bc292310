/* SPDX-License-Identifier: MIT */
/* guest-gic-address: the interrupt controller is described in several ways
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   The VM Platform, H11
 * after:    guest-gic
 *
 * The MADT (GICD, ACPI 6.5, 5.2.12.15), the device tree's node of the GIC and what Linux drives have to agree on the version
 * of the interrupt controller and on the address of its distributor. A system that believes the wrong one hangs.
 *
 * This is the firmware's or the hypervisor's to mend.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio both both-acpi
 * bad:    both | acpi APIC 55 09
 * expect: !acpi/APIC@0x34: error: the address of the GIC's distributor is 0x9000000 by the MADT, 0x8000000 by *, 0x8000000 by *
 * bad:    both-acpi | tree-raw-text arm,cortex-a15-gic arm,gic-v3-1234567
 * expect: !devicetree: error: no node is compatible with * [guest-gic]
 * bad:    both-acpi | acpi APIC 64 03
 * expect: !acpi/APIC@0x40: error: * [guest-gic]
 */
#include "lint/guest-findings.h"

static const struct tree_node *gic(const struct tree *tree)
{
	static const char *const known[] = { "arm,gic-v3", "arm,cortex-a15-gic", "arm,gic-400", "arm,cortex-a9-gic" };
	const struct tree_node *node = NULL;

	for (size_t i = 0; tree && !node && i < sizeof(known) / sizeof(*known); i++)
		node = tree_compatible(tree, NULL, known[i]);
	return node;
}

RULE(guest_gic_address)
{
	const struct machine *m = check->machine;
	const struct tree_node *node = gic(guest_tree(m));
	const struct acpi_madt_entry *d = m->madt ? acpi_madt_next(m->madt, NULL, ACPI_MADT_DISTRIBUTOR) : NULL;
	struct guest_claim addresses[GUEST_CLAIMS], versions[GUEST_CLAIMS];
	uint32_t a = 0, v = 0;
	uint64_t base, size;

	if (guest_not_arm(check) || guest_undescribed(check))
		return;
	if (d) {
		addresses[a++] = (struct guest_claim){ "the MADT", at_acpi(check, "APIC", d->offset + 8, 8), d->base };
		if (d->version)
			versions[v++] = (struct guest_claim){ "the MADT", at_acpi(check, "APIC", d->offset + 20, 1),
							      d->version > 3 ? 3 : d->version };
	}
	if (node && tree_reg(node, 0, &base, &size))
		addresses[a++] = (struct guest_claim){ "the device tree", at_fact("devicetree"), base };
	if (node)
		versions[v++] = (struct guest_claim){ "the device tree", at_fact("devicetree"),
						      tree_has_string(node, "compatible", "arm,gic-v3") ? 3 : 2 };
	/* Linux names the memory of a GICv3 so */
	if (machine_region(m, "GICD", &base, &size))
		addresses[a++] = (struct guest_claim){ "Linux", at_fact("linux/iomem"), base };
	guest_compare(check, "the version of the GIC", GUEST_DECIMAL, versions, v);
	guest_compare(check, "the address of the GIC's distributor", GUEST_HEXADECIMAL, addresses, a);
}
