/* SPDX-License-Identifier: MIT */
/* efi-boot-missing: there is no file at the removable-media path
 *
 * severity: error
 * effect:   blocks-boot
 * clause:   VM Image Format, I4
 * after:    esp-fat-corrupt
 *
 * A virtual machine begins with an empty variable store: no boot option leads to \EFI\debian or any other folder, so
 * firmware takes the file at the removable-media path of its own architecture, \EFI\BOOT\BOOTAA64.EFI for AArch64 (UEFI
 * 2.6, section 3.5.1.1). Without it the image starts only where its variables happen to have been kept.
 *
 * Boot loaders' installers leave it out unless they are asked: `grub-install --removable` (Debian:
 * `--force-extra-removable`), `bootctl install`. It is missing, too, where it stands under another architecture's name.
 *
 * good:   debian-arm64 lower-case-names two-architectures riscv64 armhf
 * bad:    debian-arm64 | file delete EFI/BOOT/BOOTAA64.EFI
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI: error: the file is missing, and firmware without stored boot options starts nothing else
 * bad:    debian-arm64 | file delete EFI/BOOT
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI: error: the file is missing, *
 * bad:    debian-arm64 | file rename EFI/BOOT/BOOTAA64.EFI BOOTAA64.EFI.bak
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI: error: the file is missing, *
 */
#include <string.h>

#include "base/utf16.h"
#include "fs/fat.h"
#include "fs/fs.h"
#include "efi-help.h"

/* Is there, under another architecture's name, a program of this one?  Then pe-machine reports the wrong name. */
static bool misnamed(const struct image *image, enum architecture architecture)
{
	for (unsigned i = 0; i < image->loader_count; i++)
		if (image->loaders[i].have == HAVE && image->loaders[i].pe->machine == architectures[architecture].machine)
			return true;
	return false;
}

/* A boot loader in a vendor's folder, such as /EFI/debian/shimaa64.efi; NULL when there is none. */
static const char *vendor_loader(struct check *check, const struct esp *esp, enum architecture architecture)
{
	static const char *const programs[] = { "shim", "systemd-boot", "grub" };
	struct fs *fs = esp->fs;
	struct fs_entry efi, *folders, file;
	size_t count;

	if (fs_lookup(fs, check->arena, "/EFI", &efi, NULL) < 0 || efi.type != FS_DIRECTORY ||
	    fs->ops->readdir(fs, check->arena, efi.handle, &folders, &count, NULL) < 0)
		return NULL;
	for (size_t p = 0; p < 3; p++)
		for (size_t i = 0; i < count; i++) {
			const char *path = arena_printf(check->arena, "/EFI/%s/%s%s.efi", folders[i].name, programs[p],
							architectures[architecture].suffix);

			if (folders[i].type == FS_DIRECTORY && fs_lookup(fs, check->arena, path, &file, NULL) == 0 &&
			    file.type == FS_FILE)
				return fat_path(esp->fat, check->arena, file.handle);
		}
	return NULL;
}

RULE(efi_boot_missing)
{
	const struct image *image = check->image;
	enum architecture architecture = image->architecture;
	const struct esp *esp = NULL;
	const char *path, *vendor;
	struct diagnostic *d;

	for (unsigned i = 0; i < image->esp_count; i++) {
		if (image->esps[i].have == UNREADABLE) {
			not_evaluated(check, &image->esps[i].error, "the EFI system partition could not be read");
			return;
		}
		if (image->esps[i].have == HAVE && !esp)
			esp = &image->esps[i];
	}
	if (!esp) {
		not_applicable(check, "there is no EFI system partition with a file system");
		return;
	}
	/* where nothing tells, either of the architectures of the specification will do */
	for (unsigned i = 0; i < image->loader_count; i++)
		if (architecture ? image->loaders[i].architecture == architecture :
				   architectures[image->loaders[i].architecture].selectable)
			return;
	if (!architecture)
		architecture = ARCHITECTURE_AARCH64;
	if (misnamed(image, architecture))
		return;
	path = arena_printf(check->arena, "/EFI/BOOT/%s", architectures[architecture].boot_file);
	d = finding(check, at_file(esp->partition, path),
		    "the file is missing, and firmware without stored boot options starts nothing else");
	vendor = vendor_loader(check, esp, architecture);
	if (!vendor) {
		finding_help(check, d, "grub-install --target=%s --removable, in the image; or bootctl install",
			     efi_grub_target(architecture));
		return;
	}
	finding_note(check, d, "%s is there, but only a stored boot option leads to it", vendor);
	finding_help(check, d, "grub-install --target=%s --force-extra-removable, in the image%s", efi_grub_target(architecture),
		     strstr(vendor, "systemd-boot") ? "; here: bootctl install" : "");
}
