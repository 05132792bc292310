/* SPDX-License-Identifier: MIT */
/* guest-variables: UEFI variables cannot be written, read and deleted
 *
 * severity: warning
 * effect:   degrades
 * subject:  guest
 * clause:   Virtual Firmware, H5
 * after:    guest-efi
 *
 * A system that is installed writes Boot#### variables. Before Linux started, a non-volatile variable was written, read back
 * and deleted through UEFI's runtime services (UEFI 2.10, 8.2), and one of that failed.
 *
 * Give the machine a variable store: for edk2 a pflash drive with a copy of the firmware's VARS file.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio x86_64
 * bad:    gicv3 | set probe-variable kind=non-volatile set:=0x8000000000000009
 * expect: !efi/SetVariable: warning: a non-volatile variable could not be written: out of resources
 * bad:    gicv3 | set probe-variable kind=non-volatile same:=no
 * expect: !efi/GetVariable: warning: a non-volatile variable did not read back as it was written
 * bad:    gicv3 | set probe-variable kind=non-volatile attributes:=0x6
 * expect: !efi/SetVariable: warning: a non-volatile variable was written and has attributes 0x6, volatile ones
 * bad:    gicv3 | set probe-variable kind=non-volatile after:=0x0
 * expect: !efi/SetVariable: warning: a non-volatile variable was deleted, and is still there
 */
#include "lint/guest-findings.h"

#define NON_VOLATILE 1u

RULE(guest_variables)
{
	const struct fact *fact = guest_find(check->machine->guest, "probe-variable", "kind", "non-volatile");
	uint64_t status, attributes;

	if (!fact_number(fact, "set", &status))
		guest_unprobed(check, "no program of ours ran before Linux, which could have written a variable");
	else if (status)
		finding(check, at_fact("efi/SetVariable"), "a non-volatile variable could not be written: %s",
			efi_status_name(check->arena, status));
	else if (fact_number(fact, "get", &status) && status)
		finding(check, at_fact("efi/GetVariable"), "a non-volatile variable could not be read: %s",
			efi_status_name(check->arena, status));
	else if (machine_differs(fact, "same", "yes"))
		finding(check, at_fact("efi/GetVariable"), "a non-volatile variable did not read back as it was written");
	else if (fact_number(fact, "attributes", &attributes) && !(attributes & NON_VOLATILE))
		finding(check, at_fact("efi/SetVariable"),
			"a non-volatile variable was written and has attributes %#llx, volatile ones",
			(unsigned long long)attributes);
	else if (fact_number(fact, "delete", &status) && status)
		finding(check, at_fact("efi/SetVariable"), "a non-volatile variable could not be deleted: %s",
			efi_status_name(check->arena, status));
	else if (fact_number(fact, "after", &status) && !status)
		finding(check, at_fact("efi/SetVariable"), "a non-volatile variable was deleted, and is still there");
}
