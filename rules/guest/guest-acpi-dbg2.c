/* SPDX-License-Identifier: MIT */
/* guest-acpi-dbg2: the debug port's table describes no UART of an Arm machine
 *
 * severity: warning
 * effect:   degrades
 * subject:  guest
 * clause:   The VM Platform, H6
 * after:    guest-acpi, guest-acpi-corrupt
 *
 * DBG2 (Microsoft Debug Port Table 2) tells a kernel's debugger of a serial port (type 0x8000), on Arm a PL011 (3) or the SBSA's
 * Generic UART (0xd, 0xe), in memory. The Server Base Boot Requirements want the table.
 *
 * This is the firmware's or the hypervisor's to mend.
 *
 * good:   gicv3 gicv2 mmio both no-store
 * bad:    gicv3 | drop probe-acpi signature=DBG2
 * expect: !acpi: warning: there is no table DBG2, which describes the debug port
 * bad:    gicv3 | drop probe-acpi signature=DBG2 | set host-lines lost:=3
 * expect: : not evaluated: 3 lines of the record got lost on their way out of the guest [guest-acpi-dbg2, *]
 * bad:    gicv3 | acpi DBG2 58 12
 * expect: !acpi/DBG2@0x2c: warning: the debug port is a serial port of kind 0x12, PL011 (0x3) or SBSA (0xd, 0xe) expected
 * bad:    gicv3 | acpi DBG2 70 00000000
 * expect: !acpi/DBG2@0x2c: warning: the debug port's address is 0
 */
#include "lint/guest-findings.h"

static bool is_arms(uint16_t kind)
{
	return kind == ACPI_SERIAL_PL011 || kind == ACPI_SERIAL_SBSA || kind == ACPI_SERIAL_SBSA_32;
}

RULE(guest_acpi_dbg2)
{
	const struct acpi_dbg2 *dbg2 = check->machine->dbg2;

	if (guest_not_arm(check) || guest_without_acpi(check))
		return;
	if (guest_table(check, "DBG2") == MACHINE_ABSENT)
		finding(check, at_fact("acpi"), "there is no table DBG2, which describes the debug port");
	for (uint32_t i = 0; dbg2 && i < dbg2->count; i++) {
		const struct acpi_debug_port *port = &dbg2->ports[i];
		struct location where;

		/* a debugger may also speak over a network card or USB */
		if (port->type != ACPI_DEBUG_SERIAL)
			continue;
		where = at_acpi(check, "DBG2", port->offset, 22);
		if (!is_arms(port->kind))
			finding(check, where,
				"the debug port is a serial port of kind %#x, PL011 (0x3) or SBSA (0xd, 0xe) expected",
				port->kind);
		else if (!port->registers || port->base.space != 0)
			finding(check, where, "the debug port has no address in memory");
		else if (!port->base.address)
			finding(check, where, "the debug port's address is 0");
	}
}
