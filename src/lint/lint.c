/* SPDX-License-Identifier: MIT */
/* lint: runs the rules, each for its subjects, in the table's order, and keeps how each ended; and the rules on guests.  Those
 * on images: lint-image.c.
 *
 * A rule that is not selected is evaluated all the same if a selected one comes `after` it: otherwise `--ignore
 * esp-missing` would let a cascade loose. It then reports nothing.
 */
#include "lint/lint.h"

#include <string.h>

#include "base/limits.h"
#include "guest/machine.h"
#include "image/image.h"
#include "lint/engine.h"
#include "lint/rules.h"

enum severity lint_rule_severity(const struct check *check)
{
	return check->row ? check->row->severity : check->rule->severity;
}

enum severity lint_severity(const struct lint *lint, const struct rule *rule, enum severity otherwise)
{
	size_t index = (size_t)(rule - rules);

	if (lint->options->severity[index] >= 0)
		return (enum severity)lint->options->severity[index];
	if (lint->profile->severity[index] >= 0)
		return (enum severity)lint->profile->severity[index];
	return otherwise;
}

/* Does subject number i of the rule `of` lie within the subject of this check? */
static bool concerns(const struct check *check, const struct rule *of, unsigned i)
{
	switch (of->subject) {
	case SUBJECT_ESP:
		return !check->esp || i == check->esp->index;
	case SUBJECT_LOADER:
		if (check->loader)
			return i == check->loader->index;
		return !check->esp || check->image->loaders[i].esp == check->esp;
	case SUBJECT_IMAGE:
	case SUBJECT_GUEST:
		break;
	}
	return true;
}

/* The rule whose finding makes this one moot for its subject, or NULL.  Of several ESPs or loaders that a check is about, all
 * must be at fault: what is wrong with a spare one says nothing of the others. */
static const struct rule *superseded_by(const struct lint *lint, const struct check *check)
{
	for (const unsigned short *a = check->rule->after; *a != RULES_END; a++) {
		const struct verdicts *v = &lint->verdicts[*a];
		const struct rule *root = NULL;

		/* these settle it among themselves, for each kernel */
		if (rule_is_driver(&rules[*a]))
			continue;
		for (unsigned i = 0; i < v->count; i++) {
			if (!concerns(check, &rules[*a], i))
				continue;
			if (v->of[i] != VERDICT_SUPERSEDING) {
				root = NULL;
				break;
			}
			if (!root)
				root = v->root[i];
		}
		if (root)
			return root;
	}
	return NULL;
}

static void add_outcome(struct lint *lint, const struct rule *rule, enum outcome_kind kind, const char *reason)
{
	const struct driver_row *row = lint->profile->row[rule - rules];
	struct outcome *outcome;

	if (!lint->options->selected[rule - rules])
		return;
	for (outcome = lint->result->outcomes; outcome; outcome = outcome->next) {
		if (outcome->rule == rule && outcome->kind == kind && strcmp(outcome->reason, reason) == 0)
			return; /* another subject said the same */
	}
	outcome = ARENA_NEW(lint->arena, struct outcome);
	*outcome = (struct outcome){
		.rule = rule,
		.kind = kind,
		.severity = lint_severity(lint, rule, row ? row->severity : rule->severity),
		.reason = reason,
	};
	lint_result_outcome(lint->result, outcome);
}

/* What is wrong with a loader that the image can do without does not keep it from booting. */
static void mark_spare(const struct check *check, struct diagnostic *first)
{
	if (!check->loader || !first || !check->loader->spare)
		return;
	for (struct diagnostic *d = first; d; d = d->next) {
		if (d->effect == EFFECT_BLOCKS_BOOT)
			d->effect = EFFECT_DEGRADES;
	}
}

bool lint_is_reported(const struct lint *lint, const struct rule *rule)
{
	for (const struct diagnostic *d = lint->result->diagnostics; d; d = d->next) {
		if (d->rule == rule && d->severity >= lint->options->fail_on)
			return true;
	}
	/* of the rule under way, and of those before it */
	for (const struct diagnostic *d = lint->hidden; d; d = d->next) {
		if (d->rule == rule && d->severity >= lint->options->fail_on)
			return true;
	}
	return lint_result_more_of(lint->result, rule, lint->options->fail_on) > 0;
}

/* A rule that is moot since the container keeps its data from us: skipped where the container's own finding is in the output.  If
 * that is ignored, or counts for less, then nobody has said yet that this was not looked at. */
static const char *kept_from_us(struct lint *lint, const struct rule *rule, const struct rule *root, const char *reason)
{
	if (!root || strcmp(root->area, "container") != 0 || lint_is_reported(lint, root))
		return reason;
	add_outcome(lint, rule, OUTCOME_NOT_EVALUATED, reason);
	return NULL;
}

/* Returns why the rule was skipped for this subject, or NULL. */
static const char *run_subject(struct lint *lint, struct check *check, unsigned index)
{
	const struct rule *by = superseded_by(lint, check);
	struct verdicts *verdicts = &lint->verdicts[check->rule - rules];
	struct diagnostic **before;
	const char *reason;

	if (by) {
		verdicts->of[index] = VERDICT_SUPERSEDING;
		verdicts->root[index] = by;
		reason = arena_printf(lint->arena, "superseded by %s", by->id);
		if (check->image && check->image->have_table == UNREADABLE)
			return kept_from_us(lint, check->rule, by, reason);
		return reason;
	}
	lint->verdict = VERDICT_PASS;
	lint->reason = NULL;
	lint->moot = false;
	before = lint->result->diagnostics_end;
	check->rule->check(check);
	mark_spare(check, *before);
	verdicts->of[index] = lint->verdict;
	verdicts->root[index] = lint->moot ? lint->root : check->rule;
	if (lint->moot)
		return kept_from_us(lint, check->rule, lint->root, lint->reason);
	if (lint->verdict == VERDICT_SKIPPED)
		return lint->reason;
	if (lint->reason)
		add_outcome(lint, check->rule, OUTCOME_NOT_EVALUATED, lint->reason);
	return NULL;
}

static unsigned subject_count(const struct image *image, enum subject subject)
{
	switch (subject) {
	case SUBJECT_ESP:
		return image->esp_count;
	case SUBJECT_LOADER:
		return image->loader_count;
	case SUBJECT_IMAGE:
	case SUBJECT_GUEST:
		break;
	}
	return 1;
}

static void count_hidden(struct lint *lint, const struct rule *rule)
{
	struct more *more = lint->hidden ? ARENA_NEW(lint->arena, struct more) : NULL;

	if (!more)
		return;
	more->rule = rule;
	for (const struct diagnostic *d = lint->hidden; d; d = d->next)
		more->count[d->severity]++;
	lint_result_more(lint->result, more);
	lint->hidden = NULL;
}

void lint_run_rule(struct lint *lint, struct image *image, const struct rule *rule)
{
	struct verdicts *verdicts = &lint->verdicts[rule - rules];
	const char *skipped = NULL, *reason;
	bool looked = false;

	verdicts->count = subject_count(image, rule->subject);
	verdicts->of = ARENA_ARRAY(lint->arena, verdicts->count, enum verdict);
	verdicts->root = ARENA_ARRAY(lint->arena, verdicts->count, const struct rule *);
	lint->findings = 0;
	lint->hidden = NULL;
	lint->hidden_end = &lint->hidden;
	for (unsigned i = 0; i < verdicts->count; i++) {
		struct check check = { .image = image, .rule = rule, .lint = lint, .arena = lint->arena,
				       .machine = lint->machine,
				       .row = lint->profile->row[rule - rules] };

		if (rule->subject == SUBJECT_LOADER) {
			check.loader = &image->loaders[i];
			check.esp = check.loader->esp;
		} else if (rule->subject == SUBJECT_ESP) {
			check.esp = &image->esps[i];
		}
		reason = run_subject(lint, &check, i);
		if (reason)
			skipped = reason;
		else
			looked = true;
	}
	count_hidden(lint, rule);
	if (!verdicts->count)
		skipped = rule->subject == SUBJECT_ESP ? "there is no EFI system partition"
						       : "there is no EFI binary at a removable-media path";
	if (!verdicts->count && image && image->have_table == UNREADABLE)
		skipped = kept_from_us(lint, rule, lint_blamed_rule(image, image->table_error.code),
				       image->table_error.message);
	if (skipped && !looked)
		add_outcome(lint, rule, OUTCOME_SKIPPED, skipped);
}

/* The table's order makes one backward pass enough.  A row that this profile does not have asks for nothing. */
const unsigned char *lint_needed(struct arena *arena, const struct lint_options *options, const struct profile *profile)
{
	unsigned char *need = ARENA_ARRAY(arena, rules_count + 1, unsigned char);

	for (size_t i = rules_count; i-- > 0;) {
		need[i] = (need[i] || options->selected[i]) && (!profile || !rule_is_driver(&rules[i]) || profile->row[i]);
		if (!need[i])
			continue;
		for (const unsigned short *a = rules[i].after; *a != RULES_END; a++)
			need[*a] = 1;
	}
	return need;
}

void lint_settle_status(const struct lint_options *options, struct lint_result *result)
{
	for (const struct outcome *o = result->outcomes; o; o = o->next) {
		if (o->kind == OUTCOME_NOT_EVALUATED && o->severity >= options->fail_on)
			result->status = STATUS_PARTLY;
	}
}

void lint_guest(struct arena *arena, const struct machine *machine, const struct lint_options *options,
		struct lint_result *result)
{
	static const int known[] = {
		[MACHINE_OTHER] = ARCHITECTURE_UNKNOWN,
		[MACHINE_AARCH64] = ARCHITECTURE_AARCH64,
		[MACHINE_X86_64] = ARCHITECTURE_X86_64,
	};
	int architecture = known[machine->architecture];
	struct lint lint = { .options = options, .profile = options->profile, .result = result, .arena = arena,
			.machine = machine };

	result->guest = true;
	result->format = "record";
	result->architecture = architecture == ARCHITECTURE_UNKNOWN ? NULL : architecture_name(architecture);
	if (!lint.profile)
		lint.profile = profile_find(profile_for_architecture(architecture));
	result->profile = lint.profile->name;
	result->clauses = lint.profile->clauses;
	lint.evaluated = lint_needed(arena, options, lint.profile);
	lint.verdicts = ARENA_ARRAY(arena, rules_count + 1, struct verdicts);
	for (size_t i = 0; i < rules_count; i++) {
		if (lint.evaluated[i] && rules[i].subject == SUBJECT_GUEST)
			lint_run_rule(&lint, NULL, &rules[i]);
	}
	lint_settle_status(options, result);
}
