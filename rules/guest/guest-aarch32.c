/* SPDX-License-Identifier: MIT */
/* guest-aarch32: 32-bit programs do not run
 *
 * severity: note
 * effect:   conformance
 * subject:  guest
 * clause:   The VM Platform, H13
 *
 * It is recommended that EL1 and EL0 can run AArch32 where the processor can. A 32-bit program of three instructions was
 * started and did not run. Many newer processors have no AArch32, and a kernel may be built without it: then this says
 * nothing of the hypervisor.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio
 * bad:    gicv3 | drop aarch32 | add aarch32 error=ok exec=ENOEXEC
 * expect: !linux/aarch32: note: a 32-bit program could not be started: ENOEXEC
 * bad:    gicv3 | drop aarch32 | add aarch32 error=ok signal=4
 * expect: !linux/aarch32: note: a 32-bit program was ended by signal 4
 */
#include "lint/guest-findings.h"

RULE(guest_aarch32)
{
	const struct fact *fact = guest_next(check->machine->guest, NULL, "aarch32");

	if (guest_not_arm(check))
		return;
	if (!fact || machine_differs(fact, "error", "ok"))
		not_applicable(check, "this run did not try a 32-bit program");
	else if (machine_differs(fact, "exec", "ok"))
		finding(check, at_fact("linux/aarch32"), "a 32-bit program could not be started: %s", fact_text(fact, "exec"));
	else if (fact_text(fact, "signal"))
		finding(check, at_fact("linux/aarch32"), "a 32-bit program was ended by signal %s", fact_text(fact, "signal"));
	else if (machine_differs(fact, "status", "32"))
		finding(check, at_fact("linux/aarch32"), "a 32-bit program gave %s, 32 expected", fact_text(fact, "status"));
}
