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
 * somewhere else, or nowhere, for a system that believes the other. The same goes for its interrupt, and for DBG2's port where
 * the machine has one UART alone.
 *
 * This is the firmware's or the hypervisor's to mend.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio both both-acpi
 * bad:    gicv3 | acpi SPCR 47 0a
 * expect: !acpi/SPCR@0x2c: error: the address of the console's UART is 0xa000000 by SPCR, 0x9000000 by Linux, *
 * bad:    both | acpi SPCR 46 0a
 * expect: !acpi/SPCR@0x2c: error: the address of the console's UART is 0x90a0000 by SPCR, 0x9000000 by the device tree, *
 * bad:    both | acpi SPCR 54 22
 * expect: !acpi/SPCR@0x36: error: the interrupt of the console's UART is 34 by SPCR, 33 by the device tree, 33 by Linux
 * bad:    acpi-off | tree-cells pl011@9000000 interrupts 1 00000005
 * expect: !devicetree: error: the interrupt of the console's UART is 37 by the device tree, 33 by Linux
 * bad:    gicv3 | acpi DBG2 70 0000000a
 * expect: !acpi/DBG2@0x2c: error: the address of the console's UART is 0xa000000 by DBG2, 0x9000000 by SPCR, *
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lint/guest-findings.h"

#define OF_GIC 8u	/* SPCR's interrupt type */
#define FIRST_SHARED 32
#define MAXIMUM_INTERRUPT 0xffff

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

/* "13:  0  0  GICv3  33 Level  uart-pl011": the GIC's number, if there is one such line; 0 without. */
static uint32_t linux_interrupt(const struct machine *m)
{
	const char *text = machine_file(m, "/proc/interrupts"), *at = text ? strstr(text, " uart-pl011\n") : NULL;
	const char *gic = NULL;
	unsigned long number;
	char *end;

	if (!at || strstr(at + 1, " uart-pl011\n"))
		return 0;
	while (at > text && at[-1] != '\n')
		at--;
	for (const char *p = at; *p != '\n'; p++)
		gic = !strncmp(p, " GICv", 5) || !strncmp(p, " GIC-", 5) ? p + 1 : gic;
	if (!gic)
		return 0;
	gic += strcspn(gic, " \n");
	number = strtoul(gic, &end, 10);
	return end > gic && (*end == ' ' || *end == '\n') && number <= MAXIMUM_INTERRUPT ? (uint32_t)number : 0;
}

static void check_interrupts(struct check *check, const struct tree_node *node)
{
	const struct acpi_spcr *spcr = check->machine->spcr;
	const struct tree_property *property = tree_property(node, "interrupts");
	struct guest_claim claims[GUEST_CLAIMS];
	uint32_t n = 0, of_linux = linux_interrupt(check->machine), type, number;

	if (spcr && !spcr->wrong.what && spcr->interrupt_type & OF_GIC && spcr->interrupt >= FIRST_SHARED)
		claims[n++] = (struct guest_claim){ "SPCR", at_acpi(check, "SPCR", 54, 4), spcr->interrupt };
	/* a shared one by the GIC's binding: type 0, its number among those, flags */
	if (property && property->size == 12 && tree_nth_cell(node, "interrupts", 0, &type) && !type &&
	    tree_nth_cell(node, "interrupts", 1, &number) && number <= MAXIMUM_INTERRUPT)
		claims[n++] = (struct guest_claim){ "the device tree", at_fact("devicetree"), number + FIRST_SHARED };
	if (of_linux)
		claims[n++] = (struct guest_claim){ "Linux", at_fact("linux/interrupts"), of_linux };
	guest_compare(check, "the interrupt of the console's UART", GUEST_DECIMAL, claims, n);
}

/* Has ACPI's namespace one PL011 (ARMH0011) or SBSA UART (ARMHB000)?  With several DBG2 may name another than SPCR does. */
static bool has_one_uart(const struct guest *guest)
{
	const struct fact *devices = guest_find(guest, "names", "path", "/sys/bus/acpi/devices");
	uint32_t count = 0;

	for (const char *at = devices ? (const char *)devices->data : NULL; at && (at = strstr(at, "ARMH")); at++)
		count += !strncmp(at, "ARMH0011:", 9) || !strncmp(at, "ARMHB000:", 9);
	return count == 1;
}

static const struct acpi_debug_port *only_port(const struct acpi_dbg2 *dbg2)
{
	const struct acpi_debug_port *port = dbg2 && dbg2->count == 1 && !dbg2->wrong.what ? dbg2->ports : NULL;

	if (!port || port->type != ACPI_DEBUG_SERIAL || !port->registers || port->base.space != 0 || !port->base.address)
		return NULL;
	return port->kind == ACPI_SERIAL_PL011 || port->kind == ACPI_SERIAL_SBSA || port->kind == ACPI_SERIAL_SBSA_32 ? port
														      : NULL;
}

RULE(guest_uart_address)
{
	const struct machine *m = check->machine;
	const struct tree *tree = guest_tree(m);
	const struct tree_node *node = tree ? console(check, tree) : NULL;
	const struct acpi_debug_port *port = only_port(m->dbg2);
	struct guest_claim claims[GUEST_CLAIMS];
	uint32_t n = 0;
	uint64_t base, size;

	if (guest_not_arm(check) || guest_undescribed(check))
		return;
	if (m->spcr && !m->spcr->wrong.what && m->spcr->base.space == 0 && m->spcr->base.address)
		claims[n++] = (struct guest_claim){ "SPCR", at_acpi(check, "SPCR", ACPI_SPCR_BASE + 4, 8),
						    m->spcr->base.address };
	if (tree_reg(node, 0, &base, &size))
		claims[n++] = (struct guest_claim){ "the device tree", at_fact("devicetree"), base };
	if (linux_uart(m, &base))
		claims[n++] = (struct guest_claim){ "Linux", at_fact("linux/ttyAMA"), base };
	/* last: where two say what others do not, it is the other */
	if (port && n && has_one_uart(m->guest))
		claims[n++] = (struct guest_claim){ "DBG2", at_acpi(check, "DBG2", port->offset, 22), port->base.address };
	guest_compare(check, "the address of the console's UART", GUEST_HEXADECIMAL, claims, n);
	check_interrupts(check, node);
}
