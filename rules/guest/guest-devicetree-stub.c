/* SPDX-License-Identifier: MIT */
/* guest-devicetree-stub: the device tree does not describe the machine
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   Hardware Description, H4
 * after:    guest-devicetree
 *
 * An entry in the configuration table is not enough: the tree behind it has to describe processors and memory (Devicetree
 * Specification, chapter 3), as a real one does in some fifty nodes. A boot loader's tree may hold a command line and
 * nothing else.
 *
 * Make the hypervisor hand its device tree to the firmware, and the firmware pass it on.
 *
 * good:   acpi-off u-boot
 * bad:    acpi-off | tree-from gicv3
 * expect: !devicetree: error: the device tree has * nodes and no /cpus
 * expect: !devicetree: error: the device tree has * nodes and no memory
 * bad:    acpi-off | tree-raw 0 00000000
 * expect: !devicetree: error: what the entry leads to is no device tree: *
 */
#include "lint/guest-findings.h"

static bool has_memory(const struct tree *tree)
{
	for (uint32_t i = 0; i < tree->count; i++) {
		if (tree_has_string(&tree->nodes[i], "device_type", "memory"))
			return true;
	}
	return false;
}

RULE(guest_devicetree_stub)
{
	const struct tree *tree = check->machine->tree;

	if (guest_not_arm(check) || guest_tree_of_loader(check) || guest_without_tree(check))
		return;
	if (!tree) {
		finding(check, at_fact("devicetree"), "what the entry leads to is no device tree: %s",
			check->machine->tree_error);
		return;
	}
	if (tree->wrong)
		finding(check, at_fact("devicetree"), "the device tree cannot be read to its end: %s", tree->wrong);
	if (!tree_at(tree, "/cpus"))
		finding(check, at_fact("devicetree"), "the device tree has %u nodes and no /cpus", tree->count);
	if (!has_memory(tree) && check->machine->acpi_entry != MACHINE_HAVE)
		finding(check, at_fact("devicetree"), "the device tree has %u nodes and no memory", tree->count);
}
