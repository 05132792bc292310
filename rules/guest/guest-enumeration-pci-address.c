/* SPDX-License-Identifier: MIT */
/* guest-enumeration-pci-address: the PCI host's configuration space is described in several ways
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   The VM Platform, H11
 *
 * MCFG, the device tree's node of the PCI host, and what Linux found there have to agree on the address of the configuration
 * space and on the number of buses. What is on a bus that one of them does not have is not found.
 *
 * This is the firmware's or the hypervisor's to mend. A machine with several PCI segments is not compared. One segment may have
 * several host bridges (QEMU's pxb-pcie), each with buses of its own: then Linux's buses have to lie within what is described.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio both both-acpi
 * good:   gicv3 | text-like /proc/iomem 401fffffff.* 4017ffffff : PCI ECAM%0a4019000000-4019ffffff : PCI ECAM
 * bad:    gicv3 | acpi MCFG 47 50
 * expect: !acpi/MCFG@0x2c: error: the address of PCI's configuration space is 0x4050000000 by MCFG, 0x4010000000 by Linux
 * bad:    both | acpi MCFG 55 7f
 * expect: !acpi/MCFG@0x37: error: the number of PCI buses is 128 by MCFG, 256 by the device tree, 256 by Linux
 */
#include "lint/guest-findings.h"

#define BUS (UINT64_C(1) << 20) /* bytes of configuration space */

/* From the first to the last byte of what Linux has as configuration space; returns in how many parts. */
static uint32_t linux_buses(const struct machine *m, uint64_t *ret_base, uint64_t *ret_size)
{
	struct machine_region region = { NULL };
	uint64_t first = UINT64_MAX, last = 0;
	uint32_t count = 0;

	while (machine_next_region(m, "PCI ECAM", &region)) {
		count++;
		first = region.first < first ? region.first : first;
		last = region.last > last ? region.last : last;
	}
	*ret_base = first;
	*ret_size = last - first + 1;
	return count;
}

RULE(guest_enumeration_pci_address)
{
	const struct machine *m = check->machine;
	const struct tree *tree = guest_tree(m);
	const struct tree_node *node = tree ? tree_compatible(tree, NULL, "pci-host-ecam-generic") : NULL;
	const struct acpi_mcfg *mcfg = m->mcfg;
	struct guest_claim bases[GUEST_CLAIMS], buses[GUEST_CLAIMS];
	uint32_t n = 0, bridges;
	uint64_t base, size;

	if (guest_not_arm(check) || guest_undescribed(check))
		return;
	if ((mcfg && mcfg->count > 1) || (node && tree_compatible(tree, node, "pci-host-ecam-generic")))
		return not_applicable(check, "the machine has several segments of PCI");
	if (mcfg && !mcfg->wrong.what && mcfg->count && mcfg->segments[0].base && !mcfg->segments[0].first_bus) {
		const struct acpi_segment *s = &mcfg->segments[0];

		bases[n] = (struct guest_claim){ "MCFG", at_acpi(check, "MCFG", s->offset, 8), s->base };
		buses[n++] = (struct guest_claim){ "MCFG", at_acpi(check, "MCFG", s->offset + 11, 1), s->last_bus + 1u };
	}
	if (tree_reg(node, 0, &base, &size)) {
		bases[n] = (struct guest_claim){ "the device tree", at_fact("devicetree"), base };
		buses[n++] = (struct guest_claim){ "the device tree", at_fact("devicetree"), size / BUS };
	}
	bridges = linux_buses(m, &base, &size);
	if (bridges)
		bases[n] = (struct guest_claim){ "Linux", at_fact("linux/iomem"), base };
	/* buses between those of two bridges are nobody's */
	if (bridges > 1 && n && buses[0].value > size / BUS)
		size = buses[0].value * BUS;
	if (bridges)
		buses[n++] = (struct guest_claim){ "Linux", at_fact("linux/iomem"), size / BUS };
	guest_compare(check, "the address of PCI's configuration space", GUEST_HEXADECIMAL, bases, n);
	guest_compare(check, "the number of PCI buses", GUEST_DECIMAL, buses, n);
}
