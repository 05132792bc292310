/* SPDX-License-Identifier: MIT */
/* guest-timer-interrupt: the virtual timer's interrupt is described in several ways
 *
 * severity: error
 * effect:   blocks-boot
 * subject:  guest
 * clause:   The VM Platform, H11
 * after:    guest-timer
 *
 * GTDT, the third interrupt of the device tree's timer node, and the interrupt that Linux gets from its timer have to be the
 * same one. A system that waits for another has no time that goes on.
 *
 * This is the firmware's or the hypervisor's to mend.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio both both-acpi
 * bad:    gicv3 | acpi GTDT 64 1c000000
 * expect: !acpi/GTDT@0x40: error: the virtual timer's interrupt is 28 by GTDT, 27 by Linux
 * bad:    both | acpi GTDT 64 1c000000
 * expect: !acpi/GTDT@0x40: error: the virtual timer's interrupt is 28 by GTDT, 27 by the device tree, 27 by Linux
 */
#include <stdlib.h>
#include <string.h>

#include "lint/guest-findings.h"

/* The GIC's number of the interrupt that Linux counts as the timer's. */
static bool linux_timer(const struct machine *m, uint64_t *ret)
{
	const char *text = machine_file(m, "/proc/interrupts"), *end = text ? strstr(text, " arch_timer") : NULL, *at = end;
	uint64_t level;

	/* at another level it is another timer */
	if (!end || !fact_number(m->firmware, "exception-level", &level) || level != 1)
		return false;
	while (at > text && at[-1] != '\n')
		at--;
	at = memmem(at, (size_t)(end - at), "GIC", 3);
	if (!at)
		return false;
	at += strcspn(at, " ");
	*ret = strtoull(at, NULL, 10);
	return *ret > 0;
}

RULE(guest_timer_interrupt)
{
	const struct machine *m = check->machine;
	const struct tree *tree = guest_tree(m);
	const struct tree_node *node = tree ? tree_compatible(tree, NULL, "arm,armv8-timer") : NULL;
	struct guest_claim claims[GUEST_CLAIMS];
	uint32_t n = 0, kind, number;
	uint64_t interrupt;

	if (guest_not_arm(check) || guest_undescribed(check))
		return;
	if (m->gtdt && !m->gtdt->wrong.what)
		claims[n++] = (struct guest_claim){ "GTDT", at_acpi(check, "GTDT", ACPI_GTDT_VIRTUAL, 4),
						    m->gtdt->virtual.interrupt };
	/* of three cells each: kind (1: private), number, flags */
	if (node && !tree_property(node, "interrupt-names") && tree_nth_cell(node, "interrupts", 6, &kind) && kind == 1 &&
	    tree_nth_cell(node, "interrupts", 7, &number))
		claims[n++] = (struct guest_claim){ "the device tree", at_fact("devicetree/timer"), number + 16 };
	if (linux_timer(m, &interrupt))
		claims[n++] = (struct guest_claim){ "Linux", at_fact("linux/interrupts"), interrupt };
	guest_compare(check, "the virtual timer's interrupt", GUEST_DECIMAL, claims, n);
}
