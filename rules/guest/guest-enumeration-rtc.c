/* SPDX-License-Identifier: MIT */
/* guest-enumeration-rtc: the real-time clock is described in another way than it is used
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   The VM Platform, H11
 *
 * A clock that Linux drives by itself, a PL031, has to be where the device tree says. One that the firmware drives at run time
 * for GetTime and SetTime (its registers are in UEFI's memory map for that) has to be disabled in the tree: two drivers of one
 * clock undo what the other sets. ACPI needs no such device: there GetTime is the clock.
 *
 * This is the firmware's or the hypervisor's to mend.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio both both-acpi
 * bad:    u-boot | tree-cells pl031@9010000 reg 1 09050000
 * expect: !devicetree: error: Linux drives a PL031 at 0x9010000, which the device tree has not there
 * bad:    u-boot | tree-raw-text arm,pl031 arm,pl999
 * expect: !devicetree: error: Linux drives a PL031 at 0x9010000, which the device tree has not there
 * bad:    both | tree-cells pl031@9010000 status 0 6f6b617900000000
 * expect: !devicetree: error: the PL031 at 0x9010000 is enabled, and the firmware drives it at run time
 */
#include "lint/guest-findings.h"

#define DEVICE 11 /* memory that is registers */
#define RUNTIME (UINT64_C(1) << 63)
#define PAGE 4096

/* Is there firmware's code that uses these registers when a system runs? */
static bool firmware_uses(const struct guest *guest, uint64_t address)
{
	const struct fact *end = guest->facts + guest_first_boot(guest), *f = guest_next(guest, NULL, "probe-memory");
	uint64_t type, base, pages, attributes;

	for (; f && f < end; f = guest_next(guest, f, "probe-memory")) {
		/* a larger range may hold other devices */
		if (fact_number(f, "type", &type) && fact_number(f, "base", &base) && fact_number(f, "pages", &pages) &&
		    fact_number(f, "attributes", &attributes) && type == DEVICE && attributes & RUNTIME && pages == 1 &&
		    base == address / PAGE * PAGE)
			return true;
	}
	return false;
}

RULE(guest_enumeration_rtc)
{
	const struct machine *m = check->machine;
	const struct tree *tree = guest_tree(m);
	const struct tree_node *node = NULL;
	uint64_t driven = 0, base, size;
	bool drives, found = false;

	if (guest_not_arm(check) || guest_undescribed(check))
		return;
	if (!tree)
		return not_applicable(check, "no device tree describes the machine, and by ACPI its clock is UEFI's");
	drives = machine_region(m, "rtc-pl031", &driven, &size);
	while ((node = tree_compatible(tree, node, "arm,pl031"))) {
		if (!tree_reg(node, 0, &base, &size)) {
			/* behind a bus that translates addresses */
			found = true;
			continue;
		}
		found = found || (drives && base == driven);
		if (tree_enabled(node) && firmware_uses(m->guest, base))
			finding(check, at_fact("devicetree"),
				"the PL031 at %#llx is enabled, and the firmware drives it at run time",
				(unsigned long long)base);
	}
	if (drives && !found)
		finding(check, at_fact("devicetree"), "Linux drives a PL031 at %#llx, which the device tree has not there",
			(unsigned long long)driven);
}
