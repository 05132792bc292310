/* SPDX-License-Identifier: MIT */
/* guest-aarch32: 32-bit programs do not run
 *
 * severity: note
 * effect:   conformance
 * subject:  guest
 * clause:   The VM Platform, H13
 *
 * It is recommended that EL1 and EL0 can run AArch32 where the processor can. A 32-bit program of three instructions was
 * started and did not run. Where the processor says that it has no AArch32 at EL0 (ID_AA64PFR0_EL1), the rule is skipped; a
 * kernel may be built without it: then this says nothing of the hypervisor.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio both
 * bad:    gicv3 | drop aarch32 | add aarch32 error=ok exec=ENOEXEC
 * expect: !linux/aarch32: note: a 32-bit program could not be started: ENOEXEC
 * bad:    gicv3 | drop aarch32 | add aarch32 error=ok signal=4
 * expect: !linux/aarch32: note: a 32-bit program was ended by signal 4
 */
#include "lint/guest-findings.h"

/* of ID_AA64PFR0_EL1: what EL0 has; 2: AArch64 and AArch32 */
#define PFR0_EL0 0xfu
#define PFR0_EL0_BOTH 2u

RULE(guest_aarch32)
{
	uint64_t features;
	const struct fact *fact = guest_next(check->machine->guest, NULL, "aarch32");

	if (guest_not_arm(check))
		return;
	if (!fact || machine_differs(fact, "error", "ok"))
		not_applicable(check, "this run did not try a 32-bit program");
	else if (fact_number(check->machine->registers, "pfr0", &features) && (features & PFR0_EL0) != PFR0_EL0_BOTH)
		not_applicable(check, "the processor has no AArch32 at EL0");
	else if (machine_differs(fact, "exec", "ok"))
		finding(check, at_fact("linux/aarch32"), "a 32-bit program could not be started: %s", fact_text(fact, "exec"));
	else if (fact_text(fact, "signal"))
		finding(check, at_fact("linux/aarch32"), "a 32-bit program was ended by signal %s", fact_text(fact, "signal"));
	else if (machine_differs(fact, "status", "32"))
		finding(check, at_fact("linux/aarch32"), "a 32-bit program gave %s, 32 expected", fact_text(fact, "status"));
}
