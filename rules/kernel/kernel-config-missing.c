/* SPDX-License-Identifier: MIT */
/* kernel-config-missing: the configuration of a kernel is not in the image
 *
 * severity: note
 * effect:   hygiene
 *
 * Whether a kernel has the drivers that a hypervisor asks for is read from its configuration: /boot/config-RELEASE,
 * /usr/lib/modules/RELEASE/config, or the one inside the kernel (CONFIG_IKCONFIG). Where there is none, modules.builtin and
 * modules.dep tell of drivers that can be modules, and of nothing else: weaker evidence, so some of what this image has was not
 * checked. The kernel package of every large distribution brings the file; keep it in the image.
 *
 * One that is there and is cut short, or something else than a configuration, tells nothing: what only it would tell is "not
 * evaluated".
 *
 * good:   debian-arm64 systemd-boot-arm64
 * bad:    debian-arm64 | part 2 rm-glob /boot/config-*
 * expect: !p2/boot/vmlinuz-*: note: the configuration of kernel *-arm64 is neither in /boot nor with its modules nor in the kernel itself: its modules' lists are all that tells of its drivers
 * bad:    debian-arm64 | part 2 truncate-file /boot/config-6.1.0-56-cloud-arm64 50%
 * expect: : not evaluated: the configuration of kernel *-arm64 cannot be read: /boot/config-*-arm64 is cut short behind line *
 * expect: : not evaluated: the kernel's configuration cannot be read: /boot/config-*-arm64 is cut short behind line * [driver-*]
 */
#include "lint/entry-findings.h"

static bool known_before(const struct image *image, const struct kernel_file *file)
{
	for (const struct kernel_file *k = image->kernel_files; k != file; k = k->next)
		if (k->have == HAVE && k->release == file->release)
			return true;
	return false;
}

/* False: whether there is a configuration is not known, for it may lie where we could not look. */
static bool check_release(struct check *check, const struct kernel_file *file)
{
	const struct kernel_release *release = file->release;
	struct diagnostic *d;

	if (release->config || known_before(check->image, file))
		return true;
	if (release->config_error.code || (!release->system && release->modules_error.code)) {
		not_evaluated(check, release->config_error.code ? &release->config_error : &release->modules_error,
			      release->config_damaged ? "the configuration of kernel %s cannot be read"
						      : "cannot look for the configuration of kernel %s", release->release);
		return true;
	}
	if (check->image->booted_unseen || check->image->kernels_error.code)
		return false;
	d = finding(check, kernel_place(file),
		    "the configuration of kernel %s is neither in /boot nor with its modules nor in the kernel itself: %s",
		    release->release,
		    release->evidence == CONFIG_MODULES ? "its modules' lists are all that tells of its drivers"
							: "nothing tells of its drivers");
	finding_help(check, d, "keep /boot/config-%s of the kernel's package in the image", release->release);
	return true;
}

RULE(kernel_config_missing)
{
	bool any = false, all = true;

	for (const struct kernel_file *k = check->image->kernel_files; k; k = k->next) {
		if (k->have != HAVE || !k->release)
			continue;
		any = true;
		all = check_release(check, k) && all;
	}
	if (check->image->kernels_error.code)
		not_evaluated(check, &check->image->kernels_error, "not all kernels could be looked at");
	else if (!all)
		not_evaluated(check, &check->image->systems_error, "the system that boots could not be looked at");
	else if (!any)
		not_applicable(check, "there is no kernel whose release is known");
}
