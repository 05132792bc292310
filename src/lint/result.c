/* SPDX-License-Identifier: MIT */
/* result: the lists of one image's diagnostics and outcomes, and the exit status that they ask for. */
#include <string.h>

#include "base/arena.h"
#include "lint/lint.h"

void lint_result_init(struct lint_result *result, const char *image)
{
	memset(result, 0, sizeof(*result));
	result->image = image;
	result->diagnostics_end = &result->diagnostics;
	result->more_end = &result->more;
	result->outcomes_end = &result->outcomes;
	result->remarks_end = &result->remarks;
	result->notes_end = &result->notes;
}

void lint_result_add(struct lint_result *result, struct diagnostic *diagnostic)
{
	diagnostic->next = NULL;
	*result->diagnostics_end = diagnostic;
	result->diagnostics_end = &diagnostic->next;
	result->count[diagnostic->severity]++;
}

void lint_result_more(struct lint_result *result, struct more *more)
{
	more->next = NULL;
	*result->more_end = more;
	result->more_end = &more->next;
	for (int s = SEVERITY_NOTE; s <= SEVERITY_ERROR; s++)
		result->count[s] += more->count[s];
}

unsigned lint_result_more_of(const struct lint_result *result, const struct rule *rule, enum severity least)
{
	unsigned count = 0;

	for (const struct more *m = result->more; m; m = m->next) {
		for (int s = (int)least; m->rule == rule && s <= SEVERITY_ERROR; s++)
			count += m->count[s];
	}
	return count;
}

void lint_result_outcome(struct lint_result *result, struct outcome *outcome)
{
	outcome->next = NULL;
	*result->outcomes_end = outcome;
	result->outcomes_end = &outcome->next;
	if (outcome->kind == OUTCOME_NOT_EVALUATED)
		result->not_evaluated++;
	else
		result->skipped++;
}

static void add_text(struct diagnostic_note ***end, struct arena *arena, const char *text)
{
	struct diagnostic_note *note = ARENA_NEW(arena, struct diagnostic_note);

	note->text = text;
	**end = note;
	*end = &note->next;
}

void lint_result_remark(struct lint_result *result, struct arena *arena, const char *text)
{
	add_text(&result->remarks_end, arena, text);
}

void lint_result_note(struct lint_result *result, struct arena *arena, const char *text)
{
	add_text(&result->notes_end, arena, text);
}

int lint_result_exit(const struct lint_result *result, enum severity fail_on)
{
	if (result->status != STATUS_CHECKED)
		return 2;
	for (int s = (int)fail_on; s <= SEVERITY_ERROR; s++) {
		if (result->count[s])
			return 1;
	}
	return 0;
}
