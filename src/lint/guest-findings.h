/* SPDX-License-Identifier: MIT */
/* guest-findings: what rules on recorded guests have in common: where a fact stands, and when there is nothing to judge. */
#ifndef LINT_GUEST_FINDINGS_H
#define LINT_GUEST_FINDINGS_H

#include "guest/machine.h"
#include "lint/rule.h"
#include "partition/location.h"

/* `guest!acpi/SPCR@0x24`, `guest!efi/SetTime`: a fact by its name, which begins with a letter. */
static inline struct location at_fact(const char *name)
{
	return (struct location){ .path = name };
}

struct location at_acpi(struct check *check, const char *signature, uint32_t offset, uint32_t length);

/* True, and the rule is skipped, when the machine is not a 64-bit Arm one. */
bool guest_not_arm(struct check *check);

/* True when there are no tables of ACPI to judge: skipped when there is no entry for them, not evaluated when the record has
 * none. */
bool guest_without_acpi(struct check *check);

/* The same of the device tree. */
bool guest_without_tree(struct check *check);

/* The device tree, if it describes a machine as far as can be told: if it can be read and has processors. */
const struct tree *guest_tree(const struct machine *machine);

/* True when neither describes the machine, or the record has neither: the rule ends, as above. */
bool guest_undescribed(struct check *check);

/* An EFI_STATUS of the probe in words: "success", or its number (UEFI 2.10, appendix D). */
const char *efi_status_name(struct arena *arena, uint64_t status);

#endif
