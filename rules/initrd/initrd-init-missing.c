/* SPDX-License-Identifier: MIT */
/* initrd-init-missing: the initrd has no /init that the kernel can start
 *
 * severity: error
 * effect:   blocks-boot
 *
 * When the initrd is unpacked the kernel starts /init of it, or what `rdinit=` names. If that is not there it goes on as if
 * there were no initrd: it looks for the root itself, without the modules and programs that are in the initrd, and stops with
 * "VFS: Unable to mount root fs". A symbolic link to nothing is no /init. Where the file is there and cannot be started
 * the kernel does not even look for the root: "Failed to execute /init", and a panic. So it is where the file is empty, or
 * nobody may execute it, or it is neither a program for the kernel's machine (ELF) nor a script that begins with #!, or where
 * what runs it is not in the initrd or cannot be executed itself: the interpreter of the script, and the one that is named in
 * an ELF program (PT_INTERP: /lib/ld-linux-aarch64.so.1). It comes of an initrd that was packed by hand, of tools that left a
 * link or a library out, and of scripts with the line ends of Windows. That there is none is no defect
 * where the kernel can mount its root alone and the initrd holds only microcode or ACPI tables. Of several entries of that path
 * the last one counts, in whichever of the initrd's archives it stands.
 *
 * An initrd of which nothing else is asked, as all drivers are built in, is read for this with --thorough alone.
 *
 * good:   debian-arm64 systemd-boot-arm64 uki-arm64
 * bad:    debian-arm64 | initrd remove init
 * expect: !p2/boot/initrd.img-*: error: the initrd has no /init, and root=UUID=* is for an initrd to find: the kernel knows no UUIDs of file systems
 * bad:    debian-arm64 | grub replace "ro console" "ro rdinit=/sbin/nothing console"
 * expect: !p2/boot/grub/grub.cfg:*: error: the initrd has no /sbin/nothing, and root=UUID=* is for an initrd to find: *
 * bad:    debian-arm64 | initrd write init ""
 * expect: !p2/boot/initrd.img-*: error: the initrd's /init is empty, so that the kernel cannot start it
 * bad:    debian-arm64 | initrd chmod init 644
 * expect: !p2/boot/initrd.img-*: error: the initrd's /init may be executed by nobody (it has no x bit), so that the kernel cannot start it
 * bad:    debian-arm64 | initrd chmod init 644 | initrd append hex 6b65726e656c207b20666f6f203d20626172207d0a00000018000000d906000023424f4f54434f4e4649470a
 * expect: !p2/boot/initrd.img-*: error: the initrd's /init may be executed by nobody (it has no x bit), so that the kernel cannot start it
 * bad:    debian-arm64 | initrd write init "echo hello"
 * expect: !p2/boot/initrd.img-*: error: the initrd's /init is neither an ELF file nor a script that begins with #!, so that the kernel *
 * bad:    debian-arm64 | initrd write init "#!/bin/none -e\n"
 * expect: !p2/boot/initrd.img-*: error: the initrd's /init is a script for /bin/none, which is not there, so that the kernel cannot start it
 * bad:    debian-arm64 | initrd chmod usr/bin/busybox 644
 * expect: !p2/boot/initrd.img-*: error: the initrd's /init is a script for /bin/sh, which may be executed by nobody (it has no x bit), so *
 * bad:    debian-arm64 | initrd remove *ld-linux-aarch64.so.1
 * expect: !p2/boot/initrd.img-*: error: the initrd's /init is a script for /bin/sh, which needs /lib/ld-linux-aarch64.so.1, which is not there, so *
 * bad:    debian-arm64 | initrd overlay lib 120777 /nowhere
 * expect: !p2/boot/initrd.img-*: error: the initrd's /init is a script for /bin/sh, which needs /lib/ld-linux-aarch64.so.1, which is not there, so *
 * bad:    debian-arm64 | initrd overlay init 120777 /nowhere
 * expect: !p2/boot/initrd.img-*: error: the initrd's /init leads to /nowhere, which is not in it, and root=UUID=* is for an initrd to find: *
 */
#include "initrd-help.h"

static enum attempt_verdict judge(struct check *check, const struct boot_attempt *attempt, struct attempt_doubt *ret)
{
	const struct boot_device_name *root = &attempt->cmdline->root_device;
	const char *init = attempt_initrd_init(attempt), *why;

	/* what ails the initrd as a whole is for other rules of this area to say, and so is that it could not be read */
	if (!attempt_has_kernel(attempt) || !attempt_initrd_is_sound(attempt) || attempt_initrd_refused(check, attempt, &why))
		return ATTEMPT_SKIPPED;
	if (root->kind == BOOT_DEVICE_NETWORK || (root->kind == BOOT_DEVICE_NODE && !strncmp(root->value, "ram", 3)))
		return ATTEMPT_SKIPPED;
	/* where there is such a file, the kernel does not look for the root itself */
	if (attempt_initrd_init_fault(attempt))
		return ATTEMPT_BAD;
	if ((attempt_initrd_path(attempt, init) != INITRD_NOT_FOUND && !attempt_initrd_dangling(attempt, init)) ||
	    !attempt->kernel_file->release)
		return ATTEMPT_GOOD;
	return initrd_none_judge(check, attempt, ret);
}

static void report(struct check *check, const struct boot_entry *entry, const struct boot_attempt *attempt)
{
	const struct cmdline_word *rdinit = attempt->cmdline->rdinit;
	struct location place = rdinit && rdinit->value ? boot_location(check->image, &rdinit->value_place)
							: attempt_initrd_place(attempt, 0, 0);
	const char *init = attempt_initrd_init(attempt), *fault = attempt_initrd_init_fault(attempt);
	const char *target = attempt_initrd_dangling(attempt, init);
	struct diagnostic *d;
	bool known;

	if (fault)
		d = finding_entry(check, entry, place, "the initrd's %s %s, so that the kernel cannot start it", init, fault);
	else if (target)
		d = finding_entry(check, entry, place, "the initrd's %s leads to %s, which is not in it, and %s", init, target,
				  initrd_lacking(check, attempt, &known));
	else
		d = finding_entry(check, entry, place, "the initrd has no %s, and %s", init,
				  initrd_lacking(check, attempt, &known));
	finding_help(check, d, "%s",
		     rdinit && rdinit->value ? "take rdinit= out of the command line" : initrd_advice(check, attempt));
}

RULE(initrd_init_missing)
{
	static const struct entry_rule rule = { judge, report, .by_kernel = true, .by_initrd = true };

	judge_entries(check, &rule);
}
