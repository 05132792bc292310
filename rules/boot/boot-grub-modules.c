/* SPDX-License-Identifier: MIT */
/* boot-grub-modules: GRUB lacks a module that it needs to boot
 *
 * severity: error
 * effect:   blocks-boot
 * subject:  loader
 * after:    efi-second-stage
 *
 * GRUB is a small core and many modules: some are built into its binary, the others are files in $prefix/arm64-efi. The signed
 * binaries of Debian, Ubuntu and Fedora have all that they need inside; a binary that grub-install made has only what leads it
 * to $prefix, and without the files there it stops at its rescue prompt for want of the module normal. Of what is used to start a
 * kernel the modules of the partition table and the file system, the one that decompresses it and the one that has the command
 * linux must be there, and blscfg (which Fedora's GRUB has, and Debian's not) where the entries are files of their own.
 *
 * Modules that a configuration loads with insmod and does not need are not reported.
 *
 * good:   debian-arm64 debian-amd64 no-fallback-arm64 riscv64 grub-install-arm64 gzip-kernel-arm64 installer-arm64
 * bad:    debian-arm64 | part 1 replace /EFI/debian/grubaa64.efi "normal\x00" "nirmal\x00"
 * expect: !p1/EFI/debian/grubaa64.efi: error: it has no module normal, and there is no (hd0,gpt1)/EFI/debian/arm64-efi/normal.mod
 * bad:    grub-install-arm64 | part 2 rm /boot/grub/arm64-efi
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI: error: it has no module normal, and there is no (hd0,gpt2)/boot/grub/arm64-efi/normal.mod
 * bad:    gzip-kernel-arm64 | part 1 replace /EFI/debian/grubaa64.efi "gzio\x00" "gzix\x00" | part 2 rm /boot/grub/arm64-efi/gzio.mod
 * expect: !p2/boot/grub/grub.cfg:*:2: error: GRUB (/EFI/debian/grubaa64.efi) has no module gzio, which decompresses the kernel *
 * bad:    debian-arm64 | part 1 replace /EFI/debian/grubaa64.efi "ext2\x00" "ext9\x00"
 * expect: !p2/boot/grub/grub.cfg:*:2: error: GRUB (/EFI/debian/grubaa64.efi) has no module ext2, which reads the ext4 file system in partition 2
 * bad:    debian-arm64 | part 1 replace /EFI/debian/grubaa64.efi "part_gpt\x00" "part_xxx\x00"
 * expect: !p2/boot/grub/grub.cfg:*:2: error: GRUB (/EFI/debian/grubaa64.efi) has no module part_gpt, which reads the partition table
 */
#include "boot-help.h"
#include "linux/kernel.h"

/* GRUB's module for a file system by blkid's name of its type; NULL: not known. */
static const char *filesystem_module(const char *type)
{
	static const char *const modules[][2] = {
		{ "ext2", "ext2" },   { "ext3", "ext2" },     { "ext4", "ext2" },	 { "vfat", "fat" },
		{ "xfs", "xfs" },     { "btrfs", "btrfs" },   { "squashfs", "squash4" }, { "iso9660", "iso9660" },
		{ "f2fs", "f2fs" },   { "jfs", "jfs" },       { "reiserfs", "reiserfs" }, { "ntfs", "ntfs" },
		{ "exfat", "exfat" }, { "erofs", "erofs" },
	};

	for (size_t i = 0; type && i < sizeof(modules) / sizeof(*modules); i++)
		if (!strcmp(modules[i][0], type))
			return modules[i][1];
	return NULL;
}

static bool lacks(struct check *check, const struct boot_path *path, const char *module, const struct filesystem *but)
{
	return module && boot_grub_module(check->image, path, module, but) == ABSENT;
}

static const char *decompressor(const struct kernel_file *file)
{
	if (!file || file->have != HAVE)
		return NULL;
	switch (file->kernel->wrapper) {
	case COMPRESSION_GZIP:
		return "gzio";
	case COMPRESSION_XZ:
		return "xzio";
	case COMPRESSION_LZO:
		return "lzopio";
	default:
		return NULL;
	}
}

static const char *partition_module(const struct filesystem *filesystem)
{
	if (!filesystem || !filesystem->entry)
		return NULL;
	return filesystem->entry->gpt ? "part_gpt" : "part_msdos";
}

/* Is it an entry of the Boot Loader Specification, rather than a menu? */
static bool is_entry_file(const char *path)
{
	size_t length = strlen(path);

	return length > 5 && !strcmp(path + length - 5, ".conf");
}

static const char *folder(struct check *check, const struct boot_path *path)
{
	const char *prefix = path->grub->prefix;

	for (size_t i = 0; i < path->grub->outcome_count; i++)
		if (path->grub->outcomes[i].menu && path->grub->outcomes[i].menu->prefix.text)
			prefix = path->grub->outcomes[i].menu->prefix.text;
	return arena_printf(check->arena, "%s/%s-efi", prefix ? prefix : "$prefix", path->core->cpu);
}

static void help(struct check *check, struct diagnostic *d, const struct boot_path *path)
{
	finding_help(check, d, "in the image: grub-install --target=%s-efi --removable", path->core->cpu);
}

/* Why GRUB cannot start this kernel, or NULL. */
static const char *missing_for(struct check *check, const struct boot_path *path, const struct boot_attempt *attempt,
			       const char **ret_purpose)
{
	const struct filesystem *filesystem = attempt->kernel.filesystem;
	const char *module = filesystem ? filesystem_module(filesystem->type) : NULL;

	if (lacks(check, path, module, filesystem)) {
		*ret_purpose = arena_printf(check->arena, "reads %s", boot_title(check, filesystem, ""));
		return module;
	}
	module = partition_module(filesystem);
	if (lacks(check, path, module, filesystem)) {
		*ret_purpose = "reads the partition table";
		return module;
	}
	if (filesystem && filesystem->volume && strncmp(filesystem->volume, "md/", 3) && lacks(check, path, "lvm", filesystem)) {
		*ret_purpose = "reads logical volumes";
		return "lvm";
	}
	module = decompressor(attempt->kernel_file);
	if (lacks(check, path, module, NULL)) {
		*ret_purpose = arena_printf(check->arena, "decompresses the kernel %s", attempt->kernel.text.text);
		return module;
	}
	if (attempt->place.source && is_entry_file(attempt->place.source->path) && lacks(check, path, "blscfg", NULL)) {
		*ret_purpose = "reads entries that are files of their own";
		return "blscfg";
	}
	if (!attempt->kernel_file || attempt->kernel_file->in_uki || !lacks(check, path, "linux", NULL) ||
	    !lacks(check, path, "linuxefi", NULL))
		return NULL;
	*ret_purpose = "starts kernels";
	return "linux";
}

static void judge_entry(struct check *check, const struct boot_path *path, const struct boot_entry *entry,
			struct boot_found **found)
{
	const struct boot_attempt *bad = NULL;
	const char *module = NULL, *purpose = NULL;
	struct diagnostic *d;

	if (entry->leaves || !entry->complete)
		return;
	for (size_t i = 0; i < entry->attempt_count; i++) {
		const char *its_purpose = NULL, *missing;

		if (entry->attempts[i].kernel.have != HAVE)
			continue;
		missing = missing_for(check, path, &entry->attempts[i], &its_purpose);
		if (!missing)
			return;
		if (!bad) {
			bad = &entry->attempts[i];
			module = missing;
			purpose = its_purpose;
		}
	}
	if (!bad)
		return;
	d = boot_finding(check, found, entry, boot_location(check->image, &bad->place),
			 arena_printf(check->arena, "GRUB (%s) has no module %s, which %s", path->program->path, module,
				      purpose));
	if (!d)
		return;
	finding_note(check, d, "it is neither inside the binary nor in %s", folder(check, path));
	help(check, d, path);
}

RULE(boot_grub_modules)
{
	const struct boot_path *path = boot_grub_path_of(check);
	struct boot_found *found = NULL;

	if (!path)
		return;
	for (size_t i = 0; i < path->grub->module_count; i++) {
		const struct grub_module *module = &path->grub->modules[i];
		struct diagnostic *d;

		if (strcmp(module->name, "normal") || module->found != GRUB_MISSING || path->entry_count)
			continue;
		d = finding(check, at_file(path->program->esp->partition, path->program->path),
			    "it has no module normal, and there is no %s", module->file ? module->file : "normal.mod");
		finding_note(check, d, "GRUB stops at its rescue prompt");
		help(check, d, path);
		return;
	}
	for (size_t i = 0; i < path->entry_count; i++)
		judge_entry(check, path, boot_entry_number(path, i), &found);
	boot_note_others(check, found);
}
