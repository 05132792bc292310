/* SPDX-License-Identifier: MIT */
/* guest-rtc-ticking: the real-time clock does not work in Linux
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   Virtual Firmware, H2
 * after:    guest-rtc, guest-rtc-set
 *
 * Linux's rtc0 was opened, read until a second went by, set an hour on and back. One of that did not work, so a guest that
 * is long up loses or cannot set its time of day.
 *
 * Look which driver rtc0 has (/sys/class/rtc/rtc0/name): rtc-efi works through the firmware.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio x86_64 both noruntime
 * bad:    gicv3 | set rtc tick-ms:=-1
 * expect: !linux/rtc0: error: the clock does not tick
 * bad:    gicv3 | set rtc set:=EINVAL
 * expect: !linux/rtc0: error: the clock cannot be set: EINVAL
 * bad:    gicv3 | set rtc open:=ENOENT
 * expect: !linux/rtc0: error: there is no clock that can be opened: ENOENT
 */
#include "lint/guest-findings.h"

RULE(guest_rtc_ticking)
{
	const struct fact *fact = guest_next(check->machine->guest, NULL, "rtc");

	if (machine_avoids_efi(check->machine))
		not_applicable(check, "this Linux does not call UEFI, whose clock this may be");
	else if (!fact)
		not_applicable(check, "this run did not try the clock");
	else if (machine_differs(fact, "open", "ok"))
		finding(check, at_fact("linux/rtc0"), "there is no clock that can be opened: %s", fact_text(fact, "open"));
	else if (machine_differs(fact, "read", "ok"))
		finding(check, at_fact("linux/rtc0"), "the clock cannot be read: %s", fact_text(fact, "read"));
	else if (!machine_differs(fact, "tick-ms", "-1") && fact_text(fact, "tick-ms"))
		finding(check, at_fact("linux/rtc0"), "the clock does not tick");
	else if (machine_differs(fact, "set", "ok"))
		finding(check, at_fact("linux/rtc0"), "the clock cannot be set: %s", fact_text(fact, "set"));
}
