/* SPDX-License-Identifier: MIT */
/* guest-exception-level: firmware does not enter EL1
 *
 * severity: error
 * effect:   conformance
 * subject:  guest
 * clause:   ARM Server Architecture, H10
 * after:    guest-efi
 *
 * A virtual machine's firmware and system run at EL1. One that is entered at EL2 was given a hypervisor's level, and
 * software that expects a guest finds other timers and registers.
 *
 * For QEMU, leave out `virtualization=on`.
 *
 * good:   gicv3 gicv2 acpi-off u-boot
 * bad:    gicv3 | set probe-firmware exception-level:=2
 * expect: !efi: error: the EFI application was entered at EL2, EL1 expected
 */
#include "lint/guest-findings.h"

RULE(guest_exception_level)
{
	uint64_t level;

	if (guest_not_arm(check))
		return;
	if (!fact_number(check->machine->firmware, "exception-level", &level))
		guest_unprobed(check, "no program of ours ran before Linux, which could have seen the exception level");
	else if (level != 1)
		finding(check, at_fact("efi"), "the EFI application was entered at EL%llu, EL1 expected",
			(unsigned long long)level);
}
