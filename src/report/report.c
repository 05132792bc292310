/* SPDX-License-Identifier: MIT */
/* report: the list of formats, and the sums that all of them need. */
#include "report/report.h"

#include <string.h>

static const struct report_format *const formats[] = { &report_text, &report_json, &report_vmspec };

const struct report_format *report_format_find(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcmp(formats[i]->name, name) == 0)
			return formats[i];
	}
	return NULL;
}

void report_put(const struct report *report, struct buffer *lines)
{
	if (lines->size)
		fwrite(lines->data, 1, lines->size, report->options->out);
	if (lines->overflowed)
		fputs(lines->size && lines->data[lines->size - 1] == '\n' ? "[...]\n" : " [...]\n", report->options->out);
	buffer_clear(lines);
}

void report_count(struct report *report, const struct lint_result *result)
{
	report->boots = (report->boots || !report->images) && result->boot;
	report->images++;
	for (int s = SEVERITY_NOTE; s <= SEVERITY_ERROR; s++)
		report->count[s] += result->count[s];
	report->skipped += result->skipped;
	report->not_evaluated += result->not_evaluated;
	report->unreadable += result->status == STATUS_UNREADABLE;
	if (!result->profile)
		return;
	if (report->profile[0] && strcmp(report->profile, result->profile) != 0)
		snprintf(report->profile, sizeof(report->profile), "mixed");
	else
		snprintf(report->profile, sizeof(report->profile), "%s", result->profile);
}
