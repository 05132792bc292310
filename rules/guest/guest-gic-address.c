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
 * of the interrupt controller and on the address of its distributor, and where its registers were found is where it is. A
 * system that believes the wrong one hangs.
 *
 * This is the firmware's or the hypervisor's to mend.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio both both-acpi
 * bad:    both | acpi APIC 55 09
 * expect: !acpi/APIC@0x34: error: the address of the GIC's distributor is 0x9000000 by the MADT, 0x8000000 by *, 0x8000000 by *
 * bad:    gicv2 | acpi APIC 52 00000009
 * expect: !acpi/APIC@0x34: error: the address of the GIC's distributor is 0x9000000 by the MADT, 0x8000000 by its registers
 * bad:    both-acpi | tree-raw-text arm,cortex-a15-gic arm,gic-v3-1234567
 * expect: !devicetree: error: no node is compatible with * [guest-gic]
 * bad:    both-acpi | acpi APIC 64 03
 * expect: !acpi/APIC@0x40: error: * [guest-gic]
 */
#include "guest/gic.h"
#include "lint/guest-findings.h"

RULE(guest_gic_address)
{
	const struct machine *m = check->machine;
	const struct tree_node *node = gic_node(guest_tree(m));
	const struct acpi_madt_entry *d = m->madt ? acpi_madt_next(m->madt, NULL, ACPI_MADT_DISTRIBUTOR) : NULL;
	struct guest_claim addresses[GUEST_CLAIMS], versions[GUEST_CLAIMS];
	uint32_t a = 0, v = 0;
	struct gic_found found;
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
						      gic_node_version(node) };
	/* Linux names the memory of a GICv3 so */
	if (machine_region(m, "GICD", &base, &size))
		addresses[a++] = (struct guest_claim){ "Linux", at_fact("linux/iomem"), base };
	/* a table may have been wrong, but not where a distributor answered */
	if (gic_found(m->guest, "acpi", &found) && found.answer == GIC_THERE)
		addresses[a++] = (struct guest_claim){ "its registers", at_fact("acpi/APIC"), found.address };
	else if (gic_found(m->guest, "tree", &found) && found.answer == GIC_THERE)
		addresses[a++] = (struct guest_claim){ "its registers", at_fact("devicetree"), found.address };
	guest_compare(check, "the version of the GIC", GUEST_DECIMAL, versions, v);
	guest_compare(check, "the address of the GIC's distributor", GUEST_HEXADECIMAL, addresses, a);
}
