/* SPDX-License-Identifier: MIT */
/* guest-uart: no SBSA or PL011 UART is described
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   The VM Platform, H6
 *
 * The machine has an emulated UART that meets the minimum of the SBSA's, which every system can use as a console: a PL011,
 * or the Generic UART that is a part of it. ACPI tells of it in SPCR (interface type 3, 0xd or 0xe), a device tree by
 * arm,pl011 or arm,sbsa-uart.
 *
 * Give the machine such a UART as its first serial port, and let its firmware describe it.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio
 * bad:    gicv3 | acpi SPCR 36 12
 * expect: !acpi/SPCR@0x24: error: the console is of interface type 0x12: PL011 (0x3) or SBSA (0xd, 0xe) expected
 * bad:    gicv3 | drop probe-acpi signature=SPCR
 * expect: !acpi: error: there is no table SPCR, which describes the console
 * bad:    acpi-off | tree-raw-text arm,pl011 arm,pl999
 * expect: !devicetree: error: no enabled node is compatible with arm,pl011 or arm,sbsa-uart
 */
#include "lint/guest-findings.h"

static bool enabled_node(const struct tree *tree, const char *compatible)
{
	const struct tree_node *node = NULL;

	while ((node = tree_compatible(tree, node, compatible))) {
		if (tree_enabled(node))
			return true;
	}
	return false;
}

static void check_spcr(struct check *check)
{
	const struct acpi_spcr *spcr = check->machine->spcr;

	if (guest_table(check, "SPCR") == MACHINE_ABSENT)
		finding(check, at_fact("acpi"), "there is no table SPCR, which describes the console");
	else if (spcr && !spcr->wrong.what && spcr->kind != ACPI_SERIAL_PL011 && spcr->kind != ACPI_SERIAL_SBSA &&
		 spcr->kind != ACPI_SERIAL_SBSA_32)
		finding(check, at_acpi(check, "SPCR", ACPI_SPCR_KIND, 2),
			"the console is of interface type %#x: PL011 (0x3) or SBSA (0xd, 0xe) expected", spcr->kind);
}

RULE(guest_uart)
{
	const struct machine *m = check->machine;
	const struct tree *tree = guest_tree(m);

	if (guest_not_arm(check) || guest_undescribed(check))
		return;
	if (m->have_acpi == MACHINE_HAVE)
		check_spcr(check);
	if (tree && !enabled_node(tree, "arm,pl011") && !enabled_node(tree, "arm,sbsa-uart"))
		finding(check, at_fact("devicetree"), "no enabled node is compatible with arm,pl011 or arm,sbsa-uart");
}
