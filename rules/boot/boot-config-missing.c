/* SPDX-License-Identifier: MIT */
/* boot-config-missing: the boot loader finds no configuration, or one that boots nothing
 *
 * severity: error
 * effect:   blocks-boot
 * subject:  loader
 * after:    boot-search-unresolved
 *
 * GRUB reads its menu from a file whose place was built into it: Debian's signed GRUB looks in /EFI/debian on the partition
 * that it came from, wherever the binary itself lies; the short grub.cfg there leads it to the one in /boot/grub. If that file
 * is missing, or gives no menu entry, GRUB stays at its prompt. vmlint follows the configuration built into the binary, and
 * what it reads from there on, as GRUB would.
 *
 * A menu whose default entry starts nothing ends the same way. What systemd-boot finds is judged by efi-second-stage.
 *
 * A configuration that comes to the command halt, reboot or exit before there is a menu boots nothing either, and so does a
 * default entry with such a command in place of a kernel. That the default entry goes back to the firmware (exit, fwsetup) is a
 * warning in an image without an installed system: menus of installers do so to boot what is on another disk. A second loader
 * in the image does not help: edk2 tries one of a disk, and with none on another disk it starts the machine anew (tried with
 * OVMF). Entries that are not the default, and commands behind a condition that does not hold, are left alone.
 *
 * good:   debian-arm64 debian-amd64 no-fallback-arm64 riscv64 lower-case-names two-architectures grub-install-arm64
 * good:   gzip-kernel-arm64 installer-arm64
 * bad:    debian-arm64 | file delete EFI/debian/grub.cfg
 * expect: !p1/EFI/debian/grub.cfg: error: the file is missing, and GRUB (/EFI/debian/grubaa64.efi) reads its menu from it
 * bad:    debian-arm64 | part 2 rm /boot/grub/grub.cfg
 * expect: !p2/boot/grub/grub.cfg: error: the file is missing, and GRUB (/EFI/debian/grubaa64.efi) reads its menu from it
 * bad:    debian-arm64 | grub write "set timeout=5\n"
 * expect: !p2/boot/grub/grub.cfg: error: it gives GRUB (/EFI/debian/grubaa64.efi) no menu entry
 * bad:    debian-arm64 | grub write "menuentry one {\n echo one\n}\n"
 * expect: !p2/boot/grub/grub.cfg:1:1: error: the entry that GRUB boots by default loads no kernel
 * bad:    debian-arm64 | grub write "for k in 1; do echo a fi\nmenuentry one { echo one\n} done\n"
 * expect: !p2/boot/grub/grub.cfg:3:*: error: it gives GRUB (/EFI/debian/grubaa64.efi) no menu entry
 * bad:    debian-arm64 | part 2 mkdir /boot/grub/grub.cfg
 * expect: !p2/boot/grub/grub.cfg: error: GRUB (/EFI/debian/grubaa64.efi) reads its menu from it, and it is a folder
 * bad:    debian-arm64 | grub append "halt\n"
 * expect: !p2/boot/grub/grub.cfg:*:1: error: GRUB (/EFI/debian/grubaa64.efi) switches the machine off before it shows a menu
 * bad:    debian-arm64 | grub append "if [ -e /boot/grub/grub.cfg ]; then reboot; fi\n"
 * expect: !p2/boot/grub/grub.cfg:*:37: error: GRUB (/EFI/debian/grubaa64.efi) starts the machine anew before it shows a menu
 * bad:    debian-arm64 | grub append "exit\n"
 * expect: !p2/boot/grub/grub.cfg:*:1: error: GRUB (/EFI/debian/grubaa64.efi) goes back to the firmware before it shows a menu
 * bad:    debian-arm64 | grub replace "linux\t" "halt\nlinux\t"
 * expect: !p2/boot/grub/grub.cfg:*: error: the entry that GRUB boots by default switches the machine off
 * bad:    debian-arm64 | grub append "menuentry next --id next {\n exit 1\n}\nset default=next\n"
 * expect: !p2/boot/grub/grub.cfg:*:2: error: the entry that GRUB boots by default goes back to the firmware
 * bad:    debian-arm64 | grub append "menuentry next --id next {\n linux /nope\n boot\n exit\n}\nset default=next\n"
 * expect: !p2/boot/grub/grub.cfg:*:2: error: the entry that GRUB boots by default goes back to the firmware
 * bad:    installer-arm64 | file write boot/grub/grub.cfg text "menuentry next {\n exit 1\n}\nmenuentry install {\n linux /debian-installer/arm64/linux\n initrd /debian-installer/arm64/initrd.gz\n}\n"
 * expect: !p1/boot/grub/grub.cfg:2:2: warning: the entry that GRUB boots by default goes back to the firmware
 * bad:    debian-arm64 | esp copy-as esp | use 1 | file write EFI/debian/grub.cfg text "menuentry leave {\n exit 1\n}\n"
 * expect: !p1/EFI/debian/grub.cfg:2:2: error: the entry that GRUB boots by default goes back to the firmware
 * expect: !*: note: the disk has 2 EFI system partitions (*), one expected [esp-multiple]
 * bad:    debian-arm64 | grub append "submenu off --id off {\n halt\n}\nset default=off\n"
 * expect: !p2/boot/grub/grub.cfg:*:2: error: the entry that GRUB boots by default switches the machine off
 * bad:    debian-arm64 | grub append "menuentry b --id b {\n configfile /b.cfg\n}\nset default=b\n" | part 2 write /b.cfg "menuentry c {\n halt\n}\n"
 * expect: !p2/b.cfg:2:2: error: the entry that GRUB boots by default switches the machine off
 * bad:    debian-arm64 | grub append "menuentry back {\n configfile /boot/grub/grub.cfg\n}\nset default=back\n" | --select=boot-config-missing
 * expect: : not evaluated: what the entry "back" boots is not known: it leads back to the menu that it stands in
 * bad:    debian-arm64 | grub append "if keystatus --shift; then true; else halt; fi\n"
 * expect: !p2/boot/grub/grub.cfg:*:39: error: GRUB (/EFI/debian/grubaa64.efi) switches the machine off before it shows a menu
 * bad:    debian-arm64 | grub append "if cmp /a /b; then true; else halt; fi\n" | --select=boot-config-missing
 * expect: : not evaluated: what GRUB boots is not known: what cmp finds depends on the running machine
 */
#include "boot-help.h"

/* Is it a file of the image, rather than of the binary's memory disk? */
static bool in_image(const struct grub_config *config)
{
	return config->file.device && config->file.path && *config->file.path == '/';
}

static const struct filesystem *filesystem_of(struct check *check, const struct grub_config *config)
{
	return boot_grub_filesystem(check->image, config->file.device->name);
}

static struct location place_of(struct check *check, const struct grub_config *config)
{
	const struct filesystem *filesystem = filesystem_of(check, config);
	struct location place = at_file(config->file.device->partition, config->file.path);

	place.volume = filesystem ? filesystem->volume : NULL;
	return place;
}

static void no_entries(struct check *check, const struct boot_path *path)
{
	const struct grub_config *found = NULL, *missing = NULL;
	const char *grub = path->program->path;
	struct diagnostic *d;

	for (size_t i = 0; i < path->grub->config_count; i++) {
		const struct grub_config *config = &path->grub->configs[i];

		if (in_image(config) && config->file.found == GRUB_FOUND)
			found = config;
		else if (config->file.found == GRUB_MISSING)
			missing = config;
		/* that one may have entries: what GRUB does without it does not count */
		if (config->file.found == GRUB_NOT_KNOWN) {
			not_evaluated(check, NULL, "%s, which GRUB (%s) reads, could not be looked at: %s",
				      config->file.text.text, grub,
				      config->file.reason ? config->file.reason : "it could not be told where it is");
			return;
		}
	}
	if (missing && in_image(missing) && missing->file.instead) {
		d = finding(check, place_of(check, missing), "GRUB (%s) reads its menu from it, and it %s", grub,
			    missing->file.instead);
	} else if (missing && in_image(missing)) {
		d = finding(check, place_of(check, missing), "the file is missing, and GRUB (%s) reads its menu from it", grub);
		if (found)
			finding_note(check, d, "%s in partition %d leads there", found->file.path, found->file.device->partition);
	} else if (missing) {
		struct location at = boot_location(check->image, &missing->place);

		d = finding(check, at, "GRUB (%s) is to read its menu from %s: %s", grub, missing->file.text.text,
			    missing->file.reason ? missing->file.reason : "it does not exist");
	} else if (found) {
		const struct grub_problem *problems = path->grub->problems;
		size_t problem_count = path->grub->problem_count;
		struct location at = place_of(check, found);

		/* the first thing that GRUB does not understand is what to look at */
		if (problem_count && problems[0].place.source && !strcmp(problems[0].place.source->path, found->file.path))
			at = boot_location(check->image, &problems[0].place);
		d = finding(check, at, "it gives GRUB (%s) no menu entry", grub);
		for (size_t i = 0; i < problem_count && i < 3; i++)
			finding_note(check, d, "GRUB refuses line %u of %s, at column %u: %s", problems[i].place.line,
				     problems[i].place.source ? problems[i].place.source->path : "it",
				     problems[i].place.column, problems[i].message);
	} else {
		d = finding(check, at_file(path->program->esp->partition, grub), "GRUB finds no configuration: its prefix is %s",
			    path->grub->prefix ? path->grub->prefix : "not set");
	}
	finding_note(check, d, "GRUB stays at its prompt");
	finding_help(check, d, "in the image: grub-install and grub-mkconfig -o /boot/grub/grub.cfg (update-grub)");
}

/* GRUB ends with one of the commands that leave it, before a menu or in the default entry. */
static void left(struct check *check, const struct boot_path *path)
{
	static const char *const what[] = { [BOOT_LEAVES] = "goes back to the firmware",
					    [BOOT_REBOOTS] = "starts the machine anew",
					    [BOOT_HALTS] = "switches the machine off" };
	const struct boot_entry *entry = path->first;
	struct location at = boot_location(check->image, &entry->ending_place);
	struct diagnostic *d;

	if (!entry->title) {
		d = finding_entry(check, entry, at, "GRUB (%s) %s before it shows a menu", path->program->path,
				  what[entry->ending]);
	} else if (entry->ending == BOOT_LEAVES && !check->image->system_count) {
		/* whoever made it so may have another disk in mind */
		d = finding_severity(check, boot_entry_counts(check->image, entry) ? SEVERITY_WARNING : SEVERITY_NOTE, at,
				     "the entry that GRUB boots by default %s", what[entry->ending]);
	} else {
		d = finding_entry(check, entry, at, "the entry that GRUB boots by default %s", what[entry->ending]);
	}
	if (entry->title)
		finding_note(check, d, "the entry is \"%s\", and it comes to %s without having started a kernel", entry->title,
			     entry->ending_reason);
	else
		finding_note(check, d, "it comes to %s", entry->ending_reason);
	if (entry->ending == BOOT_LEAVES)
		finding_note(check, d, "the firmware has nothing else in this image to boot");
	else if (entry->ending == BOOT_REBOOTS)
		finding_note(check, d, "it does so each time");
	finding_help(check, d, entry->title ? "boot another entry by default: GRUB_DEFAULT in /etc/default/grub, then update-grub"
					    : "take the command out of the file, or grub-mkconfig -o /boot/grub/grub.cfg anew");
}

RULE(boot_config_missing)
{
	const struct boot_entry *first;
	const struct boot_path *path = boot_grub_path_of(check);
	struct diagnostic *d;

	if (!path)
		return;
	if (!path->entry_count) {
		no_entries(check, path);
		return;
	}
	first = path->first;
	if (!first || (first->leaves && first->ending == BOOT_GOES_ON))
		return;
	if (first->attempt_count && first->ending == BOOT_GOES_ON)
		return;
	if (!first->complete) {
		not_evaluated(check, NULL, "what %s boots is not known: %s",
			      first->title ? arena_printf(check->arena, "the entry \"%s\"", first->title) : "GRUB",
			      first->reason);
		return;
	}
	if (first->ending != BOOT_GOES_ON) {
		left(check, path);
		return;
	}
	d = finding_entry(check, first, boot_location(check->image, &first->place),
			  "the entry that GRUB boots by default loads no kernel");
	finding_help(check, d, "in the image: grub-mkconfig -o /boot/grub/grub.cfg");
}
