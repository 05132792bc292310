/* SPDX-License-Identifier: MIT */
/* guest-timer: the virtual timer is not described
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   The VM Platform, H8
 *
 * The architected virtual timer interrupts by a private interrupt (16 to 31, or 1056 to 1119) that GTDT names (ACPI 6.5,
 * 5.2.25), or in a device tree the node of arm,armv8-timer. A guest has no other timer that it may count on.
 *
 * This is the firmware's or the hypervisor's to mend.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio
 * bad:    gicv3 | acpi GTDT 64 00000000
 * expect: !acpi/GTDT@0x40: error: the virtual timer's interrupt is 0, a private one expected (16 to 31)
 * bad:    acpi-off | tree-raw-text arm,armv8-timer arm,armv9-timer | tree-raw-text arm,armv7-timer arm,armv6-timer
 * expect: !devicetree: error: no node is compatible with arm,armv8-timer
 */
#include "lint/guest-findings.h"

static bool is_private(uint32_t interrupt)
{
	return (interrupt >= 16 && interrupt < 32) || (interrupt >= 1056 && interrupt < 1120);
}

RULE(guest_timer)
{
	const struct machine *m = check->machine;
	const struct tree *tree = guest_tree(m);

	if (guest_not_arm(check) || guest_undescribed(check))
		return;
	if (m->gtdt && !m->gtdt->wrong.what && !is_private(m->gtdt->virtual.interrupt))
		finding(check, at_acpi(check, "GTDT", ACPI_GTDT_VIRTUAL, 4),
			"the virtual timer's interrupt is %u, a private one expected (16 to 31)", m->gtdt->virtual.interrupt);
	if (tree && !tree_compatible(tree, NULL, "arm,armv8-timer") && !tree_compatible(tree, NULL, "arm,armv7-timer"))
		finding(check, at_fact("devicetree"), "no node is compatible with arm,armv8-timer");
}
