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
 * bad:    gicv3 | lose hotplug-block | data hotplug-block 0 76
 * expect: !hotplug/block: warning: 448 bytes of the disk that was added could be read, 512 expected
 * bad:    gicv3 | data hotplug-block 0 00000000
 * expect: !hotplug/block: warning: the disk that was added holds other data than the host wrote there
 * bad:    gicv3 | data hotplug-block 20 30303030
 * expect: !hotplug/block: warning: the disk that was added holds other data than the host wrote there
 * bad:    gicv3 | set hotplug-gone serial=* gone:=no
 * expect: !hotplug/block: warning: the disk did not go when it was taken away
 * bad:    gicv3 | drop hotplug-block | add host-hotplug class=block refused=no%20such%20bus
 * expect: !hotplug/block: warning: the hypervisor refused to add a disk: no such bus
 * bad:    gicv3 | add host-hotplug class=block kept=the%20guest%20refused
 * expect: !hotplug/block: warning: the disk did not go when it was taken away: the guest refused
 * bad:    gicv3 | drop hotplug-block | set done command=hotplug%20block* known:=no
 * expect: : not evaluated: the guest does not know the command "hotplug block *"
 * bad:    gicv3 | drop hotplug-gone serial=* | set done command=gone%20block* known:=no
 * expect: : not evaluated: the guest does not know the command "gone block *"
 * bad:    gicv3 | drop hotplug-block
 * expect: : not evaluated: the guest has not told what came of "hotplug block *"
 */
#include <string.h>

#include "lint/guest-findings.h"

#define SECTOR 512 /* what the guest reads */

/* Its first line has the number that the host drew for this run, and that variables get for a value: "vmlint hotplug 9fc47…" */
static bool is_hosts(const struct guest *guest, const struct fact *added)
{
	static const char begin[] = "vmlint hotplug ";
	const char *drawn = fact_text(guest_next(guest, NULL, "variable-write"), "wanted");
	const char *text = (const char *)added->data;
	size_t length = strlen(begin);

	if (strncmp(text, begin, length))
		return false;
	return !drawn || (!strncmp(text + length, drawn, strlen(drawn)) && text[length + strlen(drawn)] == '\n');
}

RULE(guest_hotplug_block)
{
	const struct guest *guest = check->machine->guest;
	const struct fact *added = guest_next(guest, NULL, "hotplug-block");
	const struct fact *host = guest_find(guest, "host-hotplug", "class", "block");
	const char *mark = fact_text(added, "serial");
	uint64_t size = SECTOR;
	const struct fact *gone = mark ? guest_find(guest, "hotplug-gone", "serial", mark) : NULL;
	const char *refused = fact_text(host, "refused"), *kept = fact_text(host, "kept");

	if (refused)
		finding(check, at_fact("hotplug/block"), "the hypervisor refused to add a disk: %s", refused);
	else if (!added && !guest_disobeyed(check, "hotplug block"))
		not_applicable(check, "no disk was added to the running machine");
	else if (!added)
		return;
	else if (machine_differs(added, "appeared", "yes"))
		finding(check, at_fact("hotplug/block"), "the disk that was added did not appear");
	else if (machine_differs(added, "read", "ok"))
		finding(check, at_fact("hotplug/block"), "the disk that was added could not be read from: %s",
			fact_text(added, "read"));
	else if (fact_number(added, "size", &size) && size != SECTOR)
		finding(check, at_fact("hotplug/block"), "%llu bytes of the disk that was added could be read, %u expected",
			(unsigned long long)size, SECTOR);
	/* without a size there was no reading; without data it got lost */
	else if (fact_text(added, "size") && !added->data)
		guest_incomplete(check);
	else if (added->data && !is_hosts(guest, added))
		finding(check, at_fact("hotplug/block"), "the disk that was added holds other data than the host wrote there");
	else if (machine_differs(gone, "gone", "yes"))
		finding(check, at_fact("hotplug/block"), "the disk did not go when it was taken away");
	else if (kept)
		finding(check, at_fact("hotplug/block"), "the disk did not go when it was taken away: %s", kept);
	else if (!gone)
		guest_disobeyed(check, "gone block");
}
