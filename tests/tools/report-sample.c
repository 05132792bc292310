/* SPDX-License-Identifier: MIT */
/* report-sample: prints a made-up report that holds whatever an image could put into one, for tests/cli/json.bats.
 *
 *   report-sample json|text
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "lint/rule.h"
#include "report/report.h"

/* what a hostile name or text may hold: quotes, control characters, escape sequences, broken and deceptive Unicode */
#define NASTY                                                            \
	"quote\" back\\slash 'single' \x01\x1f\x7f\r\n\t\x1b[31mred "         \
	"\xff\xfe \xc3\x28 \xed\xa0\x80 \xe2\x80\xa8 \xe2\x80\xae \xf0\x9f\x92\xbe \xf0\x9f"

static const struct rule sample = {
	.id = "sample-rule", .area = "test", .title = "made up", .severity = SEVERITY_ERROR,
	.effect = EFFECT_BLOCKS_BOOT, .section = "", .clause = "I5", .text = "", .examples = "",
};

static struct diagnostic *add(struct arena *arena, struct lint_result *result, enum severity severity, enum effect effect,
			      struct location at)
{
	struct diagnostic *d = ARENA_NEW(arena, struct diagnostic);

	d->rule = &sample;
	d->severity = severity;
	d->effect = effect;
	d->location = at;
	d->message = "what was found " NASTY;
	lint_result_add(result, d);
	return d;
}

static void add_outcome(struct arena *arena, struct lint_result *result, enum outcome_kind kind)
{
	struct outcome *o = ARENA_NEW(arena, struct outcome);

	o->rule = &sample;
	o->kind = kind;
	o->severity = SEVERITY_NOTE;
	o->reason = "because " NASTY;
	lint_result_outcome(result, o);
}

/* Each kind of location, with numbers on both sides of 2^53. */
static void full(struct arena *arena, struct lint_result *result)
{
	static struct diagnostic_note last = { NULL, "second" }, first = { &last, "first " NASTY };
	static struct more more = { .rule = &sample, .count = { [SEVERITY_NOTE] = 3, [SEVERITY_ERROR] = 70000 } };
	struct diagnostic *d;

	result->format = "qcow2";
	result->architecture = "aarch64";
	result->profile = "vmspec-2.0";
	result->clauses = true;
	lint_result_note(result, arena, "read in this way: " NASTY);
	lint_result_note(result, arena, "and in that");
	add(arena, result, SEVERITY_ERROR, EFFECT_BLOCKS_BOOT, at_image());
	d = add(arena, result, SEVERITY_WARNING, EFFECT_DEGRADES, at_container(UINT64_MAX, UINT64_MAX));
	d->help = "mend " NASTY;
	d->notes = &first;
	add(arena, result, SEVERITY_NOTE, EFFECT_CONFORMANCE, at_disk(1ULL << 53, (1ULL << 53) - 1));
	add(arena, result, SEVERITY_NOTE, EFFECT_HYGIENE, at_disk(0, 0));
	add(arena, result, SEVERITY_ERROR, EFFECT_HYGIENE, at_partition(128));
	add(arena, result, SEVERITY_ERROR, EFFECT_HYGIENE, at_partition_bytes(1, 512, 8));
	add(arena, result, SEVERITY_ERROR, EFFECT_HYGIENE, at_file(PARTITION_WHOLE_DISK, "/EFI/" NASTY));
	add(arena, result, SEVERITY_ERROR, EFFECT_HYGIENE, at_file_bytes(1, "/EFI/BOOT/BOOTAA64.EFI", 132, 2));
	add(arena, result, SEVERITY_ERROR, EFFECT_HYGIENE, at_text(2, "/etc/fstab", 12, 0));
	add(arena, result, SEVERITY_ERROR, EFFECT_HYGIENE, at_text(2, "/etc/fstab", UINT32_MAX, UINT32_MAX));
	lint_result_more(result, &more);
	add_outcome(arena, result, OUTCOME_SKIPPED);
	add_outcome(arena, result, OUTCOME_NOT_EVALUATED);
}

int main(int argc, char **argv)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	const struct report_format *format = argc == 2 ? report_format_find(argv[1]) : NULL;
	const struct report_options options = { .out = stdout, .fail_on = SEVERITY_ERROR, .verbose = true };
	struct report report = { .options = &options };
	struct lint_result result;

	if (!format)
		return 2;
	format->begin(&report);
	lint_result_init(&result, "full " NASTY);
	full(arena, &result);
	format->image(&report, &result);
	lint_result_init(&result, "empty");
	result.format = "raw";
	result.profile = "uefi-x86_64";
	result.status = STATUS_PARTLY;
	add_outcome(arena, &result, OUTCOME_NOT_EVALUATED);
	format->image(&report, &result);
	lint_result_init(&result, "");
	result.status = STATUS_UNREADABLE;
	result.error = "cannot open: " NASTY;
	result.help = "unpack " NASTY;
	format->image(&report, &result);
	format->end(&report);
	return 0;
}
