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
 * bad:    debian-arm64 | esp copy-as esp | use 1 | file delete EFI/BOOT | use 3 | esp wipe text
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI: error: the file is missing, *
 * expect: !p3: error: the EFI system partition holds no file system that is known, * [esp-not-fat]
 * expect: * note: the disk has 2 EFI system partitions * [esp-multiple]
 * firmware: blocks file delete EFI/BOOT/BOOTX64.EFI
 * firmware: blocks file delete EFI/BOOT
 */
#include <string.h>

#include "base/utf16.h"
#include "fs/fat.h"
#include "fs/fs.h"
#include "fs/fs.h"
#include "efi-help.h"

/* Is there, under another architecture's name, a program of this one?  Then pe-machine reports the wrong name. */
static bool misnamed(const struct image *image, enum architecture architecture)
{
	for (unsigned i = 0; i < image->loader_count; i++)
		if (image->loaders[i].have == HAVE &&
		    image->loaders[i].pe->machine == architectures[architecture].machine)
			return true;
	return false;
}

/* The commands that make a removable path of what a vendor's folder has: shim with its fallback, or what it starts beside it. */
static void help(struct check *check, struct diagnostic *d, const struct esp *esp, enum architecture architecture,
		 const char *path)
{
	static const enum efi_kind kinds[] = { EFI_SHIM, EFI_SYSTEMD_BOOT, EFI_GRUB };
	const struct efi_binary *loader = NULL, *next = NULL;
	struct fs_entry folder;
	BUFFER_AUTO command = buffer_make(4 * limits.path);

	for (size_t i = 0; i < 3 && !loader; i++)
		loader = image_find_binary(check->image, esp, kinds[i], architecture, NULL);
	if (!loader) {
		finding_help(check, d, "in the image: grub-install --target=%s --removable, or bootctl install",
			     efi_grub_target(architecture));
		return;
	}
	finding_note(check, d, "%s is there, but only a stored boot option leads to it", loader->path);
	if (fs_lookup(esp->fs, check->arena, "/EFI/BOOT", &folder, NULL) < 0)
		buffer_printf(&command, "mmd -i {disk}@@%" PRIu64 " ::/EFI/BOOT && ", esp->start);
	if (loader->program->kind == EFI_SHIM) {
		next = image_find_binary(check->image, esp, EFI_FALLBACK, architecture, NULL);
		if (!next)
			next = image_find_binary(check->image, esp, EFI_GRUB, architecture, NULL);
	}
	if (next && ascii_ncasecmp(next->path, "/EFI/BOOT/", 10))
		buffer_printf(&command,
			      "next=$(mktemp) && mcopy -n -i {disk}@@%" PRIu64 " %s \"$next\" && mcopy -o -i {disk}@@%" PRIu64
			      " \"$next\" ::/EFI/BOOT%s && ",
			      esp->start, efi_mtools(check->arena, next->path), esp->start, strrchr(next->path, '/'));
	efi_help_copy_inside(check, d, esp, command.data ? command.data : "", loader->path, path);
}

RULE(efi_boot_missing)
{
	const struct image *image = check->image;
	enum architecture architecture = image->architecture;
	const struct esp *esp = NULL;
	const char *path;
	struct diagnostic *d;

	if (image->more_loaders)
		not_evaluated(check, NULL, "there are more than %d boot files", LIMIT_LOADERS);
	/* where nothing tells, either of the architectures of the specification will do */
	for (unsigned i = 0; i < image->loader_count; i++)
		if (architecture ? image->loaders[i].architecture == architecture
				 : architectures[image->loaders[i].architecture].selectable)
			return;
	if (image->loaders_error.code) {
		not_evaluated(check, &image->loaders_error, "the boot files cannot be looked for");
		return;
	}
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
	if (!architecture)
		architecture = ARCHITECTURE_AARCH64;
	if (misnamed(image, architecture))
		return;
	path = arena_printf(check->arena, "/EFI/BOOT/%s", architectures[architecture].boot_file);
	d = finding(check, at_file(esp->partition, path),
		    "the file is missing, and firmware without stored boot options starts nothing else");
	help(check, d, esp, architecture, path);
}
