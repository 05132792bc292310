/* SPDX-License-Identifier: MIT */
/* profile: which rules count, and how much, and which drivers a kernel must have, for one kind of image.
 *
 * Ours are JSON files in rules/profiles, built into the program; a user's own is read by path and may extend one of ours.
 * rules/profiles/profile.schema.json describes them.
 */
#ifndef LINT_PROFILE_H
#define LINT_PROFILE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "lint/diagnostic.h"
#include "lint/driver.h"

/* A line of "rules", or what undoes them for one rule: a row that was given a severity later. */
struct profile_setting {
	struct profile_setting *next;
	const char *pattern;
	signed char severity; /* enum severity, or -1 for the rule's own */
	const char *place;    /* "mine.json:3:5" */
};

struct profile {
	struct profile *next;
	const char *name;
	const char *title;
	bool clauses;           /* it is a reading of the VM System Specification: diagnostics name its clauses */
	unsigned architectures; /* that it is for: bits 1 << enum architecture; 0: any */
	struct driver_row *rows, **rows_end;
	struct profile_setting *settings, **settings_end; /* a later one counts */
	/* for each rule, once profiles_load has made the table of them */
	signed char *severity;         /* enum severity, or -1 for the rule's own */
	const struct driver_row **row; /* of a rule that is a row; NULL: none of this profile's */
};

/* Loads our profiles and, where `name` is not NULL, the one of that name or from the file at that path (if it holds a "/" or ends
 * in ".json"), then makes rules of their rows (rule.h).  To be called before anything is asked of rules or profiles, and before a
 * process is forked; everything lives in the arena, and until it is called again.  *ret: the named one, NULL if there was no
 * name.  A negative errno with a message (for a file: with line and column) when there is none, or it has a mistake. */
int profiles_load(struct arena *arena, const char *name, const struct profile **ret, struct error *err);

/* Reads one profile from a text (NUL-terminated) of that name, without making rules of it: for tests.  What it extends is one of
 * the loaded ones or a file. */
int profile_read(struct arena *arena, const char *name, const char *text, struct profile **ret, struct error *err);

/* One of the loaded profiles, by its name; never NULL for ours. */
const struct profile *profile_find(const char *name);

/* The loaded profiles: ours in their order, then the user's; NULL: none is loaded. */
const struct profile *profiles(void);

/* The row of that id, or NULL. */
struct driver_row *profile_row(const struct profile *profile, const char *id);

/* The name of our profile for an architecture (enum architecture). */
const char *profile_for_architecture(int architecture);

#endif
