/* SPDX-License-Identifier: MIT */
/* guest-power: a guest that was told to end, and whether the hypervisor says that it did so; for the rules in this folder. */
#ifndef RULES_GUEST_GUEST_POWER_H
#define RULES_GUEST_GUEST_POWER_H

#include <string.h>

#include "lint/guest-findings.h"

/* Is it `event`, as QMP calls it, and did the guest ask for it?  Else somebody did who is neither in it nor us. */
static inline bool guest_power_is(const struct fact *f, const char *event, bool guest)
{
	const char *name = fact_text(f, "name"), *data = fact_text(f, "data");

	return !strcmp(f->kind, "host-event") && name && !strcmp(name, event) && data &&
	       !!strstr(data, "\"guest\":true") == guest;
}

/* Each `phase` must be followed by its event before the next boot; `told` and `did_not` make the messages: "power off", "switch
 * itself off".  After SHUTDOWN nothing runs, so that it counts wherever in the boot the record has it: it comes by another way
 * than the console.  One pass, from the end. */
static inline void guest_power_check(struct check *check, const char *phase, const char *event, const char *told,
				     const char *did_not)
{
	const struct guest *guest = check->machine->guest;
	bool any = false, said = false, ended = false, missed = false, outside = false,
	     last = !strcmp(event, "SHUTDOWN");

	if (!guest_next(guest, NULL, "host-machine")) {
		not_applicable(check, "the record is not of a run that the host watched");
		return;
	}
	for (uint32_t i = guest->count; i-- > 0;) {
		const struct fact *f = &guest->facts[i];
		const char *name = fact_text(f, "name");

		if (guest_power_is(f, event, true)) {
			said = ended = true;
			missed = missed && !last;
		} else if (guest_power_is(f, event, false)) {
			outside = ended = true;
		} else if (!strcmp(f->kind, "phase") && name && !strcmp(name, phase)) {
			any = true;
			missed = missed || !said;
			if (missed && outside)
				return guest_unknown(check, "somebody outside of the guest ended it");
			/* of the very end nobody has told */
			if (missed && !ended)
				return guest_unknown(check, "the record ends before the machine does");
		} else if (!strcmp(f->kind, "host-exit") || !strcmp(f->kind, "host-trouble")) {
			ended = true;
		} else if (!strcmp(f->kind, "host-boot")) {
			if (missed)
				break;
			said = outside = false;
			ended = true;
		}
	}
	if (missed)
		finding(check, at_fact("power"), "the guest was told to %s, and the machine did not %s", told, did_not);
	else if (!any)
		not_applicable(check, "the guest was not told to %s", told);
}

#endif
