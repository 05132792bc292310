/* SPDX-License-Identifier: MIT */
/* initrd-missing: the boot entry has no initrd, and the kernel cannot mount its root without one
 *
 * severity: error
 * effect:   blocks-boot
 *
 * Without an initrd the kernel itself must find the root. It knows root=PARTUUID=, root=PARTLABEL= and device names such as
 * /dev/vda2; a file system's UUID or label, LVM and LUKS are for the programs of an initrd. And it has no drivers but those built
 * in: where the disk's or the root file system's are modules, it stops with "VFS: Unable to mount root fs".
 *
 * An entry that tries several ways, as Ubuntu's cloud images do, first without an initrd and then with one, is only at fault if
 * each of them fails. A kernel that holds an initramfs of its own (CONFIG_INITRAMFS_SOURCE) needs no other.
 *
 * good:   debian-arm64 systemd-boot-arm64 uki-arm64
 * bad:    debian-arm64 | grub replace initrd #initrd
 * expect: !p2/boot/grub/grub.cfg:*: error: the entry has no initrd, and root=UUID=* is for an initrd to find: the kernel knows no UUIDs of file systems
 * bad:    systemd-boot-arm64 | entry replace initrd #initrd
 * expect: !p1/loader/entries/debian-6*.conf*: error: the entry has no initrd, and root=UUID=* is for an initrd to find: the kernel knows no UUIDs of file systems
 * bad:    debian-arm64 | part 2 append /boot/grub/grub.cfg "\nmenuentry 'old' {\n search --set=root -f /vmlinuz\n linux /vmlinuz root=LABEL=root\n}\n" | kconfig off VIRTIO_BLK | module remove virtio_blk
 * expect: !p2/boot/grub/grub.cfg:*: warning: the entry has no initrd, and root=LABEL=root is for an initrd to find: the kernel knows no labels of file systems
 * expect: !p2/boot/config-*: warning: CONFIG_VIRTIO_BLK is not set, =y or =m expected [driver-virtio-blk]
 * bad:    debian-arm64 | ext journal-dirty 2 | --reader=native | --select=initrd-missing
 * expect: : not evaluated: what /EFI/BOOT/BOOTAA64.EFI boots could not be followed: * was not replayed, *
 */
#include "initrd-help.h"

static enum attempt_verdict judge(struct check *check, const struct boot_attempt *attempt, struct attempt_doubt *ret)
{
	const struct boot_device_name *name = &attempt->cmdline->root_device;

	/* one that is named and not there is boot-initrd-missing's */
	if (!attempt_has_kernel(attempt))
		return ATTEMPT_SKIPPED;
	if (attempt->initrd_count)
		return ATTEMPT_GOOD;
	if (name->kind == BOOT_DEVICE_NETWORK || (name->kind == BOOT_DEVICE_NODE && !strncmp(name->value, "ram", 3)))
		return ATTEMPT_SKIPPED;
	if (!attempt->kernel_file->release) {
		ret->reason = "which release the kernel is cannot be told, nor what is built in";
		return ATTEMPT_UNKNOWN;
	}
	return initrd_none_judge(check, attempt, ret);
}

static void report(struct check *check, const struct boot_entry *entry, const struct boot_attempt *attempt)
{
	bool known;
	struct diagnostic *d = finding_entry(check, entry, boot_location(check->image, &attempt->place),
					     "the entry has no initrd, and %s", initrd_lacking(check, attempt, &known));

	finding_help(check, d, "%s, and name it in the entry", initrd_advice(check, attempt));
}

RULE(initrd_missing)
{
	static const struct entry_rule rule = { judge, report, .by_kernel = true, .by_initrd = true };

	judge_entries(check, &rule);
}
