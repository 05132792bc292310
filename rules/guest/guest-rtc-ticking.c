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
 * bad:    gicv3 | set rtc read-back:=EIO after:=1 restore:=EIO
 * expect: !linux/rtc0: error: the clock was set, and cannot be read after that: EIO
 * bad:    gicv3 | set rtc to:=1795392778 after:=1795389177
 * expect: !linux/rtc0: error: the clock was set to 1795392778 and shows 1795389177, in seconds since 1970
 * bad:    gicv3 | set rtc restore:=EIO
 * expect: !linux/rtc0: error: the clock was set, and cannot be set back: EIO
 * bad:    gicv3 | set rtc before:=1795389177 restored:=1795392778
 * expect: !linux/rtc0: error: the clock was set back to 1795389177 and shows 1795392778, in seconds since 1970
 * bad:    gicv3 | set rtc open:=ENOENT
 * expect: !linux/rtc0: error: there is no clock that can be opened: ENOENT
 */
#include "lint/guest-findings.h"

/* Seconds that a clock may be off: a processor that does nothing for a while lets it run on. */
#define BEHIND 2
#define AHEAD 600

/* Was the clock set to `key`, and does it show something else by `shown`? */
static bool shows_other(const struct fact *fact, const char *key, const char *shown, uint64_t *to, uint64_t *shows)
{
	uint64_t elapsed = 0;

	fact_number(fact, "elapsed-ms", &elapsed);
	if (!fact_number(fact, key, to) || !fact_number(fact, shown, shows))
		return false;
	return *shows + BEHIND < *to || (*shows > *to && *shows - *to > AHEAD && *shows - *to - AHEAD > elapsed / 1000);
}

/* It was set an hour on, and set back. */
static void check_set(struct check *check, const struct fact *fact)
{
	struct location where = at_fact("linux/rtc0");
	uint64_t to, shows;

	if (machine_differs(fact, "read-back", "ok"))
		finding(check, where, "the clock was set, and cannot be read after that: %s", fact_text(fact, "read-back"));
	else if (shows_other(fact, "to", "after", &to, &shows))
		finding(check, where, "the clock was set to %llu and shows %llu, in seconds since 1970", (unsigned long long)to,
			(unsigned long long)shows);
	else if (machine_differs(fact, "restore", "ok"))
		finding(check, where, "the clock was set, and cannot be set back: %s", fact_text(fact, "restore"));
	else if (machine_differs(fact, "read-restored", "ok"))
		finding(check, where, "the clock was set back, and cannot be read after that: %s",
			fact_text(fact, "read-restored"));
	else if (shows_other(fact, "before", "restored", &to, &shows))
		finding(check, where, "the clock was set back to %llu and shows %llu, in seconds since 1970",
			(unsigned long long)to, (unsigned long long)shows);
}

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
	else
		check_set(check, fact);
}
