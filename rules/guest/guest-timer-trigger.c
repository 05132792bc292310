/* SPDX-License-Identifier: MIT */
/* guest-timer-trigger: the timer's interrupts are described as edge-triggered
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   The VM Platform, H8
 * after:    guest-timer
 *
 * The architected timer holds its interrupt until it is served (Arm Architecture Reference Manual, D11.2.4): it is a level,
 * and GTDT's flags (ACPI 6.5, 5.2.25, bit 0) and the device tree's third cell have to say so. As an edge one may be lost, and
 * a processor then sleeps on.
 *
 * This is the firmware's or the hypervisor's to mend.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio both
 * bad:    gicv3 | acpi GTDT 68 01
 * expect: !acpi/GTDT@0x44: error: the virtual timer's interrupt is described as edge-triggered, a level expected
 * bad:    gicv3 | acpi GTDT 60 05
 * expect: !acpi/GTDT@0x3c: error: the physical timer's interrupt is described as edge-triggered, a level expected
 * bad:    acpi-off | tree-cells timer interrupts 8 00000001
 * expect: !devicetree/timer: error: the virtual timer's interrupt is described as edge-triggered, a level expected
 */
#include "lint/guest-findings.h"

#define EDGE 1u	     /* of GTDT's flags */
#define EDGES 3u     /* of the device tree's: rising, falling */

static void blame(struct check *check, struct location where, const char *timer)
{
	finding(check, where, "the %s timer's interrupt is described as edge-triggered, a level expected", timer);
}

RULE(guest_timer_trigger)
{
	const struct machine *m = check->machine;
	const struct tree *tree = guest_tree(m);
	const struct tree_node *node = tree ? tree_compatible(tree, NULL, "arm,armv8-timer") : NULL;
	uint32_t flags;

	if (guest_not_arm(check) || guest_undescribed(check))
		return;
	if (m->gtdt && !m->gtdt->wrong.what) {
		if (m->gtdt->virtual.flags & EDGE)
			blame(check, at_acpi(check, "GTDT", ACPI_GTDT_VIRTUAL + 4, 4), "virtual");
		if (m->gtdt->physical.interrupt && m->gtdt->physical.flags & EDGE)
			blame(check, at_acpi(check, "GTDT", ACPI_GTDT_VIRTUAL - 4, 4), "physical");
	}
	if (node && !tree_property(node, "interrupt-names") && tree_nth_cell(node, "interrupts", 8, &flags) && flags & EDGES)
		blame(check, at_fact("devicetree/timer"), "virtual");
}
