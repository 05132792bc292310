/* SPDX-License-Identifier: MIT */
/* engine: what lint.c, lint-image.c, check.c and entry-findings.c share and nobody else sees. */
#ifndef LINT_ENGINE_H
#define LINT_ENGINE_H

#include "lint/lint.h"

/* How a rule ended for one of its subjects. */
enum verdict {
	VERDICT_PASS,
	VERDICT_SUPERSEDING, /* a finding of warning or error, or itself superseded: rules after this one are moot */
	VERDICT_NOTED,       /* notes alone: nothing follows from them */
	VERDICT_SKIPPED,
	VERDICT_NOT_EVALUATED,
};

struct lint {
	const struct lint_options *options;
	const struct profile *profile;
	struct lint_result *result;
	struct arena *arena;
	const struct machine *machine; /* that is judged, in place of an image */
	const unsigned char *evaluated; /* for each rule: does a selected rule need it? */
	struct verdicts {
		unsigned count;
		enum verdict *of; /* for each subject */
		const struct rule **root; /* of each that is superseding: the rule whose finding it is, however many between */
	} *verdicts;              /* for each rule */
	/* the check under way */
	enum verdict verdict, verdict_before; /* the latter without the last finding */
	unsigned findings; /* of this rule, all subjects */
	unsigned shown;    /* of all rules */
	struct diagnostic *hidden, **hidden_end; /* of this rule: beyond limits.diagnostics */
	const char *reason;
	bool moot; /* not_evaluated() found that the container is at fault */
	const struct rule *root; /* then the rule that says so */
};

/* The rule's own, which for a rule that a row makes is the row's. */
enum severity lint_rule_severity(const struct check *check);

/* The severity that the command line or the profile gives a rule, or `otherwise`. */
enum severity lint_severity(const struct lint *lint, const struct rule *rule, enum severity otherwise);

/* The rule that finds the container or a file system at fault where reading fails with this errno; NULL: the image is not to
 * blame. */
const struct rule *lint_blamed_rule(const struct image *image, int code);

/* Does the output, and so the exit status, tell of what this rule found so far? */
bool lint_is_reported(const struct lint *lint, const struct rule *rule);

/* The selected rules and all that they come after, however far: for each rule, whether it must be evaluated.  Without a profile
 * rows of all of them count.  Lives in the arena. */
const unsigned char *lint_needed(struct arena *arena, const struct lint_options *options, const struct profile *profile);

/* Runs a rule for each of its subjects; the image is NULL for a rule on guests. */
void lint_run_rule(struct lint *lint, struct image *image, const struct rule *rule);

/* What was not evaluated, and counts, makes the result one of a part. */
void lint_settle_status(const struct lint_options *options, struct lint_result *result);

/* Adds a finding, with a message that lives as long as the check's arena; one that is not reported counts as found, all the same.
 * Never NULL. */
struct diagnostic *lint_add(struct check *check, enum severity severity, struct location location, const char *message,
			    bool reported);

#endif
