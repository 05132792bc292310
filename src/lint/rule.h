/* SPDX-License-Identifier: MIT */
/* rule: what a rule is, and what the file of a rule may call.
 *
 * A rule is one file in rules/<area>/<id>.c: a comment that is its documentation, its data and its test, and one function.
 * src/lint/rules-table.awk turns the comments into the table below and fails the build on a mistake in one.
 *
 * A rule is called once for each of its subjects (the image, each ESP, each loader; or a recorded guest) and ends in one of
 * four ways: it returns (pass), calls finding() (finding), not_applicable() (skipped) or not_evaluated().  A rule whose
 * `after` has a finding of warning or error for the same subject, or for one that holds it, is not called: superseded,
 * hence skipped.
 */
#ifndef LINT_RULE_H
#define LINT_RULE_H

#include "lint/diagnostic.h"

struct arena;
struct boot_entry;
struct driver_row;
struct error;
struct esp;
struct image;
struct loader;
struct machine;

enum subject {
	SUBJECT_IMAGE,
	SUBJECT_ESP,    /* each EFI system partition, or what serves as one */
	SUBJECT_LOADER, /* each file at a removable-media path of an ESP */
	SUBJECT_GUEST,  /* a recorded guest (guest/machine.h): such rules are not for images, nor others for guests */
};

struct check;

struct rule {
	const char *id;
	const char *area;  /* the folder that its file is in */
	const char *title;
	enum severity severity; /* unless a profile, the command line or the finding itself says otherwise */
	enum effect effect;
	enum subject subject;
	const char *section; /* of the specification, or NULL */
	const char *clause;  /* the requirement's number, such as I2, or NULL */
	const char *text;    /* why it matters and how to mend it: paragraphs apart by blank lines; NULL: see rule_text */
	const char *examples; /* the good:, bad: and expect: lines */
	const unsigned short *after; /* indices into rules[], ends with RULES_END */
	void (*check)(struct check *check);
};

#define RULES_END 0xffff

/* In the order of evaluation: every rule stands behind those that its `after` names.  First the rules of the files in rules/,
 * then those that profiles' rows make (lint/rules.h), which are there once profiles_load was called. */
extern const struct rule *rules;
extern size_t rules_count;

/* The rule of that id, or NULL. */
const struct rule *rule_find(const char *id);

/* What a rule's function is given. */
struct check {
	struct image *image;   /* NULL for SUBJECT_GUEST */
	struct esp *esp;       /* SUBJECT_ESP and SUBJECT_LOADER, else NULL */
	struct loader *loader; /* SUBJECT_LOADER, else NULL */
	const struct machine *machine; /* SUBJECT_GUEST, else NULL */
	const struct rule *rule;
	const struct driver_row *row; /* of a rule that a profile's row makes, else NULL */
	struct lint *lint; /* the engine's own */
	struct arena *arena; /* the image's, or the record's */
};

/* Defines the function of rule `name` (its id with underscores). */
#define RULE(name)                               \
	void rule_##name(struct check *check);   \
	void rule_##name(struct check *check)

/* Adds a finding of the rule's own severity, or of the given one.  The location's path is kept as a pointer, so let it live in
 * the image's arena.  Never NULL; what it returns may be refined by the functions below and by setting ->effect. */
struct diagnostic *finding(struct check *check, struct location location, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
struct diagnostic *finding_severity(struct check *check, enum severity severity, struct location location,
				    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Adds a finding about a boot entry: one severity below the rule's own, and with an effect of EFFECT_DEGRADES at most, unless the
 * image's boot hangs on that entry (image/boot.h). */
struct diagnostic *finding_entry(struct check *check, const struct boot_entry *entry, struct location location,
				 const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Makes the finding just added one that nothing follows from: rules that come after this one are called all the same. */
void finding_stands_alone(struct check *check);

/* Adds a line of explanation. */
void finding_note(struct check *check, struct diagnostic *diagnostic, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Sets the command (or the advice) that mends it. */
void finding_help(struct check *check, struct diagnostic *diagnostic, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for a command that works on the image file: each `{image}` becomes its name, quoted for a shell. */
void finding_help_image(struct check *check, struct diagnostic *diagnostic, const char *command);

/* The same for a command that works on a raw disk: each `{disk}` in `command` becomes the image's name, quoted for a shell;
 * for a qcow2 the command stands between a conversion to raw and one back, and for a container that would not come back as
 * it was there is advice in place of a command. */
void finding_help_disk(struct check *check, struct diagnostic *diagnostic, const char *command);

/* This rule does not apply to this subject, because...  */
void not_applicable(struct check *check, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* We could not look, because...  `err` may be NULL; else its message follows.  Where err says that the image is at fault
 * (ENODATA, EBADMSG, ENOLINK: see view_read; EUCLEAN: see fs.h), another rule has found that and this one is superseded. */
void not_evaluated(struct check *check, const struct error *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* What this rule is about cannot be looked at, and rule `id` has a finding that says why.  If that rule is not asked for, it is
 * not evaluated. */
void superseded(struct check *check, const char *id, const char *reason);

#endif
