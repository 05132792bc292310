/* SPDX-License-Identifier: MIT */
/* boot-root-device-name: root= names the disk by the driver that finds it
 *
 * severity: error
 * effect:   degrades
 * clause:   VM Images, I12
 * subject:  loader
 * after:    boot-kernel-missing
 *
 * /dev/vda2 exists only where the disk is virtio-blk and the first of its kind. With virtio-scsi it is /dev/sda2, on Xen
 * /dev/xvda2, as NVMe /dev/nvme0n1p2, and a second disk may come first: software may make no assumption about which devices a
 * machine has. root=UUID=, LABEL=, PARTUUID= and PARTLABEL= work everywhere; so do /dev/mapper, /dev/VG/LV and the names below
 * /dev/disk/by-uuid, by-label, by-partuuid and by-partlabel, unlike by-path and by-id.
 *
 * An entry that first tries a name that works everywhere is not reported.
 *
 * good:   debian-arm64 debian-amd64 systemd-boot-arm64 uki-arm64 xbootldr-arm64 armhf grub-install-arm64
 * good:   gzip-kernel-arm64 installer-arm64 trixie-uki-arm64 squashfs-arm64
 * bad:    debian-arm64 | grub replace "root=UUID=" "root=/dev/vda2 x="
 * expect: !p2/boot/grub/grub.cfg:*: error: root=/dev/vda2 is a name that depends on the hypervisor's disk bus and on the order of disks
 * bad:    uki-arm64 | uki cmdline "root=/dev/sda2 ro console=ttyAMA0"
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI@*: error: root=/dev/sda2 is a name that depends on the hypervisor's disk bus and on the order of disks
 * bad:    systemd-boot-arm64 | entry replace "root=UUID=" "root=/dev/disk/by-path/pci-0000:00:04.0-part2 x="
 * expect: !p1/loader/entries/debian-*.conf:*: error: root=/dev/disk/by-path/pci-0000:00:04.0-part2 is a name of one machine's hardware
 */
#include "boot-help.h"

static enum boot_verdict judge(struct check *check, const struct boot_attempt *attempt, const char **ret_reason)
{
	(void)check, (void)ret_reason;
	if (attempt->kernel.have == ABSENT)
		return BOOT_NO_MATTER;
	return attempt->cmdline->root && boot_device_is_fixed(&attempt->cmdline->root_device) ? BOOT_BAD : BOOT_GOOD;
}

static const char *what(struct check *check, const struct cmdline *cmdline)
{
	return arena_printf(check->arena, "root=%s is a name %s", cmdline->root->value,
			    cmdline->root_device.kind == BOOT_DEVICE_ID
				    ? "of one machine's hardware"
				    : "that depends on the hypervisor's disk bus and on the order of disks");
}

RULE(boot_root_device_name)
{
	const struct boot_path *path = boot_path_of(check);
	struct boot_found *found = NULL;

	for (size_t i = 0; path && i < path->entry_count; i++) {
		const struct boot_entry *entry = boot_entry_number(path, i);
		const struct boot_attempt *bad = boot_all_bad(check, entry, judge);
		struct diagnostic *d;

		if (!bad)
			continue;
		d = boot_finding(check, &found, entry, boot_word_place(check, bad, bad->cmdline->root),
				 what(check, bad->cmdline));
		if (!d)
			continue;
		if (bad->root && bad->root->uuid)
			finding_note(check, d, "%s can be named root=UUID=%s", boot_title(check, bad->root, ""), bad->root->uuid);
		finding_help(check, d, "%s", boot_edit(check));
		finding_stands_alone(check);
	}
	boot_note_others(check, found);
}
