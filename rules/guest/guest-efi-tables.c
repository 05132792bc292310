/* SPDX-License-Identifier: MIT */
/* guest-efi-tables: Linux finds another description in the configuration table than there was before it
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   Hardware Description, H3
 * after:    guest-efi
 *
 * The entries of ACPI and of the device tree have to be there for the system. A program that ran before Linux saw one that
 * Linux, which looks at the configuration table in memory when it runs, does not see, or sees elsewhere.
 *
 * Look for firmware that takes tables away, or moves them, when a system takes over (ExitBootServices).
 *
 * good:   gicv3 gicv2 acpi-off u-boot both x86_64
 * bad:    gicv3 | drop linux-table guid=8868e871-*
 * expect: !efi/configuration-table: error: the entry of ACPI 2.0 was there before Linux ran, and Linux does not find it
 * bad:    both | set linux-table guid=b1b621d5-* address:=0x1000
 * expect: !efi/configuration-table: error: the entry of the device tree led to 0x* before Linux ran, and leads Linux to 0x1000
 */
#include "lint/guest-findings.h"

static void compare(struct check *check, const char *guid, const char *name)
{
	const struct guest *guest = check->machine->guest;
	const struct fact *before = guest_find(guest, "probe-table", "guid", guid);
	const struct fact *after = guest_find(guest, "linux-table", "guid", guid);
	uint64_t led, leads;

	if (before && !after && !guest_incomplete(check))
		finding(check, at_fact("efi/configuration-table"),
			"the entry of %s was there before Linux ran, and Linux does not find it", name);
	else if (fact_number(before, "address", &led) && fact_number(after, "address", &leads) && led != leads)
		finding(check, at_fact("efi/configuration-table"),
			"the entry of %s led to %#llx before Linux ran, and leads Linux to %#llx", name,
			(unsigned long long)led, (unsigned long long)leads);
}

RULE(guest_efi_tables)
{
	const struct guest *guest = check->machine->guest;

	if (!guest_next(guest, NULL, "probe-table") || !guest_next(guest, NULL, "linux-table"))
		return not_applicable(check, "the configuration table was not read twice");
	compare(check, MACHINE_ENTRY_ACPI, "ACPI 2.0");
	compare(check, MACHINE_ENTRY_TREE, "the device tree");
}
