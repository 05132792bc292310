/* SPDX-License-Identifier: MIT */
/* guest-hotplug-net: a network card that is added to the running machine does not work
 *
 * severity: warning
 * effect:   degrades
 * subject:  guest
 * clause:   The VM Platform, H12
 *
 * The machine has a bus, PCI Express or Xen's, that takes a network card while it runs. The hypervisor added one and the
 * guest was told to wait for it, use it and let it go again.
 *
 * A machine of QEMU needs free pcie-root-port devices for that.
 *
 * good:   gicv3
 * bad:    gicv3 | set hotplug-net appeared:=no
 * expect: !hotplug/net: warning: the network card that was added did not appear
 * bad:    gicv3 | set hotplug-net up:=EIO
 * expect: !hotplug/net: warning: the network card that was added could not be switched on: EIO
 * bad:    gicv3 | set hotplug-gone address=* gone:=no
 * expect: !hotplug/net: warning: the network card did not go when it was taken away
 * bad:    gicv3 | drop hotplug-net | add host-hotplug class=net refused=no%20such%20bus
 * expect: !hotplug/net: warning: the hypervisor refused to add a network card: no such bus
 * bad:    gicv3 | add host-hotplug class=net kept=the%20guest%20refused
 * expect: !hotplug/net: warning: the network card did not go when it was taken away: the guest refused
 * bad:    gicv3 | drop hotplug-net | set done command=hotplug%20net* known:=no
 * expect: : not evaluated: the guest does not know the command "hotplug net *" [guest-hotplug-net, guest-hotplug-frame]
 * bad:    gicv3 | drop hotplug-gone address=* | set done command=gone%20net* known:=no
 * expect: : not evaluated: the guest does not know the command "gone net *"
 * bad:    gicv3 | drop hotplug-net
 * expect: : not evaluated: the guest has not told what came of "hotplug net *" [guest-hotplug-net, guest-hotplug-frame]
 */
#include "lint/guest-findings.h"

RULE(guest_hotplug_net)
{
	const struct guest *guest = check->machine->guest;
	const struct fact *added = guest_next(guest, NULL, "hotplug-net");
	const struct fact *host = guest_find(guest, "host-hotplug", "class", "net");
	const char *mark = fact_text(added, "address");
	const struct fact *gone = mark ? guest_find(guest, "hotplug-gone", "address", mark) : NULL;
	const char *refused = fact_text(host, "refused"), *kept = fact_text(host, "kept");

	if (refused)
		finding(check, at_fact("hotplug/net"), "the hypervisor refused to add a network card: %s", refused);
	else if (!added && !guest_disobeyed(check, "hotplug net"))
		not_applicable(check, "no network card was added to the running machine");
	else if (!added)
		return;
	else if (machine_differs(added, "appeared", "yes"))
		finding(check, at_fact("hotplug/net"), "the network card that was added did not appear");
	else if (machine_differs(added, "up", "ok"))
		finding(check, at_fact("hotplug/net"), "the network card that was added could not be switched on: %s",
			fact_text(added, "up"));
	else if (machine_differs(gone, "gone", "yes"))
		finding(check, at_fact("hotplug/net"), "the network card did not go when it was taken away");
	else if (kept)
		finding(check, at_fact("hotplug/net"), "the network card did not go when it was taken away: %s", kept);
	else if (!gone)
		guest_disobeyed(check, "gone net");
}
