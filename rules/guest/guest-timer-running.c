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
 * good:   gicv3 gicv2 acpi-off u-boot mmio both kernel
 * bad:    gicv3 | set probe-registers frequency:=0
 * expect: !efi/CNTFRQ_EL0: error: the counter's frequency is 0: the firmware did not set it
 * bad:    gicv3 | set probe-registers counter:=5 later:=5
 * expect: !efi/CNTVCT_EL0: error: the virtual counter stands still
 * bad:    gicv3 | text-like /proc/interrupts [0-9]+[[:space:]]+[0-9]+[[:space:]]+GICv3[[:space:]]+27 0 0 GICv3 27
 * expect: !linux/interrupts: error: the timer's interrupt never came
 * bad:    gicv3 | text /sys/devices/system/clocksource/clocksource0/available_clocksource arch_sys_counter jiffies
 * expect: !linux/clocksource: error: Linux has no clock source arch_sys_counter
 */
#include <string.h>

#include "lint/guest-findings.h"

/* Has Linux counted no interrupt of the timer, on any processor?  "11:   0   0   GICv3  27 Level  arch_timer" */
static bool never_came(const char *interrupts)
{
	const char *end = interrupts ? strstr(interrupts, " arch_timer") : NULL, *at = end;

	while (at && at > interrupts && at[-1] != '\n')
		at--;
	if (!at || !(at = memchr(at, ':', (size_t)(end - at))))
		return false;
	for (at++; at < end && (*at == ' ' || *at == '0'); at++)
		;
	/* the GIC's name is behind the last count */
	return *at == 'G';
}

RULE(guest_timer_running)
{
	const char *sources = machine_file(check->machine,
					   "/sys/devices/system/clocksource/clocksource0/available_clocksource");

	uint64_t frequency, counter, later;

	if (guest_not_arm(check))
		return;
	if (fact_number(check->machine->registers, "frequency", &frequency) && !frequency)
		finding(check, at_fact("efi/CNTFRQ_EL0"), "the counter's frequency is 0: the firmware did not set it");
	else if (fact_number(check->machine->registers, "counter", &counter) &&
		 fact_number(check->machine->registers, "later", &later) && later <= counter)
		finding(check, at_fact("efi/CNTVCT_EL0"), "the virtual counter stands still");
	if (never_came(machine_file(check->machine, "/proc/interrupts")))
		finding(check, at_fact("linux/interrupts"), "the timer's interrupt never came");
	if (!sources)
		guest_unknown(check, "the record does not hold Linux's clock sources");
	else if (!strstr(sources, "arch_sys_counter"))
		finding(check, at_fact("linux/clocksource"), "Linux has no clock source arch_sys_counter");
}
