/* SPDX-License-Identifier: MIT */
/* boot-root-unresolved: root= names a file system that the image does not have
 *
 * severity: error
 * effect:   blocks-boot
 * subject:  loader
 * after:    boot-kernel-missing
 *
 * The kernel starts and then waits for a disk that never appears. Often the root file system was made anew or copied, and has
 * another UUID than when the configuration was written; or the configuration is that of the machine on which the image was
 * built: grub-mkconfig writes the UUID of the root that it runs on.
 *
 * So it is with a partition that root= names by its own UUID or name and in which no file system was made, or swap.
 *
 * And so it is with a file system that holds no system, such as the ESP or what belongs on /boot.
 *
 * Not reported: a root on the network, in an array, on an encrypted or a logical volume (but for one of a volume group that the
 * image has, and without that volume), one that the initrd finds or makes itself (live:, ZFS=, gpt-auto, systemd.volatile),
 * labels and UUIDs that systemd-repart or Ignition give at the first boot. Words such as boot=live, netroot= or ignition.* and
 * definitions for the first boot say so only to a program that is in the initrd; where none of those is that are known, and
 * nobody knows what the initrd is made of, it is not evaluated. So with names of device mapper and md, where the image has
 * nothing of which they could be made; and what another program than the kernel gives a meaning (ZFS=, overlay:, tmpfs) is
 * reported only where an initrd of initramfs-tools has no such program. What follows from no root= at all is said by
 * boot-root-missing.
 *
 * good:   debian-arm64 debian-amd64 systemd-boot-arm64 uki-arm64 xbootldr-arm64 bios-and-efi-amd64 armhf
 * good:   grub-install-arm64 gzip-kernel-arm64 installer-arm64 trixie-uki-arm64 squashfs-arm64
 * bad:    debian-arm64 | grub replace "root=UUID=" "root=UUID=0"
 * expect: !p2/boot/grub/grub.cfg:*: error: no file system of the image has the UUID 0*, which root= names
 * bad:    debian-arm64 | grub replace "root=UUID=" "rdinit=/init root=UUID=0"
 * expect: !p2/boot/grub/grub.cfg:*:*: error: no file system of the image has the UUID *
 * bad:    uki-arm64 | uki cmdline "root=LABEL=cloudimg ro console=ttyAMA0"
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI@*: error: no file system of the image has the label cloudimg, which root= names
 * bad:    systemd-boot-arm64 | entry replace "root=UUID=" "root=PARTUUID="
 * expect: !p1/loader/entries/debian-*.conf:*: error: no partition of the image has the UUID *, which root= names
 * bad:    systemd-boot-arm64 | entry replace "root=UUID=" "root=/dev/vda9 x="
 * expect: !p1/loader/entries/debian-*.conf:4:17: error: the image has no partition 9, which root= (/dev/vda9) names
 * expect: !p1/loader/entries/debian-*.conf:4:17: error: root=/dev/vda9 is a name * [boot-root-device-name]
 * bad:    debian-arm64 | gpt add linux | gpt guid 3 5d1d8ae0-5a5c-4d0c-8b0e-0123456789ab | grub replace "root=UUID=" "root=PARTUUID=5d1d8ae0-5a5c-4d0c-8b0e-0123456789ab x="
 * expect: !p2/boot/grub/grub.cfg:*: error: root=PARTUUID=5d1d8ae0-* names partition 3, which holds no file system
 * bad:    debian-arm64 | grub replace "root=UUID=" "root=PARTLABEL=esp x=" | gpt name 1 esp
 * expect: !p2/boot/grub/grub.cfg:*: error: root=PARTLABEL=esp names the vfat file system in partition 1, which holds no system
 * bad:    bios-and-efi-amd64 | grub replace "root=UUID=" "root=PARTUUID=63d2e160-23d8-5595-8b72-fe823f7ead7d x="
 * expect: : not evaluated: whether the entry * boots is not known: what partition 14 holds, which root= names, is not known
 * bad:    lvm-arm64 | grub replace "root=/dev/mapper/debian-root" "root=/dev/debian/gone"
 * expect: *grub.cfg:*: error: the image has no /dev/debian/gone, which root= names
 * bad:    systemd-boot-arm64 | file copy EFI/BOOT/BOOTAA64.EFI x.efi | file poke x.efi 0x177a8 78 | entry replace "root=UUID=" "root=UUID=0" | file write loader/entries/a.conf text "sort-key a\nefi /x.efi\n"
 * expect: !p1/loader/entries/debian-*.conf:*: warning: no file system of the image has the UUID 0*, which root= names
 * bad:    systemd-boot-arm64 | entry replace "root=UUID=" "root=UUID= x="
 * expect: !p1/loader/entries/debian-*.conf:*: error: root=UUID= has an empty UUID
 * bad:    debian-arm64 | grub replace "root=UUID=" "ignition.platform.id=qemu netroot=dhcp boot=live root=UUID=0"
 * expect: !p2/boot/grub/grub.cfg:*: error: no file system of the image has the UUID 0*, which root= names
 * bad:    debian-arm64 | part 2 write /etc/repart.d/50.conf "[Partition]\nType=root\nFormat=ext4\n" | grub replace "root=UUID=" "root=UUID=0"
 * expect: !p2/boot/grub/grub.cfg:*: error: no file system of the image has the UUID 0*, which root= names
 * bad:    debian-arm64 | gpt add linux | gpt guid 3 5d1d8ae0-5a5c-4d0c-8b0e-0123456789ab | grub replace "root=UUID=" "root=PARTUUID=5d1d8ae0-5a5c-4d0c-8b0e-0123456789ab flatcar.first_boot=1 x="
 * expect: !p2/boot/grub/grub.cfg:*: error: root=PARTUUID=5d1d8ae0-* names partition 3, which holds no file system
 * bad:    debian-arm64 | grub replace "root=UUID=" "root=uuid="
 * expect: !p2/boot/grub/grub.cfg:*: error: root=uuid=* names no device, and nothing in the initrd knows what it means
 * bad:    debian-arm64 | grub replace "root=UUID=" "root=/dev/mapper/x y="
 * expect: !p2/boot/grub/grub.cfg:*: error: the image has no /dev/mapper/x, which root= names
 * bad:    debian-arm64 | grub replace "root=UUID=" "root=/dev/md/x y="
 * expect: !p2/boot/grub/grub.cfg:*: error: the image has no /dev/md/x, which root= names
 * bad:    debian-arm64 | grub replace "root=UUID=" "root=/dev/ram0 y="
 * expect: !p2/boot/grub/grub.cfg:*: error: root=/dev/ram0 is a RAM disk, into which nothing is put
 * bad:    debian-arm64 | grub replace "root=UUID=" "root=tmpfs y="
 * expect: !p2/boot/grub/grub.cfg:*: error: root=tmpfs is for systemd to make, and the initrd has no systemd
 * bad:    debian-arm64 | initrd write sbin/lvm "x" | grub replace "root=UUID=" "root=/dev/mapper/x y="
 * expect: : not evaluated: whether the entry * boots is not known: root=/dev/mapper/x is not in the image, nor what the initrd could make it of
 * bad:    debian-arm64 | initrd remove scripts/local | grub replace "root=UUID=" "boot=live root=UUID=0"
 * expect: : not evaluated: whether the entry * boots is not known: root=UUID=0* is not in the image: it is a live system: its root is made of a file, if the initrd has the program for that
 * bad:    systemd-boot-arm64 | initrd write usr/lib/systemd/system-generators/systemd-gpt-auto-generator "x" | initrd remove scripts/local | gpt type 2 linux | entry replace "root=UUID=" "root=gpt-auto x="
 * expect: !p1/loader/entries/debian-*.conf:4:17: error: no partition has the type of an aarch64 root, by which root=gpt-auto finds it
 */
#include "base/utf16.h"
#include "boot-help.h"
#include "image/initrds.h"

static bool is_swap(const struct filesystem *f)
{
	return f->have == HAVE && f->type && (!strcmp(f->type, "swap") || !strcmp(f->type, "swsuspend"));
}

/* An empty root that systemd makes. */
static bool is_tmpfs(const struct boot_attempt *attempt)
{
	return !strcmp(attempt->cmdline->root_device.text, "tmpfs");
}

/* What root= names, be it blank and said to be made. */
static struct filesystem *root_of(const struct boot_attempt *attempt)
{
	return attempt->root ? attempt->root : attempt->root_blank;
}

/* Is there a partition, and nothing in it to be mounted? */
static bool holds_nothing(const struct boot_attempt *attempt)
{
	const struct filesystem *root = root_of(attempt);

	if (!root || (!is_swap(root) && !filesystem_is_blank(root)))
		return false;
	return attempt->root ? !attempt_root_is_made(attempt) : attempt_root_claim(attempt) == INITRD_NOT_FOUND;
}

static bool is_one_of(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (!ascii_casecmp(name, *list))
			return true;
	return false;
}

/* Is the root on the command line alone what the initrd mounts, so far as can be said? */
static bool is_plain(const struct boot_attempt *attempt)
{
	/* the file on the root that is made the root; an init outside of the usual folders (NixOS); what mounts over it */
	static const char *const words[] = { "boot", "overlayroot", "ostree", "loop", "init", "persistent", "toram", NULL };
	static const char *const prefixes[] = { "rd.live", "rd.overlay", "overlay", "cos-img/", "iso-scan/", "img_",
						"androidboot", "live", "casper", "rauc", "mender", NULL };
	const struct cmdline *cmdline = attempt->cmdline;

	for (size_t i = 0; words[i]; i++)
		if (cmdline_next(cmdline, words[i], NULL))
			return false;
	for (size_t i = 0; prefixes[i]; i++)
		if (cmdline_next_prefix(cmdline, prefixes[i], NULL))
			return false;
	return !attempt_root_is_made(attempt) && attempt->root_known && !cmdline->text.unknown &&
	       (!attempt->initrd_count || attempt_initrd_is_usual(attempt));
}

/* Can its files be read, and is there nothing of a system at the top, nor a file that may hold one? */
static bool holds_no_system(struct check *check, const struct boot_attempt *attempt)
{
	/* where nothing but files of its own lies; a squashfs, an ISO or a btrfs may be put together with others */
	static const char *const types[] = { "vfat", "ext2", "ext3", "ext4", "xfs", NULL };
	static const char *const tops[] = { "etc",   "usr",    "bin",	 "sbin",    "lib",  "nix", "ostree", "init", "linuxrc",
					    "live",  "casper", "LiveOS", "sysroot", "gnu",  "system", "images", "os", NULL };
	static const char *const images[] = { ".squashfs", ".sfs", ".erofs", ".ext4", ".raw", ".iso", NULL };
	struct filesystem *root = attempt->root;
	struct fs_entry *entries;
	struct error err;
	size_t count;

	if (!root || attempt->system || !is_plain(attempt) || root->have != HAVE || !root->type ||
	    !is_one_of(root->type, types) || filesystem_open(check->image, root) != HAVE ||
	    root->fs->ops->readdir(root->fs, check->arena, root->fs->root, &entries, &count, &err) < 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		const char *dot = entries[i].name ? strrchr(entries[i].name, '.') : NULL;

		if (!entries[i].name || is_one_of(entries[i].name, tops) || (dot && is_one_of(dot, images)))
			return false;
	}
	return true;
}

static enum boot_verdict judge(struct check *check, const struct boot_attempt *attempt, const char **ret_reason)
{
	if (attempt->kernel.have == ABSENT)
		return BOOT_NO_MATTER;
	if (!attempt->cmdline->root) {
		*ret_reason = attempt->cmdline->text.unknown;
		return *ret_reason ? BOOT_NOT_KNOWN : BOOT_GOOD;
	}
	if (holds_nothing(attempt) || holds_no_system(check, attempt))
		return BOOT_BAD;
	if (attempt->root) {
		*ret_reason = arena_printf(check->arena, "what partition %d holds, which root= names, is not known",
					   attempt->root->partition);
		return attempt->root->have == ABSENT && attempt->root->view && !attempt_root_is_made(attempt) ? BOOT_NOT_KNOWN
													     : BOOT_GOOD;
	}
	if (attempt->root_absent && attempt_root_claim(attempt) == INITRD_UNKNOWN && !attempt_may_make_root(attempt)) {
		enum boot_device_kind kind = attempt->cmdline->root_device.kind;

		if (kind == BOOT_DEVICE_MAPPER || kind == BOOT_DEVICE_MD)
			*ret_reason = arena_printf(check->arena,
					   "root=%s is not in the image, nor what the initrd could make it of",
					   attempt->cmdline->root_device.text);
		else
			*ret_reason = arena_printf(check->arena,
					   "root=%s is not in the image: %s, if the initrd has the program for that",
					   attempt->cmdline->root_device.text, attempt->root_reason);
		return BOOT_NOT_KNOWN;
	}
	if (attempt->root_absent && attempt_root_claim(attempt) == INITRD_FOUND)
		return BOOT_GOOD;
	if ((attempt->root_known || attempt->root_absent) && attempt->cmdline->root_device.kind == BOOT_DEVICE_AUTO)
		return attempt_finds_root_by_type(attempt) || is_tmpfs(attempt) ? BOOT_BAD : BOOT_GOOD;
	if (attempt->root_known || attempt->root_absent)
		return attempt_may_make_root(attempt) ? BOOT_GOOD : BOOT_BAD;
	*ret_reason = image_device_unknown(check->image, &attempt->cmdline->root_device);
	return *ret_reason ? BOOT_NOT_KNOWN : BOOT_GOOD;
}

static const char *what(struct check *check, const struct boot_attempt *attempt)
{
	const struct boot_device_name *name = &attempt->cmdline->root_device;
	const char *digits = name->value + strlen(name->value);

	if (!*name->value && name->kind >= BOOT_DEVICE_UUID && name->kind <= BOOT_DEVICE_PARTLABEL)
		return arena_printf(check->arena, "root=%s has an empty %s", name->text,
				    name->kind == BOOT_DEVICE_UUID || name->kind == BOOT_DEVICE_PARTUUID ? "UUID" :
				    name->kind == BOOT_DEVICE_LABEL ? "label" : "name");
	if (holds_nothing(attempt))
		return arena_printf(check->arena, "root=%s names partition %d, which holds %s", name->text,
				    root_of(attempt)->partition, is_swap(root_of(attempt)) ? "swap" : "no file system");
	if (attempt->root)
		return arena_printf(check->arena, "root=%s names %s, which holds no system", name->text,
				    boot_title(check, attempt->root, ""));
	switch (name->kind) {
	case BOOT_DEVICE_UUID:
		return arena_printf(check->arena, "no file system of the image has the UUID %s, which root= names", name->value);
	case BOOT_DEVICE_LABEL:
		return arena_printf(check->arena, "no file system of the image has the label %s, which root= names", name->value);
	case BOOT_DEVICE_PARTUUID:
		return arena_printf(check->arena, "no partition of the image has the UUID %s, which root= names", name->value);
	case BOOT_DEVICE_PARTLABEL:
		return arena_printf(check->arena, "no partition of the image has the name %s, which root= names", name->value);
	case BOOT_DEVICE_AUTO:
		if (!strcmp(name->text, "tmpfs"))
			return "root=tmpfs is for systemd to make, and the initrd has no systemd";
		return arena_printf(check->arena, "no partition has the type of an %s root, by which root=%s finds it",
				    architecture_name(check->image->architecture), name->text);
	case BOOT_DEVICE_OTHER:
		return arena_printf(check->arena, "root=%s names no device, and nothing in the initrd knows what it means",
				    name->text);
	case BOOT_DEVICE_NODE:
		if (!strncmp(name->value, "ram", 3))
			return arena_printf(check->arena, "root=%s is a RAM disk, into which nothing is put", name->text);
		while (digits > name->value && digits[-1] >= '0' && digits[-1] <= '9')
			digits--;
		return arena_printf(check->arena, "the image has no partition %s, which root= (%s) names",
				    *digits ? digits : "that is the whole disk", name->text);
	default:
		return arena_printf(check->arena, "the image has no %s, which root= names", name->text);
	}
}

/* What was meant, most likely: a UUID of the other kind. */
static void note_mistake(struct check *check, struct diagnostic *d, const struct boot_device_name *name)
{
	for (unsigned i = 0; i < check->image->filesystem_count; i++) {
		const struct filesystem *f = &check->image->filesystems[i];

		if (name->kind == BOOT_DEVICE_UUID && f->uuid && !ascii_casecmp(f->uuid, name->value))
			finding_note(check, d, "%s has it in another case, which counts: %s", boot_title(check, f, ""), f->uuid);
		if (name->kind == BOOT_DEVICE_PARTUUID && f->uuid && !ascii_casecmp(f->uuid, name->value))
			finding_note(check, d, "it is the UUID of %s: write root=UUID=%s", boot_title(check, f, ""), f->uuid);
		if (name->kind == BOOT_DEVICE_UUID && f->part_uuid && !ascii_casecmp(f->part_uuid, name->value))
			finding_note(check, d, "it is the UUID of partition %d: write root=PARTUUID=%s", f->partition,
				     f->part_uuid);
	}
}

/* Where a root may be meant: what else there is, of the same kind of name. */
static void note_candidates(struct check *check, struct diagnostic *d, enum boot_device_kind kind)
{
	for (unsigned i = 0; i < check->image->system_count && i < 4; i++) {
		const struct filesystem *f = check->image->systems[i].filesystem;
		const char *have = kind == BOOT_DEVICE_UUID	   ? f->uuid
				   : kind == BOOT_DEVICE_LABEL	   ? f->label
				   : kind == BOOT_DEVICE_PARTUUID  ? f->part_uuid
				   : kind == BOOT_DEVICE_PARTLABEL ? f->part_label
								   : NULL;
		const char *name = check->image->systems[i].name;

		finding_note(check, d, "%s holds %s%s%s", boot_title(check, f, ""), name ? name : "a system", have ? ": " : "",
			     have ? have : "");
	}
}

RULE(boot_root_unresolved)
{
	const struct boot_path *path = boot_path_of(check);
	struct boot_found *found = NULL;

	for (size_t i = 0; path && i < path->entry_count; i++) {
		const struct boot_entry *entry = boot_entry_number(path, i);
		const struct boot_attempt *bad = boot_all_bad(check, entry, judge);
		const struct boot_device_name *name;
		struct diagnostic *d;

		if (!bad)
			continue;
		name = &bad->cmdline->root_device;
		d = boot_finding(check, &found, entry, boot_word_place(check, bad, bad->cmdline->root), what(check, bad));
		if (!d)
			continue;
		if (bad->root && !holds_nothing(bad))
			finding_note(check, d, "there is no /etc, no /usr and no /sbin in it");
		else if (!root_of(bad))
			note_mistake(check, d, name);
		note_candidates(check, d, name->kind);
		finding_help(check, d, "%s", boot_edit(check));
	}
	boot_note_others(check, found);
}
