/* SPDX-License-Identifier: MIT */
/* boots: what several boots of one matrix have in common is kept until the last of them has ended, and printed once, with a word
 * of which boots it is of.  For the text format. */
#ifndef REPORT_BOOTS_H
#define REPORT_BOOTS_H

#include "report/report.h"

/* In the order in which they are printed. */
enum boots_kind { BOOTS_FINDING, BOOTS_UNKNOWN, BOOTS_NOTE };

/* A result is going to be printed.  Nothing is kept of one that is not a boot, or the only one. */
void boots_begin(struct report *report, const struct lint_result *result);

/* Keeps a line, or a diagnostic's lines: what stands `before` the name, and what follows it to the end.  False if it has to be
 * printed now. */
bool boots_keep(struct report *report, const struct lint_result *result, enum boots_kind kind, const char *before,
		const struct buffer *text);

/* Prints all that was kept. */
void boots_end(struct report *report);

#endif
