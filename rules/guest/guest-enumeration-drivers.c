/* SPDX-License-Identifier: MIT */
/* guest-enumeration-drivers: Linux cannot drive a paravirtual device that it found
 *
 * severity: warning
 * effect:   degrades
 * subject:  guest
 * clause:   The VM Platform, H11
 *
 * The appliance's kernel has the drivers of virtio's network card, disk, console and balloon, and of Xen's disk and network
 * card. Each such device that it finds, on virtio-pci, virtio-mmio or Xen's bus, has to get its driver: one that has none
 * offered something that the driver refused.
 *
 * Look at what the hypervisor offers in the device, such as its version and its features.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio both x86_64 kernel
 * bad:    gicv3 | text /sys/bus/virtio/devices/virtio0/uevent DRIVER=virtio_blk OTHER=x
 * expect: !linux/virtio: warning: Linux drives virtio0 (virtio disk) by no driver
 * bad:    gicv3 | file /sys/bus/xen/devices/vbd-51712/uevent MODALIAS=xen:vbd
 * expect: !linux/xen: warning: Linux drives vbd-51712 (Xen disk) by no driver
 */
#include <string.h>

#include "lint/guest-findings.h"

static const struct {
	const char *bus, *alias, *name;
} kinds[] = {
	{ "virtio", "virtio:d00000001v", "virtio network card" },
	{ "virtio", "virtio:d00000002v", "virtio disk" },
	{ "virtio", "virtio:d00000003v", "virtio console" },
	{ "virtio", "virtio:d00000005v", "virtio balloon" },
	{ "xen", "xen:vbd", "Xen disk" },
	{ "xen", "xen:vif", "Xen network card" },
};

static bool skip(const char **at, const char *prefix)
{
	size_t length = strlen(prefix);
	bool same = !strncmp(*at, prefix, length);

	*at += same ? length : 0;
	return same;
}

static void look(struct check *check, const char *path, const char *text)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const char *name = path;

		if (!skip(&name, "/sys/bus/") || !skip(&name, kinds[i].bus) || !skip(&name, "/devices/") ||
		    !strstr(text, kinds[i].alias))
			continue;
		if (!strstr(text, "DRIVER="))
			finding(check, at_fact(arena_printf(check->arena, "linux/%s", kinds[i].bus)),
				"Linux drives %.*s (%s) by no driver", (int)strcspn(name, "/"), name, kinds[i].name);
	}
}

RULE(guest_enumeration_drivers)
{
	const struct guest *guest = check->machine->guest;

	if (!guest_find(guest, "module", "load", "ok"))
		return not_applicable(check, "which drivers this system has is not known");
	for (const struct fact *f = guest_next(guest, NULL, "file"); f; f = guest_next(guest, f, "file")) {
		const char *path = fact_text(f, "path");

		if (path && f->data)
			look(check, path, (const char *)f->data);
	}
}
