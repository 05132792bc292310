/* SPDX-License-Identifier: MIT */
/* guest-hotplug-block: a disk that is added to the running machine does not work
 *
 * severity: warning
 * effect:   degrades
 * subject:  guest
 * clause:   The VM Platform, H12
 *
 * The machine has a bus, PCI Express or Xen's, that takes a disk while it runs. The hypervisor added one and the guest was
 * told to wait for it, use it and let it go again.
 *
 * A machine of QEMU needs free pcie-root-port devices for that.
 *
 * good:   gicv3
 * bad:    gicv3 | set hotplug-block appeared:=no
 * expect: !hotplug/block: warning: the disk that was added did not appear
 * bad:    gicv3 | set hotplug-block read:=EIO
 * expect: !hotplug/block: warning: the disk that was added could not be read from: EIO
 * bad:    gicv3 | set hotplug-gone serial=* gone:=no
 * expect: !hotplug/block: warning: the disk did not go when it was taken away
 * bad:    gicv3 | drop hotplug-block | add host-hotplug class=block refused=no%20such%20bus
 * expect: !hotplug/block: warning: the hypervisor refused to add a disk: no such bus
 * bad:    gicv3 | add host-hotplug class=block kept=the%20guest%20refused
 * expect: !hotplug/block: warning: the disk did not go when it was taken away: the guest refused
 */
#include "lint/guest-findings.h"

RULE(guest_hotplug_block)
{
	const struct guest *guest = check->machine->guest;
	const struct fact *added = guest_next(guest, NULL, "hotplug-block");
	const struct fact *host = guest_find(guest, "host-hotplug", "class", "block");
	const char *mark = fact_text(added, "serial");
	const struct fact *gone = mark ? guest_find(guest, "hotplug-gone", "serial", mark) : NULL;
	const char *refused = fact_text(host, "refused"), *kept = fact_text(host, "kept");

	if (refused)
		finding(check, at_fact("hotplug/block"), "the hypervisor refused to add a disk: %s", refused);
	else if (!added)
		not_applicable(check, "no disk was added to the running machine");
	else if (machine_differs(added, "appeared", "yes"))
		finding(check, at_fact("hotplug/block"), "the disk that was added did not appear");
	else if (machine_differs(added, "read", "ok"))
		finding(check, at_fact("hotplug/block"), "the disk that was added could not be read from: %s",
			fact_text(added, "read"));
	else if (machine_differs(gone, "gone", "yes"))
		finding(check, at_fact("hotplug/block"), "the disk did not go when it was taken away");
	else if (kept)
		finding(check, at_fact("hotplug/block"), "the disk did not go when it was taken away: %s", kept);
}
