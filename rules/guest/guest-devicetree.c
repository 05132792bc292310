/* SPDX-License-Identifier: MIT */
/* guest-devicetree: the EFI configuration table has no device tree
 *
 * severity: error
 * effect:   conformance
 * subject:  guest
 * clause:   Hardware Description, H4
 * after:    guest-efi
 *
 * The specification asks firmware for both descriptions of the machine, ACPI and a device tree, since a system may know one
 * of them alone. What Linux shows in /sys/firmware/fdt proves nothing: its EFI stub makes a tree of its own where there is
 * none.
 *
 * QEMU's firmware publishes a device tree when ACPI is switched off (`-M virt,acpi=off`), and never both.
 *
 * good:   acpi-off u-boot
 * bad:    acpi-off | drop *-table guid=b1b621d5-* | drop *-device-tree
 * expect: !efi/configuration-table: error: there is no device-tree entry (b1b621d5-f19c-41a5-830b-d9152c69aae0)
 * bad:    acpi-off | tree-from gicv3 | set host-machine system:=image
 * expect: !devicetree: error: firmware has no device tree: the one that Linux was given holds nothing but /chosen
 */
#include "lint/guest-findings.h"

RULE(guest_devicetree)
{
	const struct machine *m = check->machine;

	if (guest_not_arm(check) || guest_tree_of_loader(check))
		return;
	if (m->tree_entry == MACHINE_UNREADABLE)
		guest_unknown(check, "the record does not hold the EFI configuration table");
	else if (m->tree_entry == MACHINE_ABSENT)
		finding(check, at_fact("efi/configuration-table"),
			"there is no device-tree entry (b1b621d5-f19c-41a5-830b-d9152c69aae0)");
	/* an image's own boot loader ran before; ours ends as firmware left the table */
	else if (guest_tree_is_empty(m) && guest_of_image(m))
		finding(check, at_fact("devicetree"),
			"firmware has no device tree: the one that Linux was given holds nothing but /chosen");
}
