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
 * since memory does too; that one is gone after a reset is as bad.
 *
 * Give the machine a variable store of its own that the hypervisor keeps: for edk2 a pflash drive with a copy of the
 * firmware's VARS file.
 *
 * good:   gicv3
 * bad:    gicv3 | set-last variable-read read:=ENOENT
 * expect: !efi/variables: error: VmlintPersist was written and is gone after power-off: ENOENT
 * bad:    gicv3 | set-last variable-read value:=0000
 * expect: !efi/variables: error: VmlintPersist has another value after power-off
 * bad:    gicv3 | set variable-read read:=ENOENT
 * expect: !efi/variables: error: VmlintPersist was written and is gone after a reset: ENOENT
 * bad:    gicv3 | set-last variable-read attributes:=0x6
 * expect: !efi/variables: error: VmlintPersist was written as non-volatile and has attributes 0x6 after power-off
 */
#include <string.h>

#include "lint/guest-findings.h"

#define NON_VOLATILE 1u

/* What the boot that `boot` began read; NULL if it did not look. */
static const struct fact *read_in(const struct guest *guest, const struct fact *boot)
{
	for (const struct fact *f = boot + 1; f < guest->facts + guest->count && strcmp(f->kind, "host-boot"); f++) {
		if (!strcmp(f->kind, "variable-read"))
			return f;
	}
	return NULL;
}

/* True, and there is a finding, if the variable is not as it was written. */
static bool is_wrong(struct check *check, const struct fact *written, const struct fact *read, const char *after)
{
	const char *name = fact_text(written, "name"), *value = fact_text(read, "value");
	uint64_t attributes;

	if (machine_differs(read, "read", "ok"))
		finding(check, at_fact("efi/variables"), "%s was written and is gone after %s: %s", name, after,
			fact_text(read, "read"));
	else if (!value || strcmp(value, fact_text(written, "wanted")))
		finding(check, at_fact("efi/variables"), "%s has another value after %s", name, after);
	else if (fact_number(read, "attributes", &attributes) && !(attributes & NON_VOLATILE))
		finding(check, at_fact("efi/variables"), "%s was written as non-volatile and has attributes %#llx after %s", name,
			(unsigned long long)attributes, after);
	else
		return false;
	return true;
}

RULE(guest_variables_persist)
{
	const struct guest *guest = check->machine->guest;
	const struct fact *written = guest_next(guest, NULL, "variable-write");
	bool cold = false;

	if (!written || machine_differs(written, "write", "ok") || !fact_text(written, "wanted") || !fact_text(written, "name"))
		return not_applicable(check, "no variable was written for a later boot to find");
	for (const struct fact *f = guest_next(guest, written, "host-boot"); f; f = guest_next(guest, f, "host-boot")) {
		bool is_cold = !machine_differs(f, "how", "cold");
		const struct fact *read = read_in(guest, f);

		if (read && is_wrong(check, written, read, is_cold ? "power-off" : "a reset"))
			return;
		cold = cold || (read && is_cold);
	}
	if (!cold)
		not_applicable(check, "the machine was not switched off and on again to look for the variable");
}
