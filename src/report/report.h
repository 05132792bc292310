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

#include "lint/lint.h"

struct report_options {
	FILE *out;
	bool color;
	bool quiet;   /* only what counts for the exit status */
	bool verbose; /* also what was skipped, remarks and reading statistics */
	enum severity fail_on;
	const char *profile; /* that the user asked for, or NULL for auto */
};

struct report {
	const struct report_options *options;
	unsigned images, count[SEVERITY_ERROR + 1], skipped, not_evaluated, unreadable;
	char profile[64]; /* all images' profile, "mixed" if they differ; results do not live long enough to point into */
};

struct report_format {
	const char *name;
	void (*begin)(struct report *report);
	void (*image)(struct report *report, const struct lint_result *result);
	void (*end)(struct report *report);
};

extern const struct report_format report_text, report_json;

/* The format of that name, or NULL. */
const struct report_format *report_format_find(const char *name);

/* Counts result into the report's sums; each format's image() calls it once. */
void report_count(struct report *report, const struct lint_result *result);

#endif
