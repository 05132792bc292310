/* SPDX-License-Identifier: MIT */
/* guest-timer-running: Linux does not keep time by the architected counter
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   The VM Platform, H8
 * after:    guest-timer
 *
 * The counter has to run, not only to be described. Linux keeps time by it (arch_sys_counter) wherever it works, so that
 * another clock source means that it was found unusable.
 *
 * Look whether the hypervisor gives the guest the virtual counter, and whether CNTFRQ_EL0 is set.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio
 * bad:    gicv3 | text /sys/devices/system/clocksource/clocksource0/available_clocksource arch_sys_counter jiffies
 * expect: !linux/clocksource: error: Linux has no clock source arch_sys_counter
 */
#include <string.h>

#include "lint/guest-findings.h"

RULE(guest_timer_running)
{
	const char *sources = machine_file(check->machine,
					   "/sys/devices/system/clocksource/clocksource0/available_clocksource");

	if (guest_not_arm(check))
		return;
	if (!sources)
		not_evaluated(check, NULL, "the record does not hold Linux's clock sources");
	else if (!strstr(sources, "arch_sys_counter"))
		finding(check, at_fact("linux/clocksource"), "Linux has no clock source arch_sys_counter");
}
