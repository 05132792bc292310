/* SPDX-License-Identifier: MIT */
/* guest-rtc-efi: a running system does not have UEFI's clock
 *
 * severity: error
 * effect:   conformance
 * subject:  guest
 * clause:   Virtual Firmware, H2
 * after:    guest-efi, guest-rtc
 *
 * GetTime and SetTime are services that a system calls when it runs, since it may not assume a clock of its own. Linux makes
 * them the clock rtc-efi. It has none here, so the firmware offers them no longer once a system runs (UEFI 2.10, 4.6.2, the
 * table of run-time properties), or Linux drives the same clock by a driver of its own, next to the firmware.
 *
 * Use firmware whose clock works at run time, such as edk2, which also takes the clock's node out of the device tree. For a
 * kernel of your own set CONFIG_RTC_DRV_EFI.
 *
 * good:   gicv3 gicv2 acpi-off mmio both both-acpi one-cpu no-store noruntime
 * good:   gicv3 | text /sys/class/rtc/rtc0/name rtc-efi rtc-abc | text /proc/cmdline vmlint.host efi=nosoftreserve,noruntime
 * good:   gicv3 | text /sys/class/rtc/rtc0/name rtc-efi rtc-abc | text-like /proc/version SMP SMP PREEMPT_RT
 * bad:    gicv3 | text /sys/class/rtc/rtc0/name rtc-efi rtc-abc
 * expect: !linux/rtc0: error: Linux has no clock of UEFI's: rtc0 is rtc-abc rtc-abc.0
 * bad:    gicv3 | drop file path=/sys/class/rtc/rtc*
 * expect: !linux/rtc0: error: Linux has no clock of UEFI's, nor any other
 * bad:    gicv3 | until file path=/sys/class/rtc/rtc*
 * expect: : not evaluated: the record ends before the system has told all that it sees [*, guest-enumeration-memory and 2 more]
 * bad:    gicv3 | until file path=/sys/class/rtc/rtc* | add host-trouble boot=1 kind=panic code=EIO message=x
 * expect: !boot/1: error: the kernel panicked [guest-boot]
 */
#include <fnmatch.h>
#include <string.h>

#include "lint/guest-findings.h"

static bool has_efi_clock(const struct guest *guest)
{
	for (const struct fact *f = guest_next(guest, NULL, "file"); f; f = guest_next(guest, f, "file")) {
		const char *path = fact_text(f, "path");

		if (path && !fnmatch("/sys/class/rtc/*/name", path, FNM_PATHNAME) && f->data &&
		    strstr((const char *)f->data, "rtc-efi"))
			return true;
	}
	return false;
}

RULE(guest_rtc_efi)
{
	const struct machine *m = check->machine;
	const char *first = machine_file(m, "/sys/class/rtc/rtc0/name");

	if (guest_not_arm(check))
		return;
	if (!machine_file(m, "/proc/version"))
		return guest_unknown(check, "the record does not hold what Linux found");
	if (machine_avoids_efi(m))
		return not_applicable(check, "this Linux does not call UEFI: it was told so, or is a real-time kernel");
	if (has_efi_clock(m->guest) || guest_incomplete(check))
		return;
	if (first)
		finding(check, at_fact("linux/rtc0"), "Linux has no clock of UEFI's: rtc0 is %.*s",
			(int)strnlen(first, strcspn(first, "\n") < 64 ? strcspn(first, "\n") : 64), first);
	else
		finding(check, at_fact("linux/rtc0"), "Linux has no clock of UEFI's, nor any other");
}
