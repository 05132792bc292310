/* SPDX-License-Identifier: MIT */
/* text: diagnostics as a compiler prints them, for people, editors and CI logs.
 *
 * IMAGE[!pN][:volume][/path][:line:column | @offset], or RECORD!fact[@offset]: severity: message [rule], then
 * indented lines; last a line on each image.
 */
#include <inttypes.h>
#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/text.h"
#include "report/boots.h"
#include "report/report.h"

#define BOLD "\x1b[1m"
#define RED "\x1b[1;31m"
#define MAGENTA "\x1b[1;35m"
#define CYAN "\x1b[1;36m"
#define RESET "\x1b[0m"

static const char *paint(const struct report *report, const char *escape)
{
	return report->options->color ? escape : "";
}

static const char *severity_color(enum severity severity)
{
	return severity == SEVERITY_ERROR ? RED : severity == SEVERITY_WARNING ? MAGENTA : CYAN;
}

static const char *name(const struct lint_result *result)
{
	return result->name ? result->name : result->image;
}

/* Prints lines that begin with the image's name, or keeps them for the end, where other boots may have the same. */
static void put(struct report *report, const struct lint_result *result, enum boots_kind kind, const char *before,
		struct buffer *text)
{
	BUFFER_AUTO line = buffer_make(REPORT_LINE_BYTES);

	if (!boots_keep(report, result, kind, before, text)) {
		buffer_string(&line, before);
		text_escape_name(&line, name(result));
		report_put(report, &line);
		report_put(report, text);
	}
	buffer_clear(text);
}

/* Everything behind the image's name. */
static void append_location(struct buffer *out, const struct location *at)
{
	if (at->partition == PARTITION_WHOLE_DISK || (at->space == SPACE_DISK && !at->partition))
		buffer_string(out, "!disk");
	else if (at->partition)
		buffer_printf(out, "!p%d", at->partition);
	if (at->volume) {
		buffer_char(out, ':');
		text_escape_name(out, at->volume);
	}
	/* a fact of a recorded guest has no root to begin at */
	if (at->path && at->path[0] != '/' && !at->partition && !at->volume)
		buffer_char(out, '!');
	if (at->path)
		text_escape_name(out, at->path);
	if (at->line)
		buffer_printf(out, ":%u:%u", at->line, at->column ? at->column : 1);
	else if (at->space)
		buffer_printf(out, "@%#" PRIx64, at->offset);
}

static void print_diagnostic(struct report *report, const struct lint_result *result, const struct diagnostic *d)
{
	BUFFER_AUTO line = buffer_make(REPORT_LINE_BYTES);

	append_location(&line, &d->location);
	buffer_printf(&line, ":%s %s%s:%s ", paint(report, RESET), paint(report, severity_color(d->severity)),
		      severity_name(d->severity), paint(report, RESET));
	text_escape(&line, d->message);
	buffer_printf(&line, " [%s]\n", d->rule->id);
	for (const struct diagnostic_note *n = d->notes; n; n = n->next) {
		buffer_string(&line, "    note: ");
		text_escape(&line, n->text);
		buffer_char(&line, '\n');
	}
	if (d->help) {
		buffer_string(&line, "    help: ");
		text_escape(&line, d->help);
		buffer_char(&line, '\n');
	}
	put(report, result, BOOTS_FINDING, paint(report, BOLD), &line);
}

/* Those of a rule that are not in the list, unless the rest of the list has more of it.  --quiet leaves out what does not
 * count. */
static void print_more(struct report *report, const struct lint_result *result, const struct rule *rule,
		       const struct diagnostic *rest)
{
	enum severity least = report->options->quiet ? report->options->fail_on : SEVERITY_NOTE;
	unsigned count = lint_result_more_of(result, rule, least);
	BUFFER_AUTO line = buffer_make(REPORT_LINE_BYTES);

	for (const struct diagnostic *next = rest; next && count; next = next->next) {
		if (next->rule == rule)
			return;
	}
	if (!count)
		return;
	buffer_printf(&line, ": and %u more of this rule (--max-diagnostics=0 shows all) [%s]\n", count, rule->id);
	put(report, result, BOOTS_FINDING, "", &line);
}

/* One that --quiet leaves to print: what does not count for the exit status is not. */
static bool wanted(const struct report *report, const struct outcome *o)
{
	return o->kind == OUTCOME_NOT_EVALUATED && (!report->options->quiet || o->severity >= report->options->fail_on);
}

/* More rules than the first are not named on a line, lest they drown the cause, but counted. */
#define RULES_LISTED 5

/* Those from `o` on that were not evaluated for its reason. */
static void append_rules(const struct report *report, struct buffer *line, const struct outcome *o)
{
	unsigned count = 0, listed = 0;

	for (const struct outcome *other = o; other; other = other->next)
		count += wanted(report, other) && strcmp(other->reason, o->reason) == 0;
	for (const struct outcome *other = o; other; other = other->next) {
		if (!wanted(report, other) || strcmp(other->reason, o->reason) != 0)
			continue;
		if (count > RULES_LISTED && listed == RULES_LISTED - 1 && !report->options->verbose) {
			buffer_printf(line, " and %u more", count - listed);
			return;
		}
		buffer_printf(line, "%s%s", listed++ ? ", " : "", other->rule->id);
	}
}

/* Rules that were not evaluated for one reason share a line. */
static void print_not_evaluated(struct report *report, const struct lint_result *result)
{
	BUFFER_AUTO line = buffer_make(REPORT_LINE_BYTES);

	for (const struct outcome *o = result->outcomes; o; o = o->next) {
		const struct outcome *other;
		bool first = true;

		if (!wanted(report, o))
			continue;
		for (other = result->outcomes; other != o && first; other = other->next)
			first = !wanted(report, other) || strcmp(other->reason, o->reason) != 0;
		if (!first)
			continue;
		buffer_string(&line, ": not evaluated: ");
		text_escape(&line, o->reason);
		buffer_string(&line, " [");
		append_rules(report, &line, o);
		buffer_string(&line, "]\n");
		put(report, result, BOOTS_UNKNOWN, "", &line);
	}
}

/* How the image was read; nothing that is wrong with it. */
static void print_notes(struct report *report, const struct lint_result *result)
{
	BUFFER_AUTO line = buffer_make(REPORT_LINE_BYTES);

	for (const struct diagnostic_note *n = result->notes; n; n = n->next) {
		buffer_printf(&line, ": %snote:%s ", paint(report, CYAN), paint(report, RESET));
		text_escape(&line, n->text);
		buffer_char(&line, '\n');
		put(report, result, BOOTS_NOTE, "", &line);
	}
}

static void print_verbose(struct report *report, const struct lint_result *result)
{
	BUFFER_AUTO line = buffer_make(REPORT_LINE_BYTES);

	for (const struct outcome *o = result->outcomes; o; o = o->next) {
		if (o->kind != OUTCOME_SKIPPED)
			continue;
		text_escape_name(&line, name(result));
		buffer_string(&line, ": skipped: ");
		text_escape(&line, o->reason);
		buffer_printf(&line, " [%s]\n", o->rule->id);
		report_put(report, &line);
	}
	for (const struct diagnostic_note *n = result->remarks; n; n = n->next) {
		text_escape_name(&line, name(result));
		buffer_string(&line, ": remark: ");
		text_escape(&line, n->text);
		buffer_char(&line, '\n');
		report_put(report, &line);
	}
	if (result->guest)
		return;
	text_escape_name(&line, name(result));
	buffer_printf(&line, ": read %" PRIu64 " bytes in %" PRIu64 " reads\n", result->bytes_read, result->reads);
	report_put(report, &line);
}

static void append_count(struct buffer *out, unsigned count, const char *word)
{
	buffer_printf(out, "%u %s%s", count, word, count == 1 ? "" : "s");
}

static void append_sums(struct buffer *out, const unsigned count[], unsigned not_evaluated)
{
	append_count(out, count[SEVERITY_ERROR], "error");
	buffer_string(out, ", ");
	append_count(out, count[SEVERITY_WARNING], "warning");
	buffer_string(out, ", ");
	append_count(out, count[SEVERITY_NOTE], "note");
	if (not_evaluated)
		buffer_printf(out, ", %u not evaluated", not_evaluated);
}

static void print_summary(struct report *report, const struct lint_result *result)
{
	BUFFER_AUTO line = buffer_make(REPORT_LINE_BYTES);

	text_escape_name(&line, name(result));
	buffer_string(&line, ": ");
	append_sums(&line, result->count, result->not_evaluated);
	buffer_string(&line, " (");
	text_escape(&line, result->format ? result->format : "unknown format");
	buffer_string(&line, ", ");
	text_escape(&line, result->architecture ? result->architecture : "architecture unknown");
	buffer_string(&line, ", profile ");
	text_escape(&line, result->profile);
	buffer_string(&line, ")\n");
	report_put(report, &line);
}

static void text_begin(struct report *report)
{
	(void)report;
}

static void print_error(struct report *report, const struct lint_result *result, const char *what)
{
	BUFFER_AUTO line = buffer_make(REPORT_LINE_BYTES);

	text_escape_name(&line, name(result));
	buffer_printf(&line, ": %s%s:%s ", paint(report, RED), what, paint(report, RESET));
	text_escape(&line, result->error);
	buffer_char(&line, '\n');
	if (result->help) {
		buffer_string(&line, "    help: ");
		text_escape(&line, result->help);
		buffer_char(&line, '\n');
	}
	report_put(report, &line);
}

static void text_image(struct report *report, const struct lint_result *result)
{
	report_count(report, result);
	boots_begin(report, result);
	if (result->status == STATUS_UNREADABLE) {
		print_error(report, result, "could not check");
		print_notes(report, result);
		return;
	}
	for (const struct diagnostic *d = result->diagnostics; d; d = d->next) {
		if (!report->options->quiet || d->severity >= report->options->fail_on)
			print_diagnostic(report, result, d);
		print_more(report, result, d->rule, d->next);
	}
	/* a rule that came after the list was full has none in it */
	for (const struct more *m = result->more; m; m = m->next) {
		const struct diagnostic *d = result->diagnostics;

		while (d && d->rule != m->rule)
			d = d->next;
		if (!d)
			print_more(report, result, m->rule, NULL);
	}
	print_not_evaluated(report, result);
	if (result->error)
		print_error(report, result, "could not check further");
	if (!report->options->quiet)
		print_notes(report, result);
	if (report->options->verbose)
		print_verbose(report, result);
	if (!report->options->quiet)
		print_summary(report, result);
}

static void text_end(struct report *report)
{
	BUFFER_AUTO line = buffer_make(REPORT_LINE_BYTES);

	boots_end(report);
	if (report->images < 2 || report->options->quiet)
		return;
	buffer_printf(&line, "%u %s: ", report->images, report->boots ? "boots" : "images");
	append_sums(&line, report->count, report->not_evaluated);
	if (report->unreadable)
		buffer_printf(&line, ", %u could not be checked", report->unreadable);
	buffer_char(&line, '\n');
	report_put(report, &line);
}

const struct report_format report_text = { "text", text_begin, text_image, text_end };
