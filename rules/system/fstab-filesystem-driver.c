/* SPDX-License-Identifier: MIT */
/* fstab-filesystem-driver: the kernel cannot mount a file system that fstab names
 *
 * severity: error
 * effect:   blocks-boot
 * after:    gpt-missing, fstab-invalid kernel-modules-missing
 *
 * A file system that fstab mounts needs a driver that is built into the kernel or installed as a module of its release. FAT
 * needs the tables of two character sets beside it, the code page of short names and the character set of long ones: those
 * of the line's options `codepage=` and `iocharset=`, else CONFIG_FAT_DEFAULT_CODEPAGE and CONFIG_FAT_DEFAULT_IOCHARSET.
 * An image whose modules were reduced to what is "needed" often lacks these, and stops in systemd's emergency mode because
 * /boot/efi cannot be mounted.
 *
 * The root is the initrd's to mount and judged there. Lines marked `nofail` or `noauto` are not judged.
 *
 * good:   debian-arm64
 * good:   debian-arm64 | part 2 move /usr/lib/modules/?*-arm64/kernel/fs/fat/vfat.ko /usr/lib/ | part 2 symlink /usr/lib/modules/6.1.0-56-cloud-arm64/kernel/fs/fat/vfat.ko /usr/lib/vfat.ko
 * bad:    debian-arm64 | part 2 rm-glob /usr/lib/modules/?*-arm64/kernel/fs/fat/vfat.ko*
 * expect: !p2/etc/fstab:3:26: error: /boot/efi needs the module vfat, which kernel * neither has built in nor installed
 * bad:    debian-arm64 | part 2 rm-glob /usr/lib/modules/?*-arm64/kernel/fs/nls/nls_ascii.ko*
 * expect: !p2/etc/fstab:3:26: error: /boot/efi needs the module nls_ascii (the character set ascii), which kernel * neither *
 * bad:    debian-arm64 | part 2 truncate-file /usr/lib/modules/?*-arm64/kernel/fs/fat/vfat.ko 0
 * expect: !p2/etc/fstab:3:26: error: /boot/efi needs the module vfat, which kernel * neither has built in nor installed
 * bad:    debian-arm64 | part 2 rm-glob /usr/lib/modules/?*-arm64/kernel/fs/fat | part 2 symlink /usr/lib/modules/6.1.0-56-cloud-arm64/kernel/fs/fat /nowhere
 * expect: !p2/etc/fstab:3:26: error: /boot/efi needs the module vfat, which kernel * neither has built in nor installed
 * bad:    debian-arm64 | fstab replace umask=0077 umask=0077,iocharset=koi8-r
 * expect: !p2/etc/fstab:3:42: error: /boot/efi needs the module nls_koi8-r (the character set koi8-r), which kernel * neither *
 * bad:    debian-arm64 | fstab replace umask=0077 umask=0077,iocharset=koi8-r | fstab add "LABEL=data /srv"
 * expect: !p2/etc/fstab:3:42: error: /boot/efi needs the module nls_koi8-r (the character set koi8-r), which kernel * neither *
 * expect: !p2/etc/fstab:*:*: warning: the line ends before the type of the file system: it is left out [fstab-invalid]
 * bad:    debian-arm64 | kconfig off VFAT_FS
 * expect: !p2/etc/fstab:3:26: error: /boot/efi needs the module vfat, which kernel * neither has built in nor installed
 */
#include "image/kernels.h"
#include "linux/filesystems.h"
#include "system-help.h"

/* One driver that a line needs. */
struct need {
	const char *symbol, *module;
	const char *set; /* the character set that it is for, or NULL */
	const struct fstab_option *option; /* that asks for it, or NULL */
};

static bool is_missing(const struct kernel_release *release, const struct need *need)
{
	enum driver_state state = release_driver(release, need->symbol, need->module);

	return state == DRIVER_ABSENT || state == DRIVER_MODULE_GONE;
}

static bool any_driver(const struct kernel_release *release, const struct filesystem_type *type)
{
	for (const struct kernel_driver *d = type->drivers; d->module; d++)
		if (!is_missing(release, &(struct need){ .symbol = d->symbol, .module = d->module }))
			return true;
	return false;
}

/* Is this release started by default, or could it be, as nobody knows which is? */
static bool is_default(const struct image *image, const struct kernel_release *release)
{
	bool known = false;

	for (unsigned i = 0; i < image->boot_path_count; i++) {
		const struct boot_entry *first = image->boot_paths[i].first;

		for (size_t k = 0; first && k < first->attempt_count; k++) {
			const struct kernel_file *kernel = first->attempts[k].kernel_file;

			if (kernel && kernel->release == release)
				return true;
			known |= kernel && kernel->release;
		}
	}
	return !known;
}

static void judge_need(struct check *check, const struct system *system, const struct kernel_release *release,
		       const struct fstab_entry *entry, const struct need *need)
{
	enum severity severity = system_severity(check, system, check->rule->severity);
	const struct boot_place *place = need->option ? &need->option->place : &entry->type.place;
	struct diagnostic *d;

	if (!is_missing(release, need))
		return;
	if (!is_default(check->image, release) && severity > SEVERITY_NOTE)
		severity--;
	d = finding_severity(check, severity, fstab_at(system, place),
			     "%s needs the module %s%s%s%s, which kernel %s neither has built in nor installed",
			     entry->target.text, need->module, need->set ? " (the character set " : "",
			     need->set ? need->set : "", need->set ? ")" : "", release->release);
	if (!is_default(check->image, release) || !system_boots(check->image, system))
		d->effect = EFFECT_DEGRADES;
	finding_help(check, d, "install the kernel's package whole, or mark the line nofail");
}

/* The table of a character set: of the option, else what the kernel was configured with. */
static void judge_set(struct check *check, const struct system *system, const struct kernel_release *release,
		      const struct fstab_entry *entry, const char *option, const char *symbol, const char *prefix)
{
	struct need need = { .option = fstab_option(entry, option) };
	const struct kconfig *config = release_config(release);
	const struct kconfig_entry *configured = config ? kconfig_find(config, symbol) : NULL;

	if (need.option && !need.option->value)
		need.option = NULL;
	if (need.option)
		need.set = need.option->value;
	else if (configured && configured->text)
		need.set = kconfig_string(check->arena, configured);
	if (!need.set || !*need.set || strcmp(need.set, "default") == 0)
		return;
	need.set = arena_printf(check->arena, "%s%s", prefix, need.set);
	need.module = arena_printf(check->arena, "nls_%s", need.set);
	/* the configuration calls them by other names than their modules: the modules' lists tell */
	judge_need(check, system, release, entry, &need);
}

static const char *type_of(struct check *check, const struct fstab_entry *entry)
{
	const struct filesystem *f;

	if (strcmp(entry->type.text, "auto") != 0)
		return entry->type.text;
	f = image_find_device(check->image, &entry->device_name);
	return f && f->type ? f->type : "auto";
}

/* It may be that the line is wrong in that it names what is not there: another rule says so. */
static bool is_there(struct check *check, const struct fstab_entry *entry)
{
	switch (entry->device_name.kind) {
	case BOOT_DEVICE_UUID:
	case BOOT_DEVICE_LABEL:
	case BOOT_DEVICE_PARTUUID:
	case BOOT_DEVICE_PARTLABEL:
		return image_find_device(check->image, &entry->device_name);
	default:
		return true;
	}
}

static void judge(struct check *check, const struct system *system, const struct kernel_release *release,
		  const struct fstab_entry *entry)
{
	const struct filesystem_type *known;
	const char *type;

	if (entry->fault || fstab_entry_is_optional(entry) || fstab_is_root(entry) || fstab_is_swap(entry) ||
	    fstab_option(entry, "bind") || fstab_option(entry, "x-initrd.mount") || !is_there(check, entry))
		return;
	type = type_of(check, entry);
	known = filesystem_type_find(type);
	/* types that nothing is known of, and what is there is of another one, which is fstab-type's */
	if (!known || !known->drivers[0].module || fstab_type_is_wrong(check->image, system, entry))
		return;
	if (!any_driver(release, known)) {
		const struct need need = { .symbol = known->drivers[0].symbol, .module = known->drivers[0].module };

		judge_need(check, system, release, entry, &need);
		return;
	}
	if (strcmp(type, "vfat") != 0 && strcmp(type, "msdos") != 0)
		return;
	judge_set(check, system, release, entry, "codepage", "FAT_DEFAULT_CODEPAGE", "cp");
	if (!strcmp(type, "vfat"))
		judge_set(check, system, release, entry, "iocharset", "FAT_DEFAULT_IOCHARSET", "");
}

RULE(fstab_filesystem_driver)
{
	if (system_none(check))
		return;
	for (unsigned i = 0; i < check->image->system_count; i++)
		fstab_unseen(check, &check->image->systems[i]);
	for (const struct kernel_release *release = check->image->releases; release; release = release->next) {
		const struct system *system = release->system;

		for (size_t k = 0; system && system->fstab && k < system->fstab->entry_count; k++)
			judge(check, system, release, &system->fstab->entries[k]);
	}
}
