/* SPDX-License-Identifier: MIT */
/* guest-power: a guest that was told to end, and whether the hypervisor says that it did so; for the rules in this folder. */
#ifndef RULES_GUEST_GUEST_POWER_H
#define RULES_GUEST_GUEST_POWER_H

#include <string.h>

#include "lint/guest-findings.h"

/* Did the hypervisor say, behind this fact and before the next boot began, that the guest asked for `event`, as QMP calls it? */
static inline bool guest_power_said(const struct guest *guest, const struct fact *phase, const char *event)
{
	for (const struct fact *f = phase + 1; f < guest->facts + guest->count; f++) {
		const char *name = fact_text(f, "name"), *data = fact_text(f, "data");

		if (!strcmp(f->kind, "host-boot"))
			break;
		if (!strcmp(f->kind, "host-event") && name && !strcmp(name, event) && data &&
		    strstr(data, "\"guest\":true"))
			return true;
	}
	return false;
}

/* Each `phase` must be followed by its event; `told` and `did_not` make the messages: "power off", "switch itself off". */
static inline void guest_power_check(struct check *check, const char *phase, const char *event, const char *told,
				     const char *did_not)
{
	const struct guest *guest = check->machine->guest;
	bool any = false;

	if (!guest_next(guest, NULL, "host-machine")) {
		not_applicable(check, "the record is not of a run that the host watched");
		return;
	}
	for (const struct fact *f = guest_next(guest, NULL, "phase"); f; f = guest_next(guest, f, "phase")) {
		const char *name = fact_text(f, "name");

		if (!name || strcmp(name, phase))
			continue;
		any = true;
		if (!guest_power_said(guest, f, event)) {
			finding(check, at_fact("power"), "the guest was told to %s, and the machine did not %s", told, did_not);
			return;
		}
	}
	if (!any)
		not_applicable(check, "the guest was not told to %s", told);
}

#endif
