/* SPDX-License-Identifier: MIT */
/* guest-variables-persist: UEFI variables do not outlive a power cycle
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   Virtual Firmware, H5
 *
 * A variable that was written must be there when the machine was off and is on again, in a new process of the hypervisor
 * with the same store: otherwise what an installer tells the firmware is lost. That it lives through a reset proves nothing,
 * since memory does too.
 *
 * Give the machine a variable store of its own that the hypervisor keeps: for edk2 a pflash drive with a copy of the
 * firmware's VARS file.
 *
 * good:   gicv3
 * bad:    gicv3 | set-last variable-read read:=ENOENT
 * expect: !efi/variables: error: VmlintPersist was written and is gone after power-off: ENOENT
 * bad:    gicv3 | set-last variable-read value:=0000
 * expect: !efi/variables: error: VmlintPersist has another value after power-off
 */
#include <string.h>

#include "lint/guest-findings.h"

RULE(guest_variables_persist)
{
	const struct guest *guest = check->machine->guest;
	const struct fact *written = guest_next(guest, NULL, "variable-write"), *cold = NULL, *read;
	const char *wanted = fact_text(written, "wanted"), *name = fact_text(written, "name"), *value;

	if (!written || machine_differs(written, "write", "ok") || !wanted || !name)
		return not_applicable(check, "no variable was written for a later boot to find");
	for (const struct fact *f = guest_next(guest, written, "host-boot"); f; f = guest_next(guest, f, "host-boot")) {
		if (!machine_differs(f, "how", "cold"))
			cold = f;
	}
	read = cold ? guest_next(guest, cold, "variable-read") : NULL;
	if (!read)
		return not_applicable(check, "the machine was not switched off and on again to look for the variable");
	value = fact_text(read, "value");
	if (machine_differs(read, "read", "ok"))
		finding(check, at_fact("efi/variables"), "%s was written and is gone after power-off: %s", name,
			fact_text(read, "read"));
	else if (!value || strcmp(value, wanted))
		finding(check, at_fact("efi/variables"), "%s has another value after power-off", name);
}
