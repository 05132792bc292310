/* SPDX-License-Identifier: MIT */
/* guest-enumeration-cpus: the processors that are described are not those that there are
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   The VM Platform, H11
 *
 * All processors can be enumerated from ACPI or the device tree. Those that the MADT has as enabled, those under /cpus,
 * those that Linux has as present, and those that the hypervisor was asked for have to be equally many.
 *
 * This is the firmware's or the hypervisor's to mend.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio x86_64
 * good:   x86_64 | acpi-append APIC 09100000000000000100000000000000 | acpi-append APIC 09100000010000000100000001000000
 * good:   gicv3 | set host-machine cpus:=4 | text /sys/devices/system/cpu/kernel_max 255 1
 * bad:    x86_64 | acpi-append APIC 0910000000010000010000000f000000
 * expect: !acpi/APIC: error: the MADT has 3 enabled processors, Linux 2
 * bad:    gicv3 | acpi APIC 160 00
 * expect: !acpi/APIC: error: the MADT has 1 enabled processors, Linux 2
 * bad:    gicv3 | set host-machine cpus:=4
 * expect: !linux/cpus: error: the hypervisor was asked for 4 processors, Linux has 2
 */
#include <stdlib.h>
#include <string.h>

#include "lint/guest-findings.h"

/* Nodes under /cpus that are processors, of any status. */
static uint32_t tree_cpus(const struct tree *tree)
{
	const struct tree_node *cpus = tree_at(tree, "/cpus");
	uint32_t count = 0;

	for (uint32_t i = 0; cpus && i < tree->count; i++)
		count += tree->nodes[i].parent == cpus && tree_has_string(&tree->nodes[i], "device_type", "cpu");
	return count;
}

RULE(guest_enumeration_cpus)
{
	const struct machine *m = check->machine;
	uint32_t present = machine_cpu_list(machine_file(m, "/sys/devices/system/cpu/present")), count;
	const char *told = machine_file(m, "/proc/cmdline");
	const char *most = machine_file(m, "/sys/devices/system/cpu/kernel_max");
	uint64_t asked;

	if (!present)
		return guest_unknown(check, "the record does not hold Linux's processors");
	if (told && (strstr(told, "nr_cpus=") || strstr(told, "maxcpus=") || strstr(told, "nosmp")))
		return not_applicable(check, "Linux was told how many processors to use");
	/* the greatest number that a processor may have */
	if (most && strtoull(most, NULL, 10) + 1 == present)
		return not_applicable(check, "this kernel is not built for more than the %u processors that it has", present);
	if (m->madt && !m->madt->wrong.what && m->madt->enabled_cpus != present)
		finding(check, at_fact("acpi/APIC"), "the MADT has %u enabled processors, Linux %u", m->madt->enabled_cpus,
			present);
	count = guest_tree(m) ? tree_cpus(m->tree) : present;
	if (count != present)
		finding(check, at_fact("devicetree/cpus"), "the device tree has %u processors, Linux %u", count, present);
	if (fact_number(guest_next(m->guest, NULL, "host-machine"), "cpus", &asked) && asked != present)
		finding(check, at_fact("linux/cpus"), "the hypervisor was asked for %llu processors, Linux has %u",
			(unsigned long long)asked, present);
}
