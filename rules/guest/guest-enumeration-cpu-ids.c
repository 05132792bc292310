/* SPDX-License-Identifier: MIT */
/* guest-enumeration-cpu-ids: a processor has another affinity in ACPI than in the device tree
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   The VM Platform, H11
 * after:    guest-enumeration-cpus
 *
 * A processor is started by its affinity (MPIDR_EL1). Each that the MADT has as enabled must have a node of the same under
 * /cpus of the device tree, no two of them the same, and the processor that runs first must be one of them.
 *
 * This is the firmware's or the hypervisor's to mend.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio both both-acpi one-cpu
 * bad:    both | acpi APIC 216 02
 * expect: !acpi/APIC@0x94: error: processor 1 has affinity 0x2 in the MADT, which no node under /cpus has
 * bad:    gicv3 | acpi APIC 216 00
 * expect: !acpi/APIC@0x94: error: processor 1 has affinity 0, as another in the MADT has
 * bad:    gicv3 | set probe-registers mpidr:=0x80000100
 * expect: !acpi/APIC: error: the processor that runs first has affinity 0x100, which none in the MADT has
 */
#include "lint/guest-findings.h"

#define AFFINITY UINT64_C(0xff00ffffff)

static bool tree_has(const struct tree *tree, uint64_t affinity)
{
	const struct tree_node *cpus = tree_at(tree, "/cpus");
	uint64_t reg, size;

	for (uint32_t i = 0; i < tree->count; i++) {
		if (tree->nodes[i].parent == cpus && tree_has_string(&tree->nodes[i], "device_type", "cpu") &&
		    tree_reg(&tree->nodes[i], 0, &reg, &size) && (reg & AFFINITY) == affinity)
			return true;
	}
	return false;
}

static const struct acpi_madt_entry *madt_has(const struct acpi_madt *madt, const struct acpi_madt_entry *until,
					      uint64_t affinity)
{
	const struct acpi_madt_entry *e = NULL;

	while ((e = acpi_madt_next(madt, e, ACPI_MADT_CPU)) && e != until) {
		if (e->flags & ACPI_CPU_ENABLED && (e->mpidr & AFFINITY) == affinity)
			return e;
	}
	return NULL;
}

static void check_madt(struct check *check, const struct acpi_madt *madt, const struct tree *tree)
{
	const struct acpi_madt_entry *e = NULL;

	while ((e = acpi_madt_next(madt, e, ACPI_MADT_CPU))) {
		unsigned long long affinity = e->mpidr & AFFINITY;
		struct location where = at_acpi(check, "APIC", e->offset, e->length);

		if (!(e->flags & ACPI_CPU_ENABLED))
			continue;
		if (madt_has(madt, e, affinity))
			finding(check, where, "processor %u has affinity %#llx, as another in the MADT has", e->uid, affinity);
		else if (tree && !tree_has(tree, affinity))
			finding(check, where, "processor %u has affinity %#llx in the MADT, which no node under /cpus has",
				e->uid, affinity);
	}
}

RULE(guest_enumeration_cpu_ids)
{
	const struct machine *m = check->machine;
	const struct tree *tree = guest_tree(m);
	uint64_t first;

	if (guest_not_arm(check) || guest_undescribed(check))
		return;
	if (m->madt && !m->madt->wrong.what)
		check_madt(check, m->madt, tree);
	if (!fact_number(m->registers, "mpidr", &first))
		return;
	first &= AFFINITY;
	if (m->madt && !m->madt->wrong.what && !madt_has(m->madt, NULL, first))
		finding(check, at_fact("acpi/APIC"),
			"the processor that runs first has affinity %#llx, which none in the MADT has",
			(unsigned long long)first);
	if (tree && !tree_has(tree, first))
		finding(check, at_fact("devicetree/cpus"),
			"the processor that runs first has affinity %#llx, which no node under /cpus has",
			(unsigned long long)first);
}
