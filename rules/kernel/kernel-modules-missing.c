/* SPDX-License-Identifier: MIT */
/* kernel-modules-missing: the modules of a kernel are not installed
 *
 * severity: error
 * effect:   degrades
 *
 * The system has no folder /usr/lib/modules/RELEASE for the kernel that boots it, or modprobe finds nothing there because
 * modules.dep was never made. What the initrd loaded works; everything later does not: the network, the file system of the EFI
 * system partition (so an fstab that mounts it ends in the emergency shell), the firewall. It comes of a kernel that was copied
 * into /boot from another release than the one whose packages are installed, or of a root file system whose packages were
 * unpacked and never configured. A kernel without modules (CONFIG_MODULES off, or nothing built as one) needs no folder.
 *
 * good:   debian-arm64 debian-amd64 systemd-boot-arm64 uki-arm64
 * bad:    debian-arm64 | part 2 rm-glob /usr/lib/modules/[0-9]*
 * expect: !p2/usr/lib/modules: error: no modules of kernel *-arm64, which boots this system, are installed
 * bad:    debian-arm64 | part 2 rm-glob /usr/lib/modules/[0-9]*64/modules.dep
 * expect: !p2/usr/lib/modules/6*-arm64: error: there is no modules.dep for kernel *-arm64: modprobe finds none of its modules
 * bad:    debian-arm64 | ext poke 2 inode:/etc 32 00080800 | ext poke 2 inode:/usr 32 00080800 | --select=kernel-modules-missing
 * expect: : not evaluated: cannot look for the modules of kernel *: * /usr/lib/os-release: the directory is encrypted [kernel-modules-missing]
 */
#include <string.h>

#include "image/system.h"
#include "lint/entry-findings.h"

/* Was anything built as a module? */
static bool has_modules(const struct kernel_release *release)
{
	const struct kconfig *config = release->config;

	if (!config)
		return true;
	if (kconfig_value(config, "MODULES") != KCONFIG_YES)
		return false;
	for (uint32_t i = 0; i < config->count; i++)
		if (config->entries[i].value == KCONFIG_MODULE)
			return true;
	return false;
}

static enum attempt_verdict judge(struct check *check, const struct boot_attempt *attempt, struct attempt_doubt *ret)
{
	const struct kernel_release *release = attempt->kernel_file ? attempt->kernel_file->release : NULL;

	if (!attempt_has_kernel(attempt) || !release)
		return ATTEMPT_SKIPPED;
	ret->error = attempt_system_unseen(attempt);
	/* an installer or a live system, which is wholly in its initrd or elsewhere */
	if (!attempt->system && !ret->error)
		return ATTEMPT_SKIPPED;
	if (!has_modules(release) || (attempt->system && release->have_modules == HAVE))
		return ATTEMPT_GOOD;
	if (attempt->system && release->have_modules == ABSENT)
		return ATTEMPT_BAD;
	ret->reason = arena_printf(check->arena, "cannot look for the modules of kernel %s", release->release);
	if (!ret->error)
		ret->error = &release->modules_error;
	return ATTEMPT_UNKNOWN;
}

static void report(struct check *check, const struct boot_entry *entry, const struct boot_attempt *attempt)
{
	const struct kernel_release *release = attempt->kernel_file->release;
	struct diagnostic *d;

	if (release->modules_path) {
		d = finding_entry(check, entry, release->modules_place,
				  "there is no modules.dep for kernel %s: modprobe finds none of its modules", release->release);
		finding_help(check, d, "run `depmod %s` in the system", release->release);
		return;
	}
	d = finding_entry(check, entry, system_place(attempt->system, "/usr/lib/modules"),
			  "no modules of kernel %s, which boots this system, are installed", release->release);
	finding_help(check, d, "install the package of kernel %s in the image, with its modules", release->release);
}

RULE(kernel_modules_missing)
{
	static const struct entry_rule rule = { judge, report, .by_kernel = true };

	judge_entries(check, &rule);
}
