/* SPDX-License-Identifier: MIT */
/* boot-kernel-missing: a boot entry names a kernel that does not exist
 *
 * severity: error
 * effect:   blocks-boot
 * subject:  loader
 * after:    boot-config-missing
 *
 * The loader's configuration was written when another kernel was installed, or for another partition: /boot was moved to a
 * partition of its own, where the kernel is called /vmlinuz and no longer /boot/vmlinuz; a kernel was removed or replaced and
 * grub-mkconfig was not run again. GRUB says "file not found" and waits in its menu.
 *
 * An EFI program that the configuration starts (chainloader) must be one that firmware starts: it is no better than none if it
 * is for another machine, or cut short. A sound program that is not known here is taken for good.
 *
 * What counts is the entry that boots when nobody chooses; a kernel that other entries name is a warning. An entry that
 * tries several kernels is judged only if it finds none of them. When all entries of systemd-boot are so, efi-second-stage
 * says it.
 *
 * good:   debian-arm64 debian-amd64 systemd-boot-arm64 uki-arm64 uki-entries-arm64 xbootldr-arm64 two-architectures
 * good:   armhf grub-install-arm64 gzip-kernel-arm64 installer-arm64 trixie-uki-arm64 squashfs-arm64
 * bad:    debian-arm64 | part 2 rm-glob /boot/vmlinuz-*
 * expect: !p2/boot/grub/grub.cfg:*:8: error: the kernel /boot/vmlinuz-* does not exist in the ext4 file system in partition 2
 * bad:    debian-arm64 | grub replace "linux\t/boot/vmlinuz-" "linux\t/vmlinuz-"
 * expect: !p2/boot/grub/grub.cfg:*:8: error: the kernel /vmlinuz-* does not exist in the ext4 file system in partition 2
 * bad:    debian-arm64 | grub append "menuentry old {\n linux (hd0,gpt7)/vmlinuz\n}\n"
 * expect: !p2/boot/grub/grub.cfg:*:8: warning: the kernel (hd0,gpt7)/vmlinuz does not exist: there is no device (hd0,gpt7)
 * bad:    xbootldr-arm64 | entry replace "/linux" "/gone"
 * expect: !p3/loader/entries/debian-*.conf:5:12: warning: the kernel *gone does not exist in the vfat file system in partition 3
 * bad:    debian-arm64 | grub replace "linux\t/boot/vmlinuz-" "linux\tboot/vmlinuz-"
 * expect: !p2/boot/grub/grub.cfg:*:8: error: the kernel boot/vmlinuz-* does not begin with a slash, so GRUB refuses it
 * bad:    debian-arm64 | grub append "menuentry old {\n linux /boot\n}\n"
 * expect: !p2/boot/grub/grub.cfg:*:8: warning: the kernel /boot is a folder
 * bad:    debian-arm64 | grub append "menuentry other {\n chainloader /EFI/other.efi\n}\n"
 * expect: !p2/boot/grub/grub.cfg:*:14: warning: the EFI program /EFI/other.efi does not exist in the ext4 file system in partition 2
 * bad:    debian-arm64 | grub write "menuentry a {\n chainloader (hd0,gpt2)/etc/hostname\n}\n"
 * expect: !p2/boot/grub/grub.cfg:2:14: error: the EFI program (hd0,gpt2)/etc/hostname cannot be started: it is too short for a DOS header
 * bad:    debian-arm64 | file copy /EFI/BOOT/BOOTAA64.EFI /EFI/x.efi | file truncate /EFI/x.efi 50% | grub write "menuentry a {\n chainloader (hd0,gpt1)/EFI/x.efi\n}\n"
 * expect: !p2/boot/grub/grub.cfg:2:14: error: the EFI program (hd0,gpt1)/EFI/x.efi cannot be started: the file has * bytes, * needs *
 * bad:    debian-arm64 | file copy /EFI/BOOT/BOOTAA64.EFI /EFI/x.efi | pe field /EFI/x.efi machine 0x8664 | grub append "menuentry a {\n chainloader (hd0,gpt1)/EFI/x.efi\n}\n"
 * expect: !p2/boot/grub/grub.cfg:*:14: warning: the EFI program (hd0,gpt1)/EFI/x.efi cannot be started: it is for x86-64, not for AArch64
 * bad:    systemd-boot-arm64 | entry replace "initrd " "devicetree /gone.dtb\ninitrd "
 * expect: !p1/loader/entries/debian-*.conf:6:12: error: the device tree /gone.dtb does not exist in the vfat file system in partition 1
 * bad:    debian-arm64 | grub write "menuentry a {\n while true; do true; done\n linux /nope root=LABEL=zzz console=ttyAMA0\n}\n"
 * expect: : not evaluated: whether the entry "a" boots is not known: the script runs too many commands, * (line 2 of /boot/grub/grub.cfg), a limit that no option raises [boot-kernel-missing*]
 * expect: : not evaluated: what the entry "a" boots is not known: * [boot-config-missing]
 * expect: : not evaluated: what "a" boots is not known: * [kernel-arch*]
 */
#include "boot-help.h"

/* The kernel, or the device tree without which systemd-boot does not start it. */
static const struct boot_file *missing(const struct boot_attempt *attempt)
{
	if (attempt->kernel.have == ABSENT)
		return &attempt->kernel;
	return attempt->devicetree && attempt->devicetree->have == ABSENT ? attempt->devicetree : NULL;
}

static enum boot_verdict judge(struct check *check, const struct boot_attempt *attempt, const char **ret_reason)
{
	(void)check;
	const struct boot_file *file = missing(attempt);

	if (file)
		return BOOT_BAD;
	file = attempt->kernel.have == UNREADABLE ? &attempt->kernel : attempt->devicetree;
	if (!file || file->have == HAVE)
		return BOOT_GOOD;
	*ret_reason = file->reason;
	return BOOT_NOT_KNOWN;
}

/* A file of the same name elsewhere in the image: where /boot was moved. */
static const struct filesystem *find_elsewhere(struct check *check, const struct boot_file *file, const char **ret_path)
{
	static const char *const folders[] = { "", "/boot" };
	const char *name = strrchr(file->text.text, '/');

	for (unsigned i = 0; name && name[1] && i < check->image->filesystem_count; i++) {
		struct filesystem *filesystem = &check->image->filesystems[i];

		/* nothing is opened for advice */
		if (!filesystem->opened || filesystem_open(check->image, filesystem) != HAVE)
			continue;
		for (size_t k = 0; k < sizeof(folders) / sizeof(*folders); k++) {
			struct fs_entry entry;
			const char *path = arena_printf(check->arena, "%s%s", folders[k], name);

			if (fs_resolve(filesystem->fs, check->arena, path, false, &entry, NULL, NULL) == 0 &&
			    entry.type == FS_FILE) {
				*ret_path = path;
				return filesystem;
			}
		}
	}
	return NULL;
}

static const char *what(struct check *check, const struct boot_attempt *attempt, const struct boot_file *file)
{
	const char *kind = file != &attempt->kernel ? "device tree" : attempt->is_program ? "EFI program" : "kernel";

	if (file->instead)
		return arena_printf(check->arena, "the %s %s %s", kind, file->text.text, file->instead);
	if (file->filesystem)
		return arena_printf(check->arena, "the %s %s does not exist in %s", kind, file->text.text,
				    boot_title(check, file->filesystem, NULL));
	return arena_printf(check->arena, "the %s %s does not exist%s%s", kind, file->text.text, file->reason ? ": " : "",
			    file->reason ? file->reason : "");
}

RULE(boot_kernel_missing)
{
	const struct boot_path *path = boot_path_of(check);
	struct boot_found *found = NULL;

	for (size_t i = 0; path && i < path->entry_count; i++) {
		const struct boot_entry *entry = boot_entry_number(path, i);
		const struct boot_attempt *bad = boot_all_bad(check, entry, judge);
		const struct filesystem *elsewhere;
		const struct boot_file *file;
		struct diagnostic *d;
		const char *there;

		if (!bad)
			continue;
		file = missing(bad);
		d = boot_finding(check, &found, entry, boot_file_place(check, bad, file), what(check, bad, file));
		if (!d)
			continue;
		elsewhere = file->instead ? NULL : find_elsewhere(check, file, &there);
		if (elsewhere)
			finding_note(check, d, "there is %s in %s", there, boot_title(check, elsewhere, ""));
		if (bad->is_program && path->kind == BOOT_GRUB)
			finding_help(check, d,
				     "name an EFI program for this machine in the file that grub-mkconfig takes the entry from "
				     "(/etc/grub.d/40_custom), or boot another entry by default");
		else
			finding_help(check, d,
				     path->kind == BOOT_GRUB ? "in the image: grub-mkconfig -o /boot/grub/grub.cfg"
							     : "in the image: kernel-install add VERSION /boot/vmlinuz-VERSION");
	}
	boot_note_others(check, found);
}
