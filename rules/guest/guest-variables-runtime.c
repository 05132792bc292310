/* SPDX-License-Identifier: MIT */
/* guest-variables-runtime: a running system cannot write UEFI variables
 *
 * severity: warning
 * effect:   degrades
 * subject:  guest
 * clause:   Virtual Firmware, H5
 * after:    guest-variables
 *
 * An installer writes Boot#### variables from a running system. Linux wrote a non-volatile variable through efivarfs, read it
 * and deleted it, and one of that failed. Where the firmware says that it cannot (EROFS: its run-time properties leave
 * SetVariable out), this is a note: the Embedded Base Boot Requirements do not oblige it to.
 *
 * good:   gicv3 gicv2 acpi-off mmio both x86_64 noruntime
 * bad:    gicv3 | set variable write:=EIO
 * expect: !efi/SetVariable: warning: Linux could not write a non-volatile variable: EIO
 * bad:    gicv3 | set variable write:=EROFS
 * expect: !efi/SetVariable: note: the firmware does not let a running system write variables
 * bad:    gicv3 | set variable read:=ENOENT
 * expect: !efi/GetVariable: warning: Linux wrote a non-volatile variable and could not read it: ENOENT
 * bad:    gicv3 | set variable after:=ok
 * expect: !efi/SetVariable: warning: Linux deleted a non-volatile variable, and it is still there
 * bad:    gicv3 | set variable attributes:=0x6
 * expect: !efi/SetVariable: warning: Linux wrote a non-volatile variable, and it has attributes 0x6, volatile ones
 */
#include <string.h>

#include "lint/guest-findings.h"

#define NON_VOLATILE 1u

RULE(guest_variables_runtime)
{
	const struct fact *fact = guest_next(check->machine->guest, NULL, "variable");
	uint64_t attributes;

	if (!fact)
		not_applicable(check, "this run did not try to write a variable");
	else if (check->machine->efi != MACHINE_HAVE || machine_avoids_efi(check->machine))
		not_applicable(check, "this Linux does not call UEFI");
	else if (!machine_differs(fact, "write", "EROFS") && fact_text(fact, "write"))
		finding_severity(check, SEVERITY_NOTE, at_fact("efi/SetVariable"),
				 "the firmware does not let a running system write variables");
	else if (machine_differs(fact, "write", "ok"))
		finding(check, at_fact("efi/SetVariable"), "Linux could not write a non-volatile variable: %s",
			fact_text(fact, "write"));
	else if (machine_differs(fact, "read", "ok"))
		finding(check, at_fact("efi/GetVariable"), "Linux wrote a non-volatile variable and could not read it: %s",
			fact_text(fact, "read"));
	else if (fact_text(fact, "wanted") && machine_differs(fact, "value", fact_text(fact, "wanted")))
		finding(check, at_fact("efi/GetVariable"), "Linux wrote a non-volatile variable and read something else");
	else if (fact_number(fact, "attributes", &attributes) && !(attributes & NON_VOLATILE))
		finding(check, at_fact("efi/SetVariable"),
			"Linux wrote a non-volatile variable, and it has attributes %#llx, volatile ones",
			(unsigned long long)attributes);
	else if (machine_differs(fact, "delete", "ok"))
		finding(check, at_fact("efi/SetVariable"), "Linux could not delete a non-volatile variable: %s",
			fact_text(fact, "delete"));
	else if (machine_differs(fact, "after", "ENOENT"))
		finding(check, at_fact("efi/SetVariable"), "Linux deleted a non-volatile variable, and it is still there");
}
