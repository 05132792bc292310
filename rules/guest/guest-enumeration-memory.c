/* SPDX-License-Identifier: MIT */
/* guest-enumeration-memory: the memory that is described is not what there is
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   The VM Platform, H11
 *
 * All memory can be enumerated from UEFI's memory map, which systems with ACPI believe, or the device tree. Both have to tell
 * of as much as the hypervisor was asked for, and of the same, and Linux has to have most of it: firmware keeps a few megabytes.
 *
 * This is the firmware's or the hypervisor's to mend.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio both both-acpi one-cpu no-store x86_64
 * bad:    gicv3 | set host-machine memory-mib:=2048
 * expect: !efi/memory-map: error: UEFI's memory map has 1024 MiB, the hypervisor was asked for 2048 MiB
 * bad:    x86_64 | set host-machine memory-mib:=4096
 * expect: !efi/memory-map: error: UEFI's memory map has 10* MiB, the hypervisor was asked for 4096 MiB
 * bad:    both | tree-cells memory@40000000 reg 1 50000000
 * expect: !devicetree/memory: error: UEFI's memory map has 7* MiB of the 1024 MiB that the device tree describes
 * bad:    both | tree-text memory@40000000 device_type memory absent
 * expect: !devicetree/memory: error: the device tree describes no memory, UEFI's memory map 1* MiB
 * bad:    acpi-off | tree-cells memory@40000000 reg 3 20000000
 * expect: !devicetree/memory: error: the device tree has 512 MiB of memory, the hypervisor was asked for 1024 MiB
 * bad:    both | tree-cells memory@40000000 reg 3 20000000
 * expect: !devicetree/memory: error: the device tree has 512 MiB of memory, the hypervisor was asked for 1024 MiB
 * bad:    gicv3 | text /proc/iomem 40000000-7c32ffff 40000000-5c32ffff
 * expect: !linux/iomem: error: Linux has 5* MiB of memory, UEFI's memory map 1024 MiB
 */
#include "lint/guest-findings.h"

#define MEBIBYTE (UINT64_C(1) << 20)
#define PAGE 4096
#define TREE_RANGES 64 /* of a node, looked at one by one */
#define RESERVED 0
#define UNUSABLE 8
#define DEVICE 11	/* memory that is registers */
#define PORTS 12

/* Bytes of RAM in the map that UEFI showed before Linux, used or free, from `first` to `last`. */
static uint64_t map_memory(const struct machine *m, uint64_t first, uint64_t last)
{
	const struct guest *guest = m->guest;
	const struct fact *end = guest->facts + guest_first_boot(guest), *f = guest_next(guest, NULL, "probe-memory");
	uint64_t total = 0, type, pages, base;

	for (; f && f < end; f = guest_next(guest, f, "probe-memory")) {
		uint64_t from, to;

		if (!fact_number(f, "type", &type) || !fact_number(f, "pages", &pages) || !fact_number(f, "base", &base) ||
		    type == UNUSABLE || type == DEVICE || type == PORTS || !pages || pages > (UINT64_MAX - base) / PAGE)
			continue;
		/* on x86 that may be PCI's configuration space */
		if (type == RESERVED && m->architecture == MACHINE_X86_64)
			continue;
		from = base > first ? base : first;
		to = base + (pages * PAGE - 1) < last ? base + (pages * PAGE - 1) : last;
		total += from <= to ? to - from + 1 : 0;
	}
	return total;
}

/* Bytes of what the tree says is memory that UEFI's map has, too. */
static uint64_t common_memory(const struct machine *m, const struct tree *tree)
{
	uint64_t total = 0, base, size;

	for (uint32_t i = 0; tree && i < tree->count; i++) {
		if (!tree_has_string(&tree->nodes[i], "device_type", "memory"))
			continue;
		for (uint32_t n = 0; n < TREE_RANGES && tree_reg(&tree->nodes[i], n, &base, &size); n++) {
			if (size && size - 1 <= UINT64_MAX - base)
				total += map_memory(m, base, base + (size - 1));
		}
	}
	return total;
}

static uint64_t tree_memory(const struct tree *tree)
{
	uint64_t total = 0, base, size;

	for (uint32_t i = 0; tree && i < tree->count; i++) {
		if (!tree_has_string(&tree->nodes[i], "device_type", "memory"))
			continue;
		for (uint32_t n = 0; tree_reg(&tree->nodes[i], n, &base, &size); n++)
			total += size;
	}
	return total;
}

/* What Linux uses, by its own map; 0 if it keeps addresses to itself. */
static uint64_t linux_memory(const struct machine *m)
{
	struct machine_region region = { NULL };
	uint64_t total = 0;

	while (machine_next_region(m, "System RAM", &region))
		total += region.outermost ? region.last - region.first + 1 : 0;
	return total;
}

static unsigned long long mib(uint64_t bytes)
{
	return bytes / MEBIBYTE;
}

/* Holes, and pages that firmware hides, are less than a part in 32. */
static bool short_of(uint64_t have, uint64_t wanted)
{
	return have < wanted - wanted / 32;
}

RULE(guest_enumeration_memory)
{
	const struct machine *m = check->machine;
	uint64_t map = map_memory(m, 0, UINT64_MAX), tree = tree_memory(guest_tree(m)), has = linux_memory(m), asked = 0, same;
	const struct fact *seen = guest_next(m->guest, NULL, "probe-device-tree");

	if (m->architecture != MACHINE_X86_64 && guest_not_arm(check))
		return;
	if (fact_number(guest_next(m->guest, NULL, "host-machine"), "memory-mib", &asked))
		asked = asked < UINT64_MAX / MEBIBYTE ? asked * MEBIBYTE : 0;
	/* the map has a fact for each range */
	if (m->incomplete_tables) {
		guest_incomplete(check);
		return;
	}
	if (!map && !tree)
		return not_applicable(check, "the record does not hold a map of memory");
	if (map && asked && (short_of(map, asked) || short_of(asked, map)))
		finding(check, at_fact("efi/memory-map"),
			"UEFI's memory map has %llu MiB, the hypervisor was asked for %llu MiB", mib(map), mib(asked));
	if (tree && asked && (short_of(tree, asked) || short_of(asked, tree)))
		finding(check, at_fact("devicetree/memory"),
			"the device tree has %llu MiB of memory, the hypervisor was asked for %llu MiB", mib(tree), mib(asked));
	else if (tree && map && !asked && (short_of(tree, map) || short_of(map, tree)))
		finding(check, at_fact("devicetree/memory"), "the device tree has %llu MiB of memory, UEFI's memory map %llu MiB",
			mib(tree), mib(map));
	else if (tree && map && short_of(same = common_memory(m, guest_tree(m)), tree))
		finding(check, at_fact("devicetree/memory"),
			"UEFI's memory map has %llu MiB of the %llu MiB that the device tree describes", mib(same), mib(tree));
	/* the kernel's stub takes memory out of the tree that it hands on, and a tree alone is judged as such */
	if (!tree && map && guest_tree(m) && m->have_acpi == MACHINE_HAVE && seen && seen->data)
		finding(check, at_fact("devicetree/memory"), "the device tree describes no memory, UEFI's memory map %llu MiB",
			mib(map));
	if (!map)
		map = tree;
	/* a kernel may keep an eighth for a dump of itself, and firmware has its part */
	if (has && map && !machine_told(m, "mem=") && has < map - map / 4)
		finding(check, at_fact("linux/iomem"), "Linux has %llu MiB of memory, %s %llu MiB", mib(has),
			map == tree ? "the device tree" : "UEFI's memory map", mib(map));
}
