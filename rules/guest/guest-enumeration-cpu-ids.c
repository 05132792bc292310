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
#include <stdlib.h>

#include "lint/guest-findings.h"

#define AFFINITY UINT64_C(0xff00ffffff)

/* Affinities in order, so that each is found at once. */
struct affinities {
	uint64_t *ids;
	uint32_t count;
};

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static bool has(const struct affinities *all, uint64_t affinity)
{
	return bsearch(&affinity, all->ids, all->count, sizeof(affinity), compare) != NULL;
}

static struct affinities of_tree(struct arena *arena, const struct tree *tree)
{
	const struct tree_node *cpus = tree_at(tree, "/cpus");
	struct affinities all = { ARENA_ARRAY(arena, tree->count, uint64_t), 0 };
	uint64_t reg, size;

	for (uint32_t i = 0; i < tree->count; i++) {
		if (tree->nodes[i].parent == cpus && tree_has_string(&tree->nodes[i], "device_type", "cpu") &&
		    tree_reg(&tree->nodes[i], 0, &reg, &size))
			all.ids[all.count++] = reg & AFFINITY;
	}
	qsort(all.ids, all.count, sizeof(*all.ids), compare);
	return all;
}

static struct affinities of_madt(struct arena *arena, const struct acpi_madt *madt)
{
	struct affinities all = { ARENA_ARRAY(arena, madt->count, uint64_t), 0 };
	const struct acpi_madt_entry *e = NULL;

	while ((e = acpi_madt_next(madt, e, ACPI_MADT_CPU))) {
		if (e->flags & ACPI_CPU_ENABLED)
			all.ids[all.count++] = e->mpidr & AFFINITY;
	}
	qsort(all.ids, all.count, sizeof(*all.ids), compare);
	return all;
}

/* Does another processor before this one have its affinity?  Of most no other has. */
static bool is_second(const struct acpi_madt *madt, const struct affinities *all, const struct acpi_madt_entry *of)
{
	const uint64_t affinity = of->mpidr & AFFINITY;
	const uint64_t *at = bsearch(&affinity, all->ids, all->count, sizeof(affinity), compare);
	const struct acpi_madt_entry *e = NULL;

	if ((at == all->ids || at[-1] != affinity) && (at == all->ids + all->count - 1 || at[1] != affinity))
		return false;
	while ((e = acpi_madt_next(madt, e, ACPI_MADT_CPU)) != of) {
		if (e->flags & ACPI_CPU_ENABLED && (e->mpidr & AFFINITY) == affinity)
			return true;
	}
	return false;
}

static void check_madt(struct check *check, const struct acpi_madt *madt, const struct affinities *ids,
		       const struct affinities *nodes)
{
	const struct acpi_madt_entry *e = NULL;

	while ((e = acpi_madt_next(madt, e, ACPI_MADT_CPU))) {
		unsigned long long affinity = e->mpidr & AFFINITY;

		if (!(e->flags & ACPI_CPU_ENABLED))
			continue;
		if (is_second(madt, ids, e))
			finding(check, at_acpi(check, "APIC", e->offset, e->length),
				"processor %u has affinity %#llx, as another in the MADT has", e->uid, affinity);
		else if (nodes && !has(nodes, affinity))
			finding(check, at_acpi(check, "APIC", e->offset, e->length),
				"processor %u has affinity %#llx in the MADT, which no node under /cpus has", e->uid, affinity);
	}
}

RULE(guest_enumeration_cpu_ids)
{
	const struct machine *m = check->machine;
	const struct tree *tree = guest_tree(m);
	const struct acpi_madt *madt = m->madt && !m->madt->wrong.what ? m->madt : NULL;
	struct affinities ids = { NULL, 0 }, nodes = { NULL, 0 };
	uint64_t first;

	if (guest_not_arm(check) || guest_undescribed(check))
		return;
	if (tree)
		nodes = of_tree(check->arena, tree);
	if (madt) {
		ids = of_madt(check->arena, madt);
		check_madt(check, madt, &ids, tree ? &nodes : NULL);
	}
	if (!fact_number(m->registers, "mpidr", &first))
		return;
	first &= AFFINITY;
	if (madt && !has(&ids, first))
		finding(check, at_fact("acpi/APIC"),
			"the processor that runs first has affinity %#llx, which none in the MADT has",
			(unsigned long long)first);
	if (tree && !has(&nodes, first))
		finding(check, at_fact("devicetree/cpus"),
			"the processor that runs first has affinity %#llx, which no node under /cpus has",
			(unsigned long long)first);
}
