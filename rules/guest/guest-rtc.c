/* SPDX-License-Identifier: MIT */
/* guest-rtc: UEFI's GetTime does not work
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   Virtual Firmware, H2
 * after:    guest-efi
 *
 * A guest reads the time of day from UEFI's runtime service GetTime (UEFI 2.10, 8.3), since it may not assume a clock of its
 * own.
 *
 * Give the machine a real-time clock that its firmware has a driver for.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio x86_64
 * bad:    gicv3 | set probe-time get:=0x8000000000000003
 * expect: !efi/GetTime: error: GetTime failed: unsupported
 */
#include "lint/guest-findings.h"

RULE(guest_rtc)
{
	const struct fact *fact = guest_next(check->machine->guest, NULL, "probe-time");
	uint64_t status;

	if (!fact_number(fact, "get", &status))
		guest_unprobed(check, "no program of ours ran before Linux, which could have called GetTime");
	else if (status)
		finding(check, at_fact("efi/GetTime"), "GetTime failed: %s", efi_status_name(check->arena, status));
}
