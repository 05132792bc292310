/* SPDX-License-Identifier: MIT */
/* boot-initrd-missing: a boot entry names an initrd that does not exist
 *
 * severity: error
 * effect:   blocks-boot
 * subject:  loader
 * after:    boot-kernel-missing
 *
 * GRUB says that the file is not found, and after ten seconds starts the kernel without an initrd: where the driver of the root
 * disk is a module, as in the kernels of most distributions, that ends in a panic. systemd-boot does not start the entry at
 * all. Of several initrds that one entry names, all must exist: GRUB loads all or none.
 *
 * An entry that also tries without an initrd, or with another one, is not reported; whether the kernel finds its root
 * without is a matter of the initrd rules.
 *
 * good:   debian-arm64 debian-amd64 systemd-boot-arm64 uki-arm64 xbootldr-arm64 armhf grub-install-arm64
 * good:   gzip-kernel-arm64 installer-arm64 trixie-uki-arm64 squashfs-arm64
 * bad:    debian-arm64 | part 2 rm-glob /boot/initrd.img-*
 * expect: !p2/boot/grub/grub.cfg:*:9: error: the initrd /boot/initrd.img-* does not exist in the ext4 file system in partition 2
 * bad:    systemd-boot-arm64 | entry replace initrd.img initrd.gone
 * expect: !p1/loader/entries/debian-*.conf:6:12: error: the initrd *initrd.gone does not exist in the vfat file system in partition 1
 */
#include "boot-help.h"

static const struct boot_file *missing(const struct boot_attempt *attempt)
{
	for (size_t i = 0; i < attempt->initrd_count; i++)
		if (attempt->initrds[i].have == ABSENT)
			return &attempt->initrds[i];
	return NULL;
}

static enum boot_verdict judge(struct check *check, const struct boot_attempt *attempt, const char **ret_reason)
{
	(void)check;
	if (attempt->kernel.have == ABSENT)
		return BOOT_NO_MATTER;
	if (missing(attempt))
		return BOOT_BAD;
	for (size_t i = 0; i < attempt->initrd_count; i++)
		if (attempt->initrds[i].have == UNREADABLE) {
			*ret_reason = attempt->initrds[i].reason;
			return BOOT_NOT_KNOWN;
		}
	return BOOT_GOOD;
}

static const char *what(struct check *check, const struct boot_file *initrd)
{
	if (initrd->instead)
		return arena_printf(check->arena, "the initrd %s %s", initrd->text.text, initrd->instead);
	if (initrd->filesystem)
		return arena_printf(check->arena, "the initrd %s does not exist in %s", initrd->text.text,
				    boot_title(check, initrd->filesystem, ""));
	return arena_printf(check->arena, "the initrd %s does not exist%s%s", initrd->text.text, initrd->reason ? ": " : "",
			    initrd->reason ? initrd->reason : "");
}

RULE(boot_initrd_missing)
{
	const struct boot_path *path = boot_path_of(check);
	struct boot_found *found = NULL;

	for (size_t i = 0; path && i < path->entry_count; i++) {
		const struct boot_entry *entry = boot_entry_number(path, i);
		const struct boot_attempt *bad = boot_all_bad(check, entry, judge);
		const struct kernel_release *release;
		const struct boot_file *initrd;
		struct diagnostic *d;

		if (!bad)
			continue;
		initrd = missing(bad);
		d = boot_finding(check, &found, entry, boot_file_place(check, bad, initrd), what(check, initrd));
		if (!d)
			continue;
		release = bad->kernel_file ? bad->kernel_file->release : NULL;
		finding_help(check, d, "in the image: update-initramfs -c -k %s, or dracut --kver %s",
			     release ? release->release : "VERSION", release ? release->release : "VERSION");
	}
	boot_note_others(check, found);
}
