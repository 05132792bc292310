/* SPDX-License-Identifier: MIT */
/* guest-rtc-set: UEFI's SetTime does not work
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   Virtual Firmware, H2
 * after:    guest-rtc
 *
 * SetTime of UEFI (UEFI 2.10, 8.3) has to set the clock that GetTime reads. The program that ran before Linux set it an hour
 * on, read it, and set it back.
 *
 * Give the machine a real-time clock that its firmware has a driver for and that a guest may set.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio x86_64
 * bad:    gicv3 | set probe-time-set set:=0x8000000000000007
 * expect: !efi/SetTime: error: SetTime failed: device error
 * bad:    gicv3 | set probe-time-set to:=2026-11-22T15:08:52 time:=2026-11-22T14:08:52
 * expect: !efi/SetTime: error: the clock was set to 2026-11-22T15:08:52 and shows 2026-11-22T14:08:52
 * bad:    gicv3 | set probe-time-set get:=0x8000000000000007
 * expect: !efi/GetTime: error: SetTime set the clock, and GetTime then failed: device error
 * bad:    gicv3 | set probe-time-set restored:=0x8000000000000007
 * expect: !efi/SetTime: error: SetTime set the clock once, and then failed: device error
 */
#include <string.h>

#include "lint/guest-findings.h"

RULE(guest_rtc_set)
{
	const struct fact *fact = guest_next(check->machine->guest, NULL, "probe-time-set");
	const char *to = fact_text(fact, "to"), *shows = fact_text(fact, "time");
	uint64_t status;

	if (!fact_number(fact, "set", &status))
		guest_unprobed(check, "no program of ours ran before Linux, which could have called SetTime");
	else if (status)
		finding(check, at_fact("efi/SetTime"), "SetTime failed: %s", efi_status_name(check->arena, status));
	else if (fact_number(fact, "get", &status) && status)
		finding(check, at_fact("efi/GetTime"), "SetTime set the clock, and GetTime then failed: %s",
			efi_status_name(check->arena, status));
	/* seconds may have gone by: the hour, and what is before it, must not */
	else if (to && shows && (strlen(to) < 13 || strncmp(to, shows, 13)) && strcmp(to + strcspn(to, ":"), ":59:59"))
		finding(check, at_fact("efi/SetTime"), "the clock was set to %s and shows %s", to, shows);
	else if (fact_number(fact, "restored", &status) && status)
		finding(check, at_fact("efi/SetTime"), "SetTime set the clock once, and then failed: %s",
			efi_status_name(check->arena, status));
}
