/* SPDX-License-Identifier: MIT */
/* boot-root-type: rootfstype= is not the type of the root file system
 *
 * severity: error
 * effect:   blocks-boot
 * subject:  loader
 * after:    boot-kernel-missing boot-root-unresolved
 *
 * The kernel, and the initrds of initramfs-tools, mkinitcpio and systemd, mount the root as what rootfstype= says and as
 * nothing else: the kernel then panics ("Unable to mount root fs"), an initrd stops in its shell. It happens when a recipe
 * changes the root from ext4 to xfs, say, and its command line stays. An initrd of dracut without systemd looks for itself, and
 * is not judged.
 *
 * `auto`, a list that has the right type, and ext4 for an ext2 or ext3 are good.
 *
 * good:   debian-arm64 debian-amd64 systemd-boot-arm64 uki-arm64 xfs-amd64 btrfs-arm64
 * bad:    debian-arm64 | grub replace "ro console" "ro rootfstype=xfs console"
 * expect: !p2/boot/grub/grub.cfg:*: error: rootfstype=xfs is to mount the root, the ext4 file system in partition 2: that fails
 * bad:    uki-arm64 | uki replace " ro " " ro rootfstype=btrfs,xfs "
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI@*: error: rootfstype=btrfs,xfs is to mount the root, the ext4 file system in partition 2: *
 * bad:    systemd-boot-arm64 | entry replace " ro " " ro rootfstype=ext3 "
 * expect: !p1/loader/entries/debian-*.conf:4:*: error: rootfstype=ext3 is to mount the root, the ext4 file system in partition 2: *
 */
#include "boot-help.h"
#include "image/initrds.h"

static enum boot_verdict judge(struct check *check, const struct boot_attempt *attempt, const char **ret_reason)
{
	(void)check, (void)ret_reason;
	if (attempt->kernel.have == ABSENT)
		return BOOT_NO_MATTER;
	return attempt_root_type_is_wrong(attempt) && !attempt_detects_root_type(attempt) ? BOOT_BAD : BOOT_GOOD;
}

RULE(boot_root_type)
{
	const struct boot_path *path = boot_path_of(check);
	struct boot_found *found = NULL;

	for (size_t i = 0; path && i < path->entry_count; i++) {
		const struct boot_entry *entry = boot_entry_number(path, i);
		const struct boot_attempt *bad = boot_all_bad(check, entry, judge);
		const struct cmdline_word *word;
		struct diagnostic *d;

		if (!bad)
			continue;
		word = bad->cmdline->rootfstype;
		d = boot_finding(check, &found, entry, boot_word_place(check, bad, word),
				 arena_printf(check->arena, "rootfstype=%s is to mount the root, %s: that fails", word->value,
					      boot_title(check, bad->root, "")));
		if (d)
			finding_help(check, d, "rootfstype=%s, or take it out: %s", bad->root->type, boot_edit(check));
	}
	boot_note_others(check, found);
}
