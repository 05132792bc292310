/* SPDX-License-Identifier: MIT */
/* profile: which rules count, and how much, for one kind of image.
 *
 * Ours are JSON files in rules/profiles, built into the program; a user's own is read by path and may extend one of ours.
 */
#ifndef LINT_PROFILE_H
#define LINT_PROFILE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

struct profile {
	const char *name;
	const char *title;
	bool clauses;          /* it is a reading of the VM System Specification: diagnostics name its clauses */
	signed char *severity; /* for each rule: enum severity, or -1 for the rule's own */
};

/* The profile of that name, or from the file at that path if `name` holds a "/" or ends in ".json".  NULL with a message (for
 * a file: with line and column) when there is none, or it has a mistake.  Lives in the arena. */
const struct profile *profile_load(struct arena *arena, const char *name, struct error *err);

/* The name of our profile for an architecture (enum architecture). */
const char *profile_for_architecture(int architecture);

/* The name of our nth profile, from 0; NULL after the last. */
const char *profile_name(unsigned n);

#endif
