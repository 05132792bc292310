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
 * GRUB refuses a file that is no module, is cut short or for another machine, and a module whose own dependencies it cannot load.
 *
 * What module has the command linux GRUB reads in command.lst, beside the modules, unless it is inside the binary or the
 * configuration loads it.
 *
 * Modules that a configuration loads with insmod and does not need are not reported.
 *
 * good:   debian-arm64 debian-amd64 no-fallback-arm64 riscv64 grub-install-arm64 gzip-kernel-arm64 installer-arm64
 * bad:    debian-arm64 | part 1 replace /EFI/debian/grubaa64.efi "normal\x00" "nirmal\x00"
 * expect: !p1/EFI/debian/grubaa64.efi: error: it has no module normal, and there is no (hd0,gpt1)/EFI/debian/arm64-efi/normal.mod
 * bad:    grub-install-arm64 | part 2 rm /boot/grub/arm64-efi
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI: error: it has no module normal, and there is no (hd0,gpt2)/boot/grub/arm64-efi/normal.mod
 * bad:    grub-install-arm64 | part 2 truncate-file /boot/grub/arm64-efi/normal.mod 0
 * expect: !p2/boot/grub/arm64-efi/normal.mod: error: GRUB (/EFI/BOOT/BOOTAA64.EFI) cannot load the module normal, which shows its menu: its file is empty
 * bad:    grub-install-arm64 | part 2 truncate-file /boot/grub/arm64-efi/normal.mod 50%
 * expect: !p2/boot/grub/arm64-efi/normal.mod: error: GRUB (/EFI/BOOT/BOOTAA64.EFI) cannot load the module normal, which shows its menu: its file is cut short: *
 * bad:    grub-install-arm64 | part 2 poke-file /boot/grub/arm64-efi/normal.mod 18 3e00
 * expect: !p2/boot/grub/arm64-efi/normal.mod: error: GRUB (/EFI/BOOT/BOOTAA64.EFI) cannot load the module normal, which shows its menu: its file is for another machine (ELF's number 62)
 * bad:    grub-install-arm64 | part 2 rm /boot/grub/arm64-efi/terminal.mod
 * expect: !p2/boot/grub/arm64-efi/terminal.mod: error: GRUB (/EFI/BOOT/BOOTAA64.EFI) cannot load the module normal, which shows its menu: normal depends on terminal, and there is no such file
 * bad:    grub-install-arm64 | part 2 truncate-file /boot/grub/arm64-efi/linux.mod 1000
 * expect: !p2/boot/grub/arm64-efi/linux.mod: error: GRUB (/EFI/BOOT/BOOTAA64.EFI) cannot load the module linux, which starts kernels: its file is cut short: *
 * bad:    grub-install-arm64 | part 2 rm /boot/grub/arm64-efi/command.lst
 * expect: !p2/boot/grub/arm64-efi/command.lst: error: GRUB (/EFI/BOOT/BOOTAA64.EFI) does not know which module has the command linux: the file is missing
 * bad:    grub-install-arm64 | part 2 write /boot/grub/arm64-efi/command.lst "linux:\n*linux16: linux\n"
 * expect: !p2/boot/grub/arm64-efi/command.lst: error: GRUB (/EFI/BOOT/BOOTAA64.EFI) does not know which module has the command linux: the file has no line for it
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

static bool lacks(struct check *check, const struct boot_path *path, const char *module, const struct filesystem *but,
		  const struct boot_module **ret)
{
	if (!module)
		return false;
	*ret = boot_grub_module(check->image, path, module, but);
	return (*ret)->have == ABSENT;
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

/* What GRUB lacks to start this kernel, or NULL. */
static const struct boot_module *missing_for(struct check *check, const struct boot_path *path,
					     const struct boot_attempt *attempt, const char **ret_purpose)
{
	const struct filesystem *filesystem = attempt->kernel.filesystem;
	const struct boot_module *module, *other;

	if (lacks(check, path, filesystem ? filesystem_module(filesystem->type) : NULL, filesystem, &module)) {
		*ret_purpose = arena_printf(check->arena, "reads %s", boot_title(check, filesystem, ""));
		return module;
	}
	if (lacks(check, path, partition_module(filesystem), filesystem, &module)) {
		*ret_purpose = "reads the partition table";
		return module;
	}
	if (filesystem && filesystem->volume && strncmp(filesystem->volume, "md/", 3) &&
	    lacks(check, path, "lvm", filesystem, &module)) {
		*ret_purpose = "reads logical volumes";
		return module;
	}
	if (lacks(check, path, decompressor(attempt->kernel_file), NULL, &module)) {
		*ret_purpose = arena_printf(check->arena, "decompresses the kernel %s", attempt->kernel.text.text);
		return module;
	}
	if (attempt->place.source && is_entry_file(attempt->place.source->path) &&
	    lacks(check, path, "blscfg", NULL, &module)) {
		*ret_purpose = "reads entries that are files of their own";
		return module;
	}
	if (!attempt->kernel_file || attempt->kernel_file->in_uki || attempt->is_program)
		return NULL;
	if (!lacks(check, path, "linuxefi", NULL, &other))
		return NULL;
	*ret_purpose = "starts kernels";
	if (lacks(check, path, "linux", NULL, &module))
		return module;
	*ret_purpose = NULL;
	module = boot_grub_command(check->image, path, "linux");
	return module->have == ABSENT && module->fault ? module : NULL;
}

/* Where the module's file is, or the one that it depends on; in a memory disk: the binary. */
static struct location module_place(const struct boot_path *path, const struct boot_module *module)
{
	struct location at;

	if (!module->filesystem)
		return at_file(path->program->esp->partition, path->program->path);
	at = at_file(module->filesystem->partition, module->path);
	at.volume = module->filesystem->volume;
	return at;
}

static void judge_entry(struct check *check, const struct boot_path *path, const struct boot_entry *entry,
			struct boot_found **found)
{
	const struct boot_attempt *bad = NULL;
	const struct boot_module *module = NULL;
	const char *purpose = NULL;
	struct diagnostic *d;

	if (entry->leaves || !entry->complete)
		return;
	for (size_t i = 0; i < entry->attempt_count; i++) {
		const struct boot_module *missing;
		const char *its_purpose = NULL;

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
	if (!purpose)
		d = boot_finding(check, found, entry, module_place(path, module),
				 arena_printf(check->arena, "GRUB (%s) does not know which module has the command linux: %s",
					      path->program->path, module->fault));
	else if (module->fault)
		d = boot_finding(check, found, entry, module_place(path, module),
				 arena_printf(check->arena, "GRUB (%s) cannot load the module %s, which %s: %s",
					      path->program->path, module->name, purpose, module->fault));
	else
		d = boot_finding(check, found, entry, boot_location(check->image, &bad->place),
				 arena_printf(check->arena, "GRUB (%s) has no module %s, which %s", path->program->path,
					      module->name, purpose));
	if (!d)
		return;
	if (!module->fault)
		finding_note(check, d, "it is neither inside the binary nor in %s", folder(check, path));
	help(check, d, path);
}

/* The module without which there is no menu. */
static bool judge_normal(struct check *check, const struct boot_path *path, const struct grub_module *normal)
{
	const struct boot_module *module = NULL;
	struct diagnostic *d;

	if (normal->embedded || (normal->found == GRUB_MISSING && path->entry_count))
		return false;
	if (normal->found == GRUB_FOUND) {
		module = boot_grub_module_file(check->image, path, "normal", normal->file);
		if (module->have != ABSENT || !module->fault)
			return false;
		d = finding(check, module_place(path, module),
			    "GRUB (%s) cannot load the module normal, which shows its menu: %s", path->program->path,
			    module->fault);
	} else if (normal->found == GRUB_MISSING) {
		d = finding(check, at_file(path->program->esp->partition, path->program->path),
			    "it has no module normal, and there is no %s", normal->file ? normal->file : "normal.mod");
	} else {
		return false;
	}
	finding_note(check, d, "GRUB stops at its rescue prompt");
	help(check, d, path);
	return true;
}

RULE(boot_grub_modules)
{
	const struct boot_path *path = boot_grub_path_of(check);
	struct boot_found *found = NULL;

	if (!path)
		return;
	for (size_t i = 0; i < path->grub->module_count; i++)
		if (!strcmp(path->grub->modules[i].name, "normal") && judge_normal(check, path, &path->grub->modules[i]))
			return;
	for (size_t i = 0; i < path->entry_count; i++)
		judge_entry(check, path, boot_entry_number(path, i), &found);
	boot_note_others(check, found);
}
