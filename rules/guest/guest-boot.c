/* SPDX-License-Identifier: MIT */
/* guest-boot: a boot came to nothing
 *
 * severity: error
 * effect:   blocks-boot
 * subject:  guest
 * clause:   Virtual Firmware, H1
 *
 * Firmware starts the EFI application at the removable-media path of the disk, and the system that this starts runs until
 * it is told to end. Here the firmware found nothing, or somebody crashed, hung, or reset the machine. Where and after what
 * the console's last lines say.
 *
 * What a boot that came to nothing would have told is not known; other rules say so only if they had no other boot to judge.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio both one-cpu x86_64
 * bad:    gicv3 | add host-trouble boot=2 kind=panic code=EIO message=x
 * expect: !boot/2: error: the kernel panicked
 * bad:    gicv3 | add host-trouble boot=3 kind=hang code=ETIMEDOUT message=x
 * expect: !boot/3: error: the system began to run, and then was not heard of any more
 * bad:    gicv3 | add host-trouble boot=1 kind=reset code=ECONNRESET message=x
 * expect: !boot/1: error: the system reset the machine without being told to
 * bad:    gicv3 | add host-trouble boot=1 kind=silent code=ETIMEDOUT seconds=240 message=x
 * expect: !boot/1: error: nothing was heard of a system in 240 s
 * bad:    gicv3 | add host-trouble boot=1 kind=silent code=ETIMEDOUT seconds=240 heard=no message=x
 * expect: !boot/1: error: not a byte came over the console in 240 s, of firmware neither
 */
#include <string.h>

#include "lint/guest-findings.h"

static const struct {
	const char *kind, *message;
} troubles[] = {
	{ "shell", "the firmware found nothing to start and went into its shell" },
	{ "nothing-to-start", "the firmware found nothing to start" },
	{ "firmware-crash", "the firmware crashed" },
	{ "probe", "the firmware started the probe, which could not start the system" },
	{ "panic", "the kernel panicked" },
	{ "silent", "nothing was heard of a system before the time was up" },
	{ "hang", "the system began to run, and then was not heard of any more" },
	{ "reset-loop", "the machine reset again and again before a system ran" },
	{ "reset", "the system reset the machine without being told to" },
	{ "off", "the machine switched itself off without being told to" },
	{ "flood", "the console was flooded" },
};

RULE(guest_boot)
{
	const struct fact *trouble = check->machine->trouble;
	struct diagnostic *d;
	uint64_t seconds;
	const char *kind = fact_text(trouble, "kind"), *boot = fact_text(trouble, "boot"), *heard = fact_text(trouble, "heard");
	bool silent = kind && !strcmp(kind, "silent"), mute = silent && heard && !strcmp(heard, "no");

	if (!guest_next(check->machine->guest, NULL, "host-boot"))
		return not_applicable(check, "the record is not of a run that the host watched");
	for (size_t i = 0; kind && i < sizeof(troubles) / sizeof(*troubles); i++) {
		const char *message = troubles[i].message;

		if (strcmp(kind, troubles[i].kind))
			continue;
		if (silent && fact_number(trouble, "seconds", &seconds))
			message = arena_printf(check->arena,
					       mute ? "not a byte came over the console in %llu s, of firmware neither"
						    : "nothing was heard of a system in %llu s",
					       (unsigned long long)seconds);
		d = finding(check, at_fact(arena_printf(check->arena, "boot/%s", boot ? boot : "?")), "%s", message);
		if (mute)
			finding_help(check, d,
				     "give the machine firmware that is made for it, and that writes to its first serial port");
		else if (silent || !strcmp(kind, "hang"))
			finding_help(check, d,
				     "if the machine is only slow: --timeout=SECONDS of `vmlint boot` gives it more time");
	}
}
