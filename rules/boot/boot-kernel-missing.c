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
 */
#include "boot-help.h"

static enum boot_verdict judge(struct check *check, const struct boot_attempt *attempt, const char **ret_reason)
{
	(void)check;
	if (attempt->kernel.have == UNREADABLE) {
		*ret_reason = attempt->kernel.reason;
		return BOOT_NOT_KNOWN;
	}
	return attempt->kernel.have == HAVE ? BOOT_GOOD : BOOT_BAD;
}

/* A file of the same name elsewhere in the image: where /boot was moved. */
static const struct filesystem *find_elsewhere(struct check *check, const struct boot_attempt *attempt, const char **ret_path)
{
	static const char *const folders[] = { "", "/boot" };
	const char *name = strrchr(attempt->kernel.text.text, '/');

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

static const char *what(struct check *check, const struct boot_file *kernel)
{
	if (kernel->filesystem)
		return arena_printf(check->arena, "the kernel %s does not exist in %s", kernel->text.text,
				    boot_title(check, kernel->filesystem, NULL));
	return arena_printf(check->arena, "the kernel %s does not exist%s%s", kernel->text.text, kernel->reason ? ": " : "",
			    kernel->reason ? kernel->reason : "");
}

RULE(boot_kernel_missing)
{
	const struct boot_path *path = boot_path_of(check);
	struct boot_found *found = NULL;

	for (size_t i = 0; path && i < path->entry_count; i++) {
		const struct boot_entry *entry = boot_entry_number(path, i);
		const struct boot_attempt *bad = boot_all_bad(check, entry, judge);
		const struct filesystem *elsewhere;
		struct diagnostic *d;
		const char *there;

		if (!bad)
			continue;
		d = boot_finding(check, &found, entry, boot_file_place(check, bad, &bad->kernel), what(check, &bad->kernel));
		if (!d)
			continue;
		elsewhere = find_elsewhere(check, bad, &there);
		if (elsewhere)
			finding_note(check, d, "there is %s in %s", there, boot_title(check, elsewhere, ""));
		finding_help(check, d,
			     path->kind == BOOT_GRUB ? "in the image: grub-mkconfig -o /boot/grub/grub.cfg"
						     : "in the image: kernel-install add VERSION /boot/vmlinuz-VERSION");
	}
	boot_note_others(check, found);
}
