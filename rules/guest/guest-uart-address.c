/* SPDX-License-Identifier: MIT */
/* guest-uart-address: the console's UART is described in several ways
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   The VM Platform, H11
 * after:    guest-uart
 *
 * SPCR, the device tree's /chosen/stdout-path and the UART that Linux drives have to be the same one. Otherwise the console is
 * somewhere else, or nowhere, for a system that believes the other.
 *
 * This is the firmware's or the hypervisor's to mend.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio both both-acpi
 * bad:    gicv3 | acpi SPCR 47 0a
 * expect: !acpi/SPCR@0x2c: error: the address of the console's UART is 0xa000000 by SPCR, 0x9000000 by Linux
 * bad:    both | acpi SPCR 46 0a
 * expect: !acpi/SPCR@0x2c: error: the address of the console's UART is 0x90a0000 by SPCR, 0x9000000 by the device tree, *
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lint/guest-findings.h"

/* The node that stdout-path names, or that its alias does; without either the only PL011 or SBSA UART. */
static const struct tree_node *console(struct check *check, const struct tree *tree)
{
	const struct tree_property *path = tree_property(tree_at(tree, "/chosen"), "stdout-path");
	const struct tree_node *only = tree_compatible(tree, NULL, "arm,pl011");
	char *text;

	if (!path)
		return only && tree_compatible(tree, only, "arm,pl011") ? NULL : only;
	text = arena_strndup(check->arena, (const char *)path->data, strnlen((const char *)path->data, path->size));
	text[strcspn(text, ":")] = '\0';
	if (text[0] != '/') {
		path = tree_property(tree_at(tree, "/aliases"), text);
		if (!path)
			return NULL;
		text = arena_strndup(check->arena, (const char *)path->data,
				     strnlen((const char *)path->data, path->size));
	}
	return tree_at(tree, text);
}

/* Where the only ttyAMA of Linux is; false if there are several, or none. */
static bool linux_uart(const struct machine *m, uint64_t *ret)
{
	const char *text = machine_file(m, "/proc/tty/driver/ttyAMA"), *at = text ? strstr(text, " mmio:0x") : NULL;

	if (!at || strstr(at + 1, " mmio:0x"))
		return false;
	*ret = strtoull(at + 6, NULL, 16);
	return true;
}

RULE(guest_uart_address)
{
	const struct machine *m = check->machine;
	const struct tree *tree = guest_tree(m);
	struct guest_claim claims[GUEST_CLAIMS];
	uint32_t n = 0;
	uint64_t base, size;

	if (guest_not_arm(check) || guest_undescribed(check))
		return;
	if (m->spcr && !m->spcr->wrong.what && m->spcr->base.space == 0 && m->spcr->base.address)
		claims[n++] = (struct guest_claim){ "SPCR", at_acpi(check, "SPCR", ACPI_SPCR_BASE + 4, 8),
						    m->spcr->base.address };
	if (tree && tree_reg(console(check, tree), 0, &base, &size))
		claims[n++] = (struct guest_claim){ "the device tree", at_fact("devicetree"), base };
	if (linux_uart(m, &base))
		claims[n++] = (struct guest_claim){ "Linux", at_fact("linux/ttyAMA"), base };
	guest_compare(check, "the address of the console's UART", GUEST_HEXADECIMAL, claims, n);
}
