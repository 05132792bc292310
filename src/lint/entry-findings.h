/* SPDX-License-Identifier: MIT */
/* entry-findings: how rules about kernels and initrds go through the boot entries.
 *
 * An entry may have several attempts: a script that tries one kernel or initrd after the other, or has branches that are not
 * known offline.  It is blamed only if every attempt that could boot is bad; one of which too little is known spares it.  A
 * kernel with its initrd is blamed once, for the entry that counts most.
 */
#ifndef LINT_ENTRY_FINDINGS_H
#define LINT_ENTRY_FINDINGS_H

#include "image/boot.h"
#include "image/image.h"
#include "lint/rule.h"

enum attempt_verdict {
	ATTEMPT_GOOD,
	ATTEMPT_BAD,
	ATTEMPT_UNKNOWN, /* *ret says why, where the entry counts */
	ATTEMPT_SKIPPED, /* the rule does not apply, or another one says why this cannot boot */
};

/* What not_evaluated() is told. */
struct attempt_doubt {
	const char *reason;
	const struct error *error; /* NULL or code 0: none */
};

struct entry_rule {
	enum attempt_verdict (*judge)(struct check *check, const struct boot_attempt *attempt, struct attempt_doubt *ret);
	/* adds the finding, by finding_entry; the attempt is the last of the entry's that are bad */
	void (*report)(struct check *check, const struct boot_entry *entry, const struct boot_attempt *attempt);
	bool by_kernel, by_initrd, by_system; /* what makes two attempts the same */
};

/* Goes through all entries.  Calls not_applicable() when there is none, not_evaluated() for an entry that counts and of which
 * too little is known, and where there is none because a boot path could not be followed. */
void judge_entries(struct check *check, const struct entry_rule *rule);

/* Is it a kernel, with nothing wrong that kernel-missing says? */
bool attempt_has_kernel(const struct boot_attempt *attempt);

/* What is corrupt about the file system of its kernel, of an initrd or of its root, so that it could not be opened; or NULL. */
const struct error *attempt_corruption(const struct boot_attempt *attempt);

/* The kernel's release, or what is said in its place. */
const char *attempt_kernel_title(const struct boot_attempt *attempt);

/* Has the initrd been read without a problem that initrd-corrupt names?  False also where there is none. */
bool attempt_initrd_is_sound(const struct boot_attempt *attempt);
/* Does it hold modules, but of other releases than the kernel's alone? */
bool attempt_initrd_is_foreign(const struct boot_attempt *attempt);
/* Was its kernel built to take no initrd at all? */
bool attempt_initrd_is_unsupported(const struct boot_attempt *attempt);
/* The first member that the attempt's kernel cannot decompress, NULL if there is none that is known of. */
const struct initrd_member *attempt_initrd_refused(struct check *check, const struct boot_attempt *attempt,
						   const char **ret_why);

/* How the system that boots there makes its initrd anew: "run `update-initramfs -u -k 6.1.0` in the system". */
const char *initrd_advice(struct check *check, const struct boot_attempt *attempt);

#endif
