/* SPDX-License-Identifier: MIT */
/* initrd-corrupt: the initrd is damaged
 *
 * severity: error
 * effect:   blocks-boot
 *
 * The kernel unpacks an initrd member by member, and stops at the first that is cut short, cannot be decompressed or is no
 * archive of the "newc" kind. What came before is there and the rest is not: as a rule the kernel then finds no /init, or /init
 * finds no drivers. Such files come of a disk that was full when the initrd was made, and of copies that were cut off.
 *
 * vmlint reads an initrd to its end, with the checksums of its compression, where it asks anything of it: not where every driver
 * that matters is built in. --thorough reads each, and verifies the checksums of files in an archive that has them.
 *
 * good:   debian-arm64 systemd-boot-arm64 uki-arm64
 * bad:    debian-arm64 | initrd garbage
 * expect: !p2/boot/initrd.img-*: error: the initrd is neither an archive nor compressed in a way that Linux knows
 * bad:    systemd-boot-arm64 | initrd truncate
 * expect: !p1/debian/6*64/initrd.img@*: error: the initrd ends too early: its zstd data goes on beyond its * bytes
 * bad:    debian-arm64 | initrd flip 50% | --thorough
 * expect: !p2/boot/initrd.img-*@*: error: the initrd cannot be decompressed (zstd)
 * bad:    debian-arm64 | initrd truncate 0
 * expect: !p2/boot/initrd.img-*: error: the initrd is empty
 * bad:    debian-arm64 | initrd append random 64 | --thorough
 * expect: !p2/boot/initrd.img-*@*: warning: what follows the initrd's last archive is neither one more nor zeros
 * bad:    debian-arm64 | initrd truncate 0 | initrd append hex 0000000058585858
 * expect: !p2/boot/initrd.img-*@0x4: error: the initrd is neither an archive nor compressed in a way that Linux knows
 */
#include <inttypes.h>

#include "image/initrds.h"
#include "lint/entry-findings.h"

/* The member with the problem: the last one. */
static const struct initrd_member *damaged(const struct boot_attempt *attempt)
{
	const struct initrd *initrd = attempt->initrd ? attempt->initrd->initrd : NULL;

	return initrd && initrd->damaged ? &initrd->members[initrd->member_count - 1] : NULL;
}

static enum attempt_verdict judge(struct check *check, const struct boot_attempt *attempt, struct attempt_doubt *ret)
{
	const struct initrd_facts *facts = attempt->initrd;

	(void)check;
	if (!attempt_has_kernel(attempt) || !facts || facts->have == ABSENT)
		return ATTEMPT_SKIPPED;
	if (damaged(attempt))
		return ATTEMPT_BAD;
	if (facts->have != UNREADABLE)
		return ATTEMPT_GOOD;
	*ret = (struct attempt_doubt){ "cannot read all of the initrd", &facts->error };
	return ATTEMPT_UNKNOWN;
}

static const char *what(struct check *check, const struct initrd *initrd, const struct initrd_member *member)
{
	switch (member->problem) {
	case INITRD_EMPTY:
		return initrd->size ? "the initrd holds nothing but zeros" : "the initrd is empty";
	case INITRD_TRUNCATED:
		return arena_printf(check->arena, "the initrd ends too early: its %s goes on beyond its %" PRIu64 " bytes",
				    member->compression == COMPRESSION_NONE
					    ? "archive"
					    : arena_printf(check->arena, "%s data", compression_name(member->compression)),
				    initrd->size);
	case INITRD_CORRUPT:
		return arena_printf(check->arena, "the initrd cannot be decompressed (%s)",
				    compression_name(member->compression));
	case INITRD_GARBAGE:
		if (initrd->complete)
			return "what follows the initrd's last archive is neither one more nor zeros";
		if (member->detail)
			return "the initrd has something that is no part of an archive";
		return "the initrd is neither an archive nor compressed in a way that Linux knows";
	case INITRD_OLD_FORMAT:
		return "the initrd is a cpio archive of another format than newc, which alone the kernel reads";
	case INITRD_BAD_HEADER:
		return "a header in the initrd's archive is damaged";
	case INITRD_UNALIGNED:
		return "an archive in the initrd does not begin at a multiple of four bytes";
	case INITRD_CHECKSUM:
		return "a file in the initrd has a wrong checksum";
	case INITRD_CUT:
		return "the archive in the initrd ends too early";
	case INITRD_GOOD:
		break;
	}
	return "";
}

static void report(struct check *check, const struct boot_entry *entry, const struct boot_attempt *attempt)
{
	const struct initrd_member *member = damaged(attempt);
	const struct initrd *initrd = attempt->initrd->initrd;
	struct location place = attempt_initrd_place(attempt, member->problem_offset, 1);
	struct diagnostic *d;

	place.length = 0;
	if (member->problem == INITRD_EMPTY)
		place.space = SPACE_NONE;
	/* what was unpacked before stays, and the kernel goes on with it */
	if (initrd->complete) {
		d = finding_severity(check, boot_entry_counts(check->image, entry) ? SEVERITY_WARNING : SEVERITY_NOTE, place,
				     "%s", what(check, initrd, member));
		d->effect = EFFECT_DEGRADES;
	} else {
		d = finding_entry(check, entry, place, "%s", what(check, initrd, member));
	}
	if (member->detail)
		finding_note(check, d, "%s", member->detail);
	if (member->problem_unpacked)
		finding_note(check, d, "%" PRIu64 " bytes were unpacked until there", member->problem_unpacked);
	finding_help(check, d, "%s", initrd_advice(check, attempt));
}

RULE(initrd_corrupt)
{
	static const struct entry_rule rule = { judge, report, .by_initrd = true };

	judge_entries(check, &rule);
}
