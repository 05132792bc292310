/* SPDX-License-Identifier: MIT */
/* guest-psci-off: the machine does not switch itself off
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   ARM Server Architecture, H9
 *
 * A guest that is told to power off asks the firmware, which asks SYSTEM_OFF of PSCI, and the hypervisor lets the machine
 * end there. Here the guest was told so, and the hypervisor never said that the guest asked for it.
 *
 * Look whether the machine hangs in the firmware's ResetSystem: `efi=noruntime` on Linux's command line goes around it.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio x86_64
 * bad:    gicv3 | drop host-event name=SHUTDOWN
 * expect: !power: error: the guest was told to power off, and the machine did not switch itself off
 * bad:    gicv3 | set host-event name=SHUTDOWN data:={"guest":false,"reason":"host-signal"}
 * expect: !power: error: the guest was told to power off, and the machine did not switch itself off
 */
#include <string.h>

#include "lint/guest-findings.h"

/* Did the hypervisor say, behind this fact and before the next boot began, that the guest asked for it? */
static bool said(const struct guest *guest, const struct fact *phase)
{
	for (const struct fact *f = phase + 1; f < guest->facts + guest->count; f++) {
		const char *name = fact_text(f, "name"), *data = fact_text(f, "data");

		if (!strcmp(f->kind, "host-boot"))
			break;
		if (!strcmp(f->kind, "host-event") && name && !strcmp(name, "SHUTDOWN") && data &&
		    strstr(data, "\"guest\":true"))
			return true;
	}
	return false;
}

RULE(guest_psci_off)
{
	const struct guest *guest = check->machine->guest;
	bool told = false;

	if (!guest_next(guest, NULL, "host-machine"))
		return not_applicable(check, "the record is not of a run that the host watched");
	for (const struct fact *f = guest_next(guest, NULL, "phase"); f; f = guest_next(guest, f, "phase")) {
		const char *name = fact_text(f, "name");

		if (!name || strcmp(name, "poweroff"))
			continue;
		told = true;
		if (!said(guest, f)) {
			finding(check, at_fact("power"),
				"the guest was told to power off, and the machine did not switch itself off");
			return;
		}
	}
	if (!told)
		not_applicable(check, "the guest was not told to power off");
}
