/* SPDX-License-Identifier: MIT */
/* boot-root-missing: no root= on the command line, and an initrd that needs one
 *
 * severity: error
 * effect:   blocks-boot
 * subject:  loader
 * after:    boot-kernel-missing
 *
 * Without root= an initrd with systemd, by dracut or mkosi say, may find the root by its partition's type. One by
 * initramfs-tools (Debian's and Ubuntu's) does not: it stops with "No root device specified. Boot arguments must include a root=
 * parameter." It happens where a command line was written for another initrd, or where GRUB_CMDLINE_LINUX took the place of what
 * grub-mkconfig adds by itself.
 *
 * So it is with `root=gpt-auto` and `root=dissect`, by which systemd is asked for the same.
 *
 * Linux reads 2,047 bytes of its command line at most (1,023 on 32-bit Arm), and leaves out the words behind them. A root=
 * among these is none.
 *
 * Otherwise judged only of initrds that are known to be by initramfs-tools, and to have no ROOT= or BOOT= in their settings;
 * not where zfs= names the root, or another word has a program in the initrd make it. An initrd of which nothing else is
 * asked, as all drivers are built in, is read for this with --thorough alone.
 *
 * good:   debian-arm64 debian-amd64 systemd-boot-arm64 trixie-uki-arm64 installer-arm64
 * bad:    debian-arm64 | grub replace "root=UUID=" "x="
 * expect: !p2/boot/grub/grub.cfg:*: error: the command line has no root=, and the initrd stops without one
 * bad:    debian-arm64 | grub replace "root=UUID=" "install netroot=dhcp ignition.platform.id=qemu x="
 * expect: !p2/boot/grub/grub.cfg:*: error: the command line has no root=, and the initrd stops without one
 * bad:    systemd-boot-arm64 | entry replace "root=UUID=" "x="
 * expect: !p1/loader/entries/debian-*.conf:*: error: the command line has no root=, and the initrd stops without one
 * bad:    systemd-boot-arm64 | entry replace "root=UUID=" "root=gpt-auto x="
 * expect: !p1/loader/entries/debian-*.conf:*: error: root=gpt-auto is for systemd to find, and the initrd has none that does
 */
#include "boot-help.h"
#include "image/initrds.h"

/* Is there a root= that Linux does not read? */
static bool leaves_root_out(const struct boot_attempt *attempt)
{
	return attempt->written && attempt->written->root && !attempt->cmdline->root && !attempt->cmdline->text.unknown;
}

static enum boot_verdict judge(struct check *check, const struct boot_attempt *attempt, const char **ret_reason)
{
	(void)check, (void)ret_reason;
	if (attempt->kernel.have == ABSENT)
		return BOOT_NO_MATTER;
	/* the initrd that has no root= may find the root by its partition's type */
	if (leaves_root_out(attempt) && !attempt->root && !attempt_root_is_made(attempt))
		return BOOT_BAD;
	return attempt_lacks_root_name(attempt) ? BOOT_BAD : BOOT_GOOD;
}

static const char *what(struct check *check, const struct boot_attempt *attempt)
{
	const struct cmdline_word *root = attempt->cmdline->root;

	if (leaves_root_out(attempt))
		return "root= stands behind what Linux reads of the command line";
	if (root)
		return arena_printf(check->arena, "root=%s is for systemd to find, and the initrd has none that does",
				    root->value);
	return "the command line has no root=, and the initrd stops without one";
}

RULE(boot_root_missing)
{
	const struct boot_path *path = boot_path_of(check);
	struct boot_found *found = NULL;

	for (size_t i = 0; path && i < path->entry_count; i++) {
		const struct boot_entry *entry = boot_entry_number(path, i);
		const struct boot_attempt *bad = boot_all_bad(check, entry, judge);
		struct diagnostic *d;
		struct location place;

		if (!bad)
			continue;
		place = leaves_root_out(bad) ? boot_word_place(check, bad, bad->written->root)
					     : boot_location(check->image, &bad->place);
		d = boot_finding(check, &found, entry, place, what(check, bad));
		if (!d)
			continue;
		if (leaves_root_out(bad)) {
			finding_note(check, d, "it has %zu bytes, and Linux reads %zu: as many words as it has room for",
				     bad->written->text.length, bad->cmdline->text.length);
			finding_help(check, d, "put root= in front of the other words, or take some of these away: %s",
				     boot_edit(check));
			continue;
		}
		finding_note(check, d, "the initrd, %s, is of initramfs-tools, which looks at no partition's type",
			     attempt_initrd_title(bad));
		if (bad->root && bad->root->uuid)
			finding_help(check, d, "root=UUID=%s, most likely: %s", bad->root->uuid, boot_edit(check));
		else
			finding_help(check, d, "%s", boot_edit(check));
	}
	boot_note_others(check, found);
}
