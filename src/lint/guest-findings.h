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

/* The record does not hold what the rule judges, because...: not evaluated, or superseded where guest-boot says that a boot
 * came to nothing. */
void guest_unknown(struct check *check, const char *reason);

/* What only a program that runs before the system can tell is not known: skipped where there was none, else as above. */
void guest_unprobed(struct check *check, const char *reason);

/* True, and the rule is not evaluated, when the record lacks something, so that what it does not hold may have been there. */
bool guest_incomplete(struct check *check);

/* Is there a table of ACPI?  Where that is not known the rule is not evaluated. */
enum machine_have guest_table(struct check *check, const char *signature);

/* True, and the rule is not evaluated, when the guest was given a command that begins with these words: it does not know it, or
 * has not told what came of it.  For who does not find what it should have told. */
bool guest_disobeyed(struct check *check, const char *command);

/* What one source says of a thing that others tell of as well. */
struct guest_claim {
	const char *who; /* "the MADT" */
	struct location where;
	uint64_t value;
};

#define GUEST_CLAIMS 6

/* Finds it wrong that they differ, at the one that has others against it, or the first.  `what` is the thing, and `format` how
 * its value is printed. */
enum guest_number { GUEST_HEXADECIMAL, GUEST_DECIMAL };
void guest_compare(struct check *check, const char *what, enum guest_number number, const struct guest_claim *claims,
		   uint32_t count);

struct location at_acpi(struct check *check, const char *signature, uint32_t offset, uint32_t length);

/* True, and the rule is skipped, when the machine is not a 64-bit Arm one. */
bool guest_not_arm(struct check *check);

/* True when there are no tables of ACPI to judge: skipped when there is no entry for them, not evaluated when the record has
 * none. */
bool guest_without_acpi(struct check *check);

/* The same of the device tree. */
bool guest_without_tree(struct check *check);

/* Does the device tree hold what starts Linux, and no machine?  GRUB and the kernel's EFI stub make such a tree where firmware
 * has none, and pass its own on where it has one. */
bool guest_tree_is_empty(const struct machine *machine);

/* Was it an image's own system that ran, and no appliance? */
bool guest_of_image(const struct machine *machine);

/* True, and the rule is skipped, when an image's own boot loader ran before Linux and the tree describes no machine, but is not
 * empty either: somebody may have put it in the place of the firmware's. */
bool guest_tree_of_loader(struct check *check);

/* The device tree, if it describes a machine as far as can be told: if it can be read and has processors. */
const struct tree *guest_tree(const struct machine *machine);

/* True when neither describes the machine, or the record has neither: the rule ends, as above. */
bool guest_undescribed(struct check *check);

/* An EFI_STATUS of the probe in words: "success", or its number (UEFI 2.10, appendix D). */
const char *efi_status_name(struct arena *arena, uint64_t status);

#endif
