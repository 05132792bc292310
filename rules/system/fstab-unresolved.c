/* SPDX-License-Identifier: MIT */
/* fstab-unresolved: fstab names a file system that the image does not have
 *
 * severity: error
 * effect:   blocks-boot
 * after:    gpt-missing
 *
 * systemd waits 90 seconds for the device of every line that is not marked `nofail` or `noauto`, and then stops the boot
 * in its emergency mode, where no network is up and nobody can log in but root at the console. (The root itself is
 * mounted by then, so that a wrong line for `/` alone leaves it read-only or goes unnoticed; for swap it costs the 90
 * seconds.) Such lines are left over when a file system was formatted anew, or when the image was made from another
 * machine.
 *
 * Lines marked `nofail`, `noauto`, `_netdev` or `x-systemd.makefs` are not judged, nor names that device mapper makes
 * (`/dev/mapper`, `/dev/VG/LV`, `/dev/dm-*`), nor labels and UUIDs that systemd-repart or Ignition make at the first boot, if
 * the system has that program, or its initrd systemd-repart.
 *
 * good:   debian-arm64 systemd-boot-arm64
 * bad:    debian-arm64 | fstab add "UUID=4d1d8ae0-5a5c-4d0c-8b0e-0123456789ab /srv ext4 defaults 0 2"
 * expect: !p2/etc/fstab:4:1: error: the image has no file system with the UUID 4d1d8ae0-5a5c-4d0c-8b0e-0123456789ab, which is to be mounted on /srv
 * bad:    debian-arm64 | fstab add "  LABEL=data /srv/my\x5c040data xfs defaults"
 * expect: !p2/etc/fstab:4:3: error: the image has no file system with the label data, which is to be mounted on /srv/my data
 * bad:    debian-arm64 | fstab add "PARTLABEL=gone none swap sw"
 * expect: !p2/etc/fstab:4:1: warning: the image has no partition with the name gone, which is to be used for swap
 * bad:    debian-arm64 | fstab add "LABEL=data /srv ext4 x-systemd.automount"
 * expect: !p2/etc/fstab:4:1: warning: the image has no file system with the label data, which is to be mounted on /srv
 * bad:    debian-arm64 | fstab replace UUID= UUID=0
 * expect: !p2/etc/fstab:2:1: warning: the image has no file system with the UUID 0*, which is to be mounted on /
 * expect: !p2/etc/fstab:3:1: error: the image has no file system with the UUID 0*, which is to be mounted on /boot/efi
 * bad:    debian-arm64 | gpt add linux | gpt name 3 data | fstab add "PARTLABEL=data /srv ext4 defaults 0 2"
 * expect: !p2/etc/fstab:4:1: error: partition 3, which is to be mounted on /srv, holds no file system
 * bad:    debian-arm64 | part 2 write /usr/bin/systemd-repart "x" | part 2 write /etc/repart.d/50.conf "[Partition]\nType = var\nFormat = ext4\nLabel = srv\n" | fstab add "LABEL=srv /var ext4 defaults 0 0" | fstab add "LABEL=var /srv ext4"
 * expect: !p2/etc/fstab:5:1: error: the image has no file system with the label var, which is to be mounted on /srv
 * bad:    debian-arm64 | part 2 write /usr/bin/systemd-repart "x" | part 2 write /etc/repart.d/50.conf "[Partition]\nType=var\nLabel=%m-data\nFormat=ext4\n" | fstab add "LABEL=x-data /var ext4 defaults" | fstab add "LABEL=data /srv ext4"
 * expect: !p2/etc/fstab:5:1: error: the image has no file system with the label data, which is to be mounted on /srv
 * bad:    debian-arm64 | part 2 write /etc/repart.d/50.conf "[Partition]\nType=var\nFormat=ext4\n" | part 2 mkdir /boot/ignition | fstab add "LABEL=var /srv ext4 defaults 0 0"
 * expect: !p2/etc/fstab:4:1: error: the image has no file system with the label var, which is to be mounted on /srv
 * bad:    debian-arm64 | part 2 mknod /etc/crypttab p
 * expect: : not evaluated: crypttab cannot be read: not a regular file
 */
#include "base/utf16.h"
#include "image/initrds.h"
#include "system-help.h"

static const char *kind_of(const struct boot_device_name *name)
{
	switch (name->kind) {
	case BOOT_DEVICE_UUID:
		return "file system with the UUID";
	case BOOT_DEVICE_LABEL:
		return "file system with the label";
	case BOOT_DEVICE_PARTUUID:
		return "partition with the UUID";
	case BOOT_DEVICE_PARTLABEL:
		return "partition with the name";
	default:
		return NULL;
	}
}

/* What the line meant, most likely. */
static void hint(struct check *check, struct diagnostic *d, const struct boot_device_name *name)
{
	const struct image *image = check->image;

	for (unsigned i = 0; i < image->filesystem_count; i++) {
		const struct filesystem *f = &image->filesystems[i];

		if (name->kind == BOOT_DEVICE_UUID && f->uuid && !ascii_casecmp(f->uuid, name->value)) {
			finding_note(check, d, "the %s has it in another case, which counts: %s", filesystem_title(image, f),
				     f->uuid);
			return;
		}
		if (name->kind == BOOT_DEVICE_UUID && f->part_uuid && !ascii_casecmp(f->part_uuid, name->value)) {
			finding_note(check, d, "it is the UUID of partition %d: write PARTUUID=%s", f->partition, f->part_uuid);
			return;
		}
		if (name->kind == BOOT_DEVICE_LABEL && f->part_label && !strcmp(f->part_label, name->value)) {
			finding_note(check, d, "it is the name of partition %d: write PARTLABEL=%s", f->partition, f->part_label);
			return;
		}
	}
}

/* The ESP is missing or damaged, which has rules of its own: what was mounted from it would be the same finding again. */
static bool is_lost_esp(const struct image *image, const struct fstab_entry *entry)
{
	for (unsigned i = 0; i < image->esp_count; i++)
		if (image->esps[i].have == HAVE)
			return false;
	return !strcmp(entry->type.text, "vfat") || !strcmp(entry->type.text, "auto");
}

/* Is it made at the first boot, or may be?  `maker`: is there a program that does? */
static bool is_made(struct check *check, const struct system *system, const struct fstab_entry *entry, enum initrd_answer maker)
{
	if (maker == INITRD_NOT_FOUND || !system_makes_device(system, &entry->device_name, fstab_is_swap(entry)))
		return false;
	if (maker == INITRD_UNKNOWN)
		not_evaluated(check, NULL,
			      "whether %s is made at the first boot cannot be said: the system has no systemd-repart, and the "
			      "initrd may have it", entry->device.text);
	return true;
}

/* The partition is there, and nothing in it. */
static void judge_blank(struct check *check, const struct system *system, const struct fstab_entry *entry,
			const struct filesystem *f, enum initrd_answer maker)
{
	bool mild = fstab_effect(entry) != EFFECT_BLOCKS_BOOT;
	struct diagnostic *d;

	if (!filesystem_is_blank(f) || is_made(check, system, entry, maker))
		return;
	d = finding_severity(check, system_severity(check, system, mild ? SEVERITY_WARNING : SEVERITY_ERROR),
			     fstab_at(system, &entry->device.place), "partition %d, which is to be %s %s, holds no %s",
			     f->partition, fstab_is_swap(entry) ? "used for" : "mounted on", fstab_what(entry),
			     fstab_is_swap(entry) ? "swap space" : "file system");
	d->effect = system_effect(check, system, fstab_effect(entry));
	finding_help(check, d, "make one (mkfs, mkswap), or mark the line x-systemd.makefs");
}

static void judge(struct check *check, const struct system *system, const struct fstab_entry *entry, enum initrd_answer maker)
{
	const struct boot_device_name *name = &entry->device_name;
	const char *kind = kind_of(name), *unknown;
	const struct filesystem *found;
	bool mild = fstab_effect(entry) != EFFECT_BLOCKS_BOOT;
	struct diagnostic *d;

	/* a disk that comes over the network is not in the image */
	if (!kind || entry->fault || fstab_entry_is_optional(entry) || fstab_option(entry, "_netdev"))
		return;
	found = image_find_device(check->image, name);
	if (found)
		judge_blank(check, system, entry, found, maker);
	if (found || is_made(check, system, entry, maker) || is_lost_esp(check->image, entry))
		return;
	unknown = image_device_unknown(check->image, name);
	if (unknown) {
		not_evaluated(check, NULL, "whether there is a %s %s cannot be said: %s", kind, name->value, unknown);
		return;
	}
	d = finding_severity(check, system_severity(check, system, mild ? SEVERITY_WARNING : SEVERITY_ERROR),
			     fstab_at(system, &entry->device.place), "the image has no %s %s, which is to be %s %s", kind,
			     name->value, fstab_is_swap(entry) ? "used for" : "mounted on", fstab_what(entry));
	d->effect = system_effect(check, system, fstab_effect(entry));
	hint(check, d, name);
	finding_help(check, d, "name what the image has (blkid lists it), take the line out, or mark it nofail");
}

RULE(fstab_unresolved)
{
	if (system_none(check))
		return;
	for (unsigned i = 0; i < check->image->system_count; i++) {
		const struct system *system = &check->image->systems[i];
		enum initrd_answer maker = image_has_maker(check->image, system);

		fstab_unseen(check, system);
		/* the names of its volumes may be those that fstab has */
		if (system->have_crypttab == UNREADABLE)
			not_evaluated(check, &system->crypttab_error, "crypttab cannot be read");
		for (size_t k = 0; system->fstab && k < system->fstab->entry_count; k++)
			judge(check, system, &system->fstab->entries[k], maker);
	}
}
