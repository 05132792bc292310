/* SPDX-License-Identifier: MIT */
/* fstab-device-name: fstab names a device as one machine happens to call it
 *
 * severity: error
 * effect:   degrades
 * clause:   VM Images, I12
 * after:    gpt-missing
 *
 * The same disk is /dev/vda on virtio-blk, /dev/sda on virtio-scsi, /dev/nvme0n1 on NVMe and /dev/xvda on Xen, and a second
 * disk may well be found first. A line of fstab with such a name works on the machine where it was written; on another one
 * systemd waits for the device, and stops in its emergency mode unless the line is marked `nofail`. Names below
 * /dev/disk/by-path and by-id are those of one machine's hardware, too, but for those that begin with dm-, md- or lvm-.
 *
 * Lines marked `nofail`, `noauto` or `x-systemd.makefs` are not judged, nor names that device mapper, mdadm or other software
 * makes.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | fstab add "/dev/vda3 /srv ext4 defaults 0 2"
 * expect: !p2/etc/fstab:4:1: error: /dev/vda3, to be mounted on /srv, is a name that depends on the hypervisor's disk bus and on the order of disks
 * bad:    debian-arm64 | fstab add "/dev/sda2 none swap sw 0 0"
 * expect: !p2/etc/fstab:4:1: error: /dev/sda2, to be used for swap, is a name *
 * bad:    debian-arm64 | fstab add "/dev/disk/by-path/pci-0000:00:05.0-part2 /srv ext4 defaults 0 0"
 * expect: !p2/etc/fstab:4:1: warning: /dev/disk/by-path/pci-0000:00:05.0-part2, to be mounted on /srv, is a name of one machine's hardware
 * bad:    debian-arm64 | fstab add "/dev/disk/by-id/lvm-pv-uuid-x /srv ext4" | fstab add "/dev/loop0 /opt ext4" | fstab add "/dev/disk/by-id/wwn-0x5 /a ext4"
 * expect: !p2/etc/fstab:6:1: warning: /dev/disk/by-id/wwn-0x5, to be mounted on /a, is a name of one machine's hardware
 */
#include "system-help.h"

static void help(struct check *check, struct diagnostic *d, const struct boot_device_name *name)
{
	const struct filesystem *f = image_find_device(check->image, name);

	if (f && f->uuid)
		finding_help(check, d, "in its place: UUID=%s, which is the %s", f->uuid, filesystem_title(check->image, f));
	else
		finding_help(check, d, "name the file system by UUID= or LABEL=, or the partition by PARTUUID=");
}

static void judge(struct check *check, const struct system *system, const struct fstab_entry *entry)
{
	const struct boot_device_name *name = &entry->device_name;
	const char *use = fstab_is_swap(entry) ? "used for" : "mounted on";
	struct location at = fstab_at(system, &entry->device.place);
	struct diagnostic *d;

	if (entry->fault || fstab_entry_is_optional(entry) || !boot_device_is_fixed(name))
		return;
	if (name->kind == BOOT_DEVICE_ID) {
		d = finding_severity(check, system_severity(check, system, SEVERITY_WARNING), at,
				     "%s, to be %s %s, is a name of one machine's hardware", name->text, use, fstab_what(entry));
	} else {
		d = finding_severity(check, system_severity(check, system, SEVERITY_ERROR), at,
				     "%s, to be %s %s, is a name that depends on the hypervisor's disk bus and on the order of "
				     "disks", name->text, use, fstab_what(entry));
	}
	if (fstab_is_root(entry))
		d->effect = EFFECT_CONFORMANCE;
	help(check, d, name);
}

RULE(fstab_device_name)
{
	fstab_judge(check, judge);
}
