/* SPDX-License-Identifier: MIT */
/* report: results on paper.  One file per output format; sees diagnostics, never an image.
 *
 * A report is begun once, given each image's result in turn, and ended.  Strings from images are made safe for the format
 * here and nowhere else.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "lint/lint.h"

struct report_options {
	FILE *out;
	bool color;
	bool quiet;   /* only what counts for the exit status */
	bool verbose; /* also what was skipped, remarks and reading statistics */
	enum severity fail_on;
	const unsigned char *selected; /* for each rule: was it asked for?  NULL: all are */
	const char *profile; /* that the user asked for, or NULL for auto */
	unsigned boots; /* that are planned */
};

/* Of a name that several rules stand behind: the worse, the higher.  LEFT: of this machine nobody looked, which says less than
 * that another rule, or another boot, is content. */
enum report_verdict { VERDICT_NONE, VERDICT_LEFT, VERDICT_PASS, VERDICT_SKIP, VERDICT_FAIL };
#define REPORT_NAMES 24

struct report {
	const struct report_options *options;
	bool boots; /* all of them are boots */
	unsigned images, count[SEVERITY_ERROR + 1], skipped, not_evaluated, unreadable;
	char profile[64]; /* all images' profile, "mixed" if they differ; results do not live long enough to point into */
	bool cut; /* a piece was too long, and is not there whole */
	struct boots *kept; /* of the text format: boots.h */
	/* of the vmspec format: what is known of the image at hand */
	char *of;
	bool several; /* images */
	enum report_verdict verdicts[REPORT_NAMES];
	char *reasons[REPORT_NAMES];
};

struct report_format {
	const char *name;
	void (*begin)(struct report *report);
	void (*image)(struct report *report, const struct lint_result *result);
	void (*end)(struct report *report);
};

extern const struct report_format report_text, report_json, report_vmspec;

/* The format of that name, or NULL. */
const struct report_format *report_format_find(const char *name);

/* What one line may take: a record's text and an image's name, each byte written as \xNN. */
#define REPORT_LINE_BYTES (LIMIT_RECORD_BYTES * 4 + 64 * KiB)

/* Writes whole lines and empties the buffer.  If they were more than it may hold, what is missing is marked, and the last line
 * ends all the same: the next one must not be taken for its rest. */
void report_put(const struct report *report, struct buffer *lines);

/* Counts result into the report's sums; each format's image() calls it once. */
void report_count(struct report *report, const struct lint_result *result);

#endif
