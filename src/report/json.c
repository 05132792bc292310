/* SPDX-License-Identifier: MIT */
/* json: one document for all images, as tests/schema/report.schema.json describes it.
 *
 * Numbers of 2^53 and more are written as strings, because most readers would round them.
 */
#include <inttypes.h>
#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/text.h"
#include "report/report.h"

/* A document's pieces are written out one at a time, so this bounds a piece: a record of a worker, each byte of it as \u00NN. */
#define PIECE_MAXIMUM (64 * MiB)

static void put(struct report *report, struct buffer *out)
{
	report->cut |= out->overflowed;
	if (out->size)
		fwrite(out->data, 1, out->size, report->options->out);
	buffer_clear(out);
}

static void number(struct buffer *out, const char *name, uint64_t value)
{
	if (value >> 53)
		buffer_printf(out, "\"%s\": \"%" PRIu64 "\"", name, value);
	else
		buffer_printf(out, "\"%s\": %" PRIu64, name, value);
}

static void string(struct buffer *out, const char *name, const char *value)
{
	buffer_printf(out, "\"%s\": ", name);
	text_json(out, value);
}

/* A name that is not UTF-8, in which JSON must be, has its bytes beside it: two such names may look the same. */
static void name_and_bytes(struct buffer *out, const char *key, const char *value)
{
	string(out, key, value);
	if (text_is_utf8(value))
		return;
	buffer_printf(out, ", \"%s_bytes\": \"", key);
	for (; *value; value++)
		buffer_printf(out, "%02x", (unsigned char)*value);
	buffer_char(out, '"');
}

static void location(struct buffer *out, const struct location *at)
{
	const char *comma = "";

	buffer_string(out, "\"location\": {");
	if (at->partition > 0) {
		number(out, "partition", (uint64_t)at->partition);
		comma = ", ";
	}
	if (at->volume) {
		buffer_string(out, comma);
		name_and_bytes(out, "volume", at->volume);
		comma = ", ";
	}
	if (at->path) {
		buffer_string(out, comma);
		name_and_bytes(out, "path", at->path);
		comma = ", ";
	}
	if (at->line) {
		buffer_string(out, comma);
		number(out, "line", at->line);
		buffer_string(out, ", ");
		number(out, "column", at->column ? at->column : 1);
		comma = ", ";
	}
	if (at->space) {
		buffer_string(out, comma);
		string(out, "space", space_name(at->space));
		buffer_string(out, ", ");
		number(out, "offset", at->offset);
		if (at->length) {
			buffer_string(out, ", ");
			number(out, "length", at->length);
		}
	}
	buffer_char(out, '}');
}

static void diagnostic(struct buffer *out, const struct lint_result *result, const struct diagnostic *d)
{
	buffer_string(out, "      {");
	string(out, "rule", d->rule->id);
	buffer_printf(out, ", \"severity\": \"%s\", \"effect\": \"%s\", ", severity_name(d->severity), effect_name(d->effect));
	string(out, "message", d->message);
	if (d->rule->clause && result->clauses) {
		buffer_string(out, ", ");
		string(out, "clause", d->rule->clause);
	}
	if (d->help) {
		buffer_string(out, ", ");
		string(out, "help", d->help);
	}
	if (d->notes) {
		buffer_string(out, ", \"notes\": [");
		for (const struct diagnostic_note *n = d->notes; n; n = n->next) {
			text_json(out, n->text);
			buffer_string(out, n->next ? ", " : "]");
		}
	}
	if (result->boot) {
		buffer_string(out, ", ");
		string(out, "boot", result->boot);
	}
	buffer_string(out, ", ");
	location(out, &d->location);
	buffer_char(out, '}');
}

static void outcomes(struct report *report, struct buffer *out, const struct lint_result *result, const char *name,
		     enum outcome_kind kind)
{
	const char *comma = "";

	buffer_printf(out, ",\n     \"%s\": [", name);
	for (const struct outcome *o = result->outcomes; o; o = o->next) {
		if (o->kind != kind)
			continue;
		buffer_printf(out, "%s\n      {", comma);
		string(out, "rule", o->rule->id);
		buffer_string(out, ", ");
		string(out, "reason", o->reason);
		buffer_char(out, '}');
		comma = ",";
		put(report, out);
	}
	buffer_char(out, ']');
}

/* Absent where all findings are in the list. */
static void more(struct buffer *out, const struct lint_result *result)
{
	if (!result->more)
		return;
	buffer_string(out, ",\n     \"more\": [");
	for (const struct more *m = result->more; m; m = m->next) {
		buffer_string(out, "\n      {");
		string(out, "rule", m->rule->id);
		buffer_printf(out, ", \"errors\": %u, \"warnings\": %u, \"notes\": %u}%s", m->count[SEVERITY_ERROR],
			      m->count[SEVERITY_WARNING], m->count[SEVERITY_NOTE], m->next ? "," : "]");
	}
}

static void json_begin(struct report *report)
{
	fprintf(report->options->out, "{\"version\": 1, \"tool\": {\"name\": \"vmlint\", \"version\": \"%s\"},\n \"images\": [",
		VMLINT_VERSION);
}

static void json_image(struct report *report, const struct lint_result *result)
{
	static const char *const statuses[] = {
		[STATUS_CHECKED] = "checked", [STATUS_PARTLY] = "partly", [STATUS_UNREADABLE] = "unreadable"
	};
	BUFFER_AUTO out = buffer_make(PIECE_MAXIMUM);

	buffer_string(&out, report->images ? ",\n    {" : "\n    {");
	report_count(report, result);
	name_and_bytes(&out, "image", result->image);
	if (result->boot) {
		buffer_string(&out, ", ");
		string(&out, "boot", result->boot);
	}
	if (result->format) {
		buffer_string(&out, ", ");
		string(&out, "format", result->format);
	}
	if (result->architecture) {
		buffer_string(&out, ", ");
		string(&out, "arch", result->architecture);
	}
	if (result->profile) {
		buffer_string(&out, ", ");
		string(&out, "profile", result->profile);
	}
	buffer_printf(&out, ", \"status\": \"%s\"", statuses[result->status]);
	if (result->error) {
		buffer_string(&out, ", ");
		string(&out, "error", result->error);
	}
	if (result->help) {
		buffer_string(&out, ", ");
		string(&out, "help", result->help);
	}
	if (result->notes) {
		buffer_string(&out, ", \"notes\": [");
		for (const struct diagnostic_note *n = result->notes; n; n = n->next) {
			text_json(&out, n->text);
			buffer_string(&out, n->next ? ", " : "]");
			put(report, &out);
		}
	}
	buffer_string(&out, ",\n     \"diagnostics\": [");
	for (const struct diagnostic *d = result->diagnostics; d; d = d->next) {
		buffer_string(&out, d == result->diagnostics ? "\n" : ",\n");
		diagnostic(&out, result, d);
		/* all of them together have no bound that a buffer could have */
		put(report, &out);
	}
	buffer_char(&out, ']');
	more(&out, result);
	outcomes(report, &out, result, "skipped", OUTCOME_SKIPPED);
	outcomes(report, &out, result, "not_evaluated", OUTCOME_NOT_EVALUATED);
	buffer_char(&out, '}');
	put(report, &out);
}

static void json_end(struct report *report)
{
	const char *profile = report->options->profile ? report->options->profile
						      : report->profile;
	BUFFER_AUTO out = buffer_make(MiB);

	/* the profile stands at the end, because what auto chose is known only then; members of an object have no order */
	buffer_string(&out, report->images ? "\n ],\n " : "],\n ");
	string(&out, "profile", *profile ? profile : "auto");
	buffer_printf(&out,
		      ",\n \"summary\": {\"errors\": %u, \"warnings\": %u, \"notes\": %u, \"skipped\": %u, "
		      "\"not_evaluated\": %u, \"unreadable\": %u}}\n",
		      report->count[SEVERITY_ERROR], report->count[SEVERITY_WARNING], report->count[SEVERITY_NOTE],
		      report->skipped, report->not_evaluated, report->unreadable);
	put(report, &out);
}

const struct report_format report_json = { "json", json_begin, json_image, json_end };
