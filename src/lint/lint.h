/* SPDX-License-Identifier: MIT */
/* lint: the engine.  Runs the rules over one opened image and keeps what they say.
 *
 * Not here: reading an image (src/image), showing a result (src/report), processes (src/process).
 */
#ifndef LINT_LINT_H
#define LINT_LINT_H

#include "lint/diagnostic.h"
#include "lint/profile.h"
#include "lint/rule.h"

/* A key for what LUKS encrypts: of one partition, of the one of that UUID, or of any. */
struct lint_key {
	struct lint_key *next;
	int partition;    /* 0: any */
	const char *uuid; /* NULL: any */
	const char *key;
};

/* What the user wants, the same for all images of a call. */
struct lint_options {
	const struct profile *profile; /* NULL: by the image's architecture */
	int architecture;              /* enum architecture, or ARCHITECTURE_UNKNOWN: weigh the image */
	unsigned sector_size;          /* bytes; 0: find out */
	bool thorough;                 /* walk what is slow to walk */
	int reader;                    /* enum image_reader */
	const struct lint_key *keys;   /* in the order of the command line */
	bool verbose;                  /* second opinions, reading statistics */
	bool allow_backing;            /* the parent may open siblings */
	bool boots;                    /* what comes of it is booted: say what that hangs on, whatever rules are selected */
	bool no_sandbox;               /* the worker is not sealed */
	enum severity fail_on;
	unsigned char *selected;       /* for each rule: may it report? */
	signed char *severity;         /* for each rule: enum severity from the command line, or -1 */
};

enum outcome_kind { OUTCOME_PASS, OUTCOME_FINDING, OUTCOME_SKIPPED, OUTCOME_NOT_EVALUATED };

/* How a rule ended that did not simply pass or find. */
struct outcome {
	struct outcome *next;
	const struct rule *rule;
	enum outcome_kind kind; /* OUTCOME_SKIPPED or OUTCOME_NOT_EVALUATED */
	enum severity severity; /* the rule's, after profile and options */
	const char *reason;
};

/* Findings of one rule beyond limits.diagnostics: they count, and are not kept. */
struct more {
	struct more *next;
	const struct rule *rule;
	unsigned count[SEVERITY_ERROR + 1]; /* of each severity */
};

enum image_status { STATUS_CHECKED, STATUS_PARTLY, STATUS_UNREADABLE };

/* All that is known of one image in the end. Strings live in the arena that it was made with. */
struct lint_result {
	const char *image;        /* as the user named it */
	const char *boot;         /* which boot of it, in words KEY=VALUE; NULL unless it was booted */
	const char *unbooted;     /* why it is not booted although that was asked for; NULL */
	unsigned boots, boots_done; /* how often it was to be started, and how often that came to its end */
	bool guest;               /* judged by the rules on guests */
	const char *name;         /* what a line of text calls it; NULL: image */
	const char *format;       /* of the container, NULL if unknown */
	const char *architecture; /* NULL if unknown */
	const char *profile;      /* NULL if nothing was judged */
	bool clauses;             /* the profile is a reading of the specification: name its clauses */
	enum image_status status;
	const char *error; /* why it is unreadable, or what follows could not be seen; NULL */
	const char *help;  /* what the user can do about that, or NULL */
	struct diagnostic *diagnostics, **diagnostics_end;
	struct more *more, **more_end; /* of each rule once, in the order of evaluation */
	struct outcome *outcomes, **outcomes_end;
	struct diagnostic_note *remarks, **remarks_end; /* for --verbose */
	struct diagnostic_note *notes, **notes_end;     /* on how the image was read: always shown */
	unsigned count[SEVERITY_ERROR + 1];             /* diagnostics of each severity, shown or not */
	unsigned skipped, not_evaluated;
	uint64_t bytes_read, reads;
	/* For who boots it, if lint_options.boots. */
	int cloud_init;      /* enum cloud_init, of image/cloud-init.h */
	bool other_files;    /* the container names other files, where part of the disk is, or cannot be read here */
};

void lint_result_init(struct lint_result *result, const char *image);
void lint_result_add(struct lint_result *result, struct diagnostic *diagnostic);
void lint_result_more(struct lint_result *result, struct more *more);
/* Those of `rule` that are not kept: how many are of this severity or worse?  0 where all are kept. */
unsigned lint_result_more_of(const struct lint_result *result, const struct rule *rule, enum severity least);
void lint_result_outcome(struct lint_result *result, struct outcome *outcome);
void lint_result_remark(struct lint_result *result, struct arena *arena, const char *text);
void lint_result_note(struct lint_result *result, struct arena *arena, const char *text);

/* Does any rule that is selected, or that one of these comes after, judge what is inside: file systems, kernels, boot entries?
 * What image_options.system is to be. */
bool lint_needs_system(struct arena *arena, const struct lint_options *options);

/* Judges an opened image; adds diagnostics and outcomes to result, in the order of evaluation, and sets its profile, format,
 * architecture and status. */
void lint_image(struct image *image, const struct lint_options *options, struct lint_result *result);

/* Judges a recorded guest in the same way, by the rules on guests alone. */
void lint_guest(struct arena *arena, const struct machine *machine, const struct lint_options *options,
		struct lint_result *result);

/* The same of a record that nobody has read yet (guest/record.h); what is none is STATUS_UNREADABLE, with an error. */
void lint_record(struct arena *arena, const char *text, size_t size, const struct lint_options *options,
		 struct lint_result *result);

/* A reader may have taken what the medium did not give for what the image does not have: if a read has failed in this process
 * (view_statistics), nothing is said of the image but that. */
void lint_result_withdraw(struct lint_result *result, struct arena *arena);

/* The exit status that this result asks for: 0 clean, 1 findings at or above fail_on, 2 could not look. */
int lint_result_exit(const struct lint_result *result, enum severity fail_on);

#endif
