/* SPDX-License-Identifier: MIT */
/* guest-enumeration-disk: the disk that the machine was given is not found
 *
 * severity: error
 * effect:   blocks-boot
 * subject:  guest
 * clause:   The VM Platform, H11
 *
 * Devices are found by ACPI's namespace or the device tree, and by looking at PCI Express. The hypervisor gave the machine a
 * virtio disk, on PCI or in memory (virtio-mmio), and Linux, which has the drivers for both, found none there.
 *
 * For virtio-mmio look whether LNRO0005 devices are in the namespace, or virtio,mmio nodes in the device tree; for PCI, whether
 * the host bridge is.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio both x86_64 kernel
 * bad:    gicv3 | drop link path=/sys/bus/virtio/devices/virtio?
 * expect: !linux/virtio: error: the machine was given a disk on virtio-pci, and Linux found none there
 * bad:    mmio | drop link path=/sys/bus/virtio/devices/virtio?
 * expect: !linux/virtio: error: the machine was given a disk on virtio-mmio, and Linux found none there
 * bad:    gicv3 | drop link path=/sys/class/block/vd*
 * expect: !linux/virtio: error: the machine was given a disk on virtio-pci, and Linux found none there
 */
#include <string.h>

#include "lint/guest-findings.h"

/* A disk of virtio whose device is on this bus, before any was put in by the host. */
static bool has_disk(const struct guest *guest, bool mmio)
{
	for (const struct fact *f = guest_next(guest, NULL, "link"); f; f = guest_next(guest, f, "link")) {
		const char *path = fact_text(f, "path"), *to = fact_text(f, "to");

		if (path && to && !strncmp(path, "/sys/class/block/vd", 19) && strstr(to, "/virtio") &&
		    (strstr(to, mmio ? "virtio_mmio" : "/pci") || (mmio && strstr(to, "/LNRO0005:"))))
			return guest_find(guest, "link", "path", "/sys/bus/virtio/devices/virtio0") != NULL;
	}
	return false;
}

RULE(guest_enumeration_disk)
{
	const struct guest *guest = check->machine->guest;
	const char *transport = fact_text(guest_next(guest, NULL, "host-machine"), "transport");
	bool mmio = transport && !strcmp(transport, "mmio");

	if (!transport || !guest_find(guest, "module", "name", "virtio_blk"))
		return not_applicable(check, "the record is not of the appliance's run with a disk that is known of");
	if (!guest_next(guest, NULL, "link"))
		return guest_unknown(check, "the record does not hold Linux's devices");
	if (!has_disk(guest, mmio) && !guest_incomplete(check))
		finding(check, at_fact("linux/virtio"), "the machine was given a disk on virtio-%s, and Linux found none there",
			transport);
}
