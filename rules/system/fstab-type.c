/* SPDX-License-Identifier: MIT */
/* fstab-type: fstab has the wrong type for a file system
 *
 * severity: error
 * effect:   blocks-boot
 * after:    gpt-missing
 *
 * mount(8) asks for the type that the line names and for no other: a file system of another one is not mounted, and systemd
 * stops the boot in its emergency mode. It happens when a recipe changes a file system (ext4 to xfs, say) and its fstab stays.
 * The line for `/` alone does no harm, as the root is mounted by then; for swap the machine starts without it.
 *
 * `auto`, a list that has the right type, and the names that one driver mounts (ext4 for ext2 and ext3) are good. Lines marked
 * `nofail`, `noauto` or `x-systemd.makefs` are not judged.
 *
 * good:   debian-arm64 systemd-boot-arm64 xfs-amd64 btrfs-arm64 lvm-arm64 luks-arm64 md-arm64
 * bad:    debian-arm64 | fstab replace vfat ext4
 * expect: !p2/etc/fstab:3:26: error: /boot/efi is to be mounted as ext4, and it is vfat
 * bad:    debian-arm64 | fstab replace ext4 xfs,btrfs
 * expect: !p2/etc/fstab:2:45: warning: / is to be mounted as xfs,btrfs, and it is ext4
 * bad:    debian-arm64 | fstab replace ext4 ext3
 * expect: !p2/etc/fstab:2:45: warning: / is to be mounted as ext3, and it is ext4
 * bad:    debian-arm64 | fstab add "PARTLABEL=root none swap sw 0 0"
 * expect: !p2/etc/fstab:4:21: warning: PARTLABEL=root is to be used as swap, and it is ext4
 */
#include "system-help.h"

static void judge(struct check *check, const struct system *system, const struct fstab_entry *entry)
{
	bool mild = fstab_is_root(entry) || fstab_effect(entry) != EFFECT_BLOCKS_BOOT;
	const struct filesystem *f;
	struct diagnostic *d;

	if (entry->fault || fstab_entry_is_optional(entry) || !(f = fstab_type_is_wrong(check->image, system, entry)))
		return;
	d = finding_severity(check, system_severity(check, system, mild ? SEVERITY_WARNING : SEVERITY_ERROR),
			     fstab_at(system, &entry->type.place), "%s is to be %s %s, and it is %s",
			     fstab_is_swap(entry) ? entry->device.text : fstab_what(entry),
			     fstab_is_swap(entry) ? "used as" : "mounted as", entry->type.text, f->type);
	d->effect = fstab_is_root(entry) ? EFFECT_HYGIENE : system_effect(check, system, fstab_effect(entry));
	finding_note(check, d, "%s is the %s", entry->device.text, filesystem_title(check->image, f));
	finding_help(check, d, "write %s in its place, or auto", f->type);
}

RULE(fstab_type)
{
	fstab_judge(check, judge);
}
