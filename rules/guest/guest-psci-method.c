/* SPDX-License-Identifier: MIT */
/* guest-psci-method: processors are not started by PSCI, or it is called in several ways
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   ARM Server Architecture, H9
 * after:    guest-psci
 *
 * Each processor's node in the device tree has enable-method "psci", and PSCI is called by HVC or by SMC: the FADT (flag
 * PSCI_USE_HVC, ACPI 6.5, 5.2.9.4) and the device tree's `method` have to agree which. The wrong one traps, or is undefined.
 *
 * This is the firmware's or the hypervisor's to mend.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio both both-acpi one-cpu
 * bad:    both | acpi FACP 129 01
 * expect: !acpi/FACP@0x81: error: PSCI is called by smc as the FADT says, and by hvc as the device tree says
 * bad:    acpi-off | tree-text cpu@1 enable-method psci spin
 * expect: !devicetree/cpus: error: cpu@1 is started by "spin", "psci" expected
 */
#include <string.h>

#include "lint/guest-findings.h"

static void check_cpus(struct check *check, const struct tree *tree)
{
	const struct tree_node *cpus = tree_at(tree, "/cpus");

	for (uint32_t i = 0; i < tree->count; i++) {
		const struct tree_node *node = &tree->nodes[i];
		const struct tree_property *method = tree_property(node, "enable-method");

		/* the first runs, and needs none */
		if (node->parent != cpus || !method || tree_has_string(node, "enable-method", "psci"))
			continue;
		finding(check, at_fact("devicetree/cpus"), "%.64s is started by \"%.*s\", \"psci\" expected", node->name,
			(int)strnlen((const char *)method->data, method->size < 64 ? method->size : 64),
			(const char *)method->data);
	}
}

RULE(guest_psci_method)
{
	const struct machine *m = check->machine;
	const struct tree *tree = guest_tree(m);
	const struct tree_node *psci = tree ? tree_at(tree, "/psci") : NULL;
	bool by_hvc;

	if (guest_not_arm(check) || guest_undescribed(check))
		return;
	if (tree)
		check_cpus(check, tree);
	if (!tree_property(psci, "method") || !m->fadt || !m->fadt->has_arm_boot)
		return;
	by_hvc = (m->fadt->arm_boot & ACPI_ARM_PSCI_HVC) != 0;
	if (by_hvc != tree_has_string(psci, "method", "hvc"))
		finding(check, at_acpi(check, "FACP", ACPI_FADT_ARM_BOOT, 2),
			"PSCI is called by %s as the FADT says, and by %s as the device tree says", by_hvc ? "hvc" : "smc",
			by_hvc ? "smc" : "hvc");
}
