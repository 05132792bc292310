/* SPDX-License-Identifier: MIT */
/* boot-password: GRUB asks for a password before it boots
 *
 * severity: warning
 * effect:   blocks-boot
 * subject:  loader
 * after:    boot-config-missing
 *
 * Where superusers= is set, GRUB boots an entry only for those who log in, unless the entry has --unrestricted. A virtual
 * machine that starts by itself then waits for a user's name at a console where nobody is. Guides to hardening set superusers=
 * so that nobody edits an entry, and forget that the entry which boots by default must be unrestricted.
 *
 * Only the default entry is judged. Entries of Boot Loader Specification files (Fedora) are not.
 *
 * good:   debian-arm64 debian-amd64 xfs-amd64
 * bad:    debian-arm64 | grub replace "set timeout=" "set superusers=admin\npassword admin x\nset timeout="
 * expect: !p2/boot/grub/grub.cfg:*: warning: GRUB asks for a password before it boots the default entry
 * bad:    debian-arm64 | grub append "set superusers=admin\nexport superusers\npassword admin x\n"
 * expect: !p2/boot/grub/grub.cfg:*: warning: GRUB asks for a password before it boots the default entry
 */
#include "boot-help.h"

RULE(boot_password)
{
	const struct boot_path *path = boot_grub_path_of(check);
	struct diagnostic *d;

	if (!path || !path->first || !path->first->asks_password)
		return;
	d = finding_entry(check, path->first, boot_location(check->image, &path->first->place),
			  "GRUB asks for a password before it boots the default entry");
	if (path->first->title)
		finding_note(check, d, "the entry is \"%s\"; superusers= is set, and it has no --unrestricted",
			     path->first->title);
	finding_stands_alone(check);
	finding_help(check, d, "add --unrestricted to CLASS= in /etc/grub.d/10_linux, then update-grub");
}
