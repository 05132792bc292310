/* SPDX-License-Identifier: MIT */
/* initrd-kernel-mismatch: the initrd holds the modules of another kernel
 *
 * severity: error
 * effect:   blocks-boot
 *
 * Modules are loaded from /lib/modules/RELEASE, where RELEASE is what the running kernel calls itself. An initrd that holds those
 * of another release alone gives this kernel no driver: it waits for a root that never appears. It comes of a kernel that was
 * updated without its initrd, or the other way round, and of initrds made for the kernel that runs (uname -r) on the machine that
 * builds the image.
 *
 * good:   debian-arm64 systemd-boot-arm64 uki-arm64
 * bad:    debian-arm64 | initrd rename-release 5.10.0-1-arm64
 * expect: !p2/boot/initrd.img-*: error: the initrd has modules of 5.10.0-1-arm64 and none of *-arm64, the kernel that it is loaded with
 */
#include "image/initrds.h"
#include "lint/entry-findings.h"

static enum attempt_verdict judge(struct check *check, const struct boot_attempt *attempt, struct attempt_doubt *ret)
{
	(void)check;
	(void)ret;
	if (!attempt_has_kernel(attempt) || !attempt_initrd_is_sound(attempt))
		return ATTEMPT_SKIPPED;
	return attempt_initrd_is_foreign(attempt) ? ATTEMPT_BAD : ATTEMPT_GOOD;
}

static void report(struct check *check, const struct boot_entry *entry, const struct boot_attempt *attempt)
{
	const struct initrd *initrd = attempt->initrd->initrd;
	const char *others = initrd->releases[0];
	struct diagnostic *d;

	for (unsigned i = 1; i < initrd->release_count; i++)
		others = arena_printf(check->arena, "%s, %s", others, initrd->releases[i]);
	d = finding_entry(check, entry, attempt_initrd_place(attempt, 0, 0),
			  "the initrd has modules of %s and none of %s, the kernel that it is loaded with", others,
			  attempt_kernel_title(attempt));
	finding_help(check, d, "%s", initrd_advice(check, attempt));
}

RULE(initrd_kernel_mismatch)
{
	static const struct entry_rule rule = { judge, report, .by_kernel = true, .by_initrd = true };

	judge_entries(check, &rule);
}
