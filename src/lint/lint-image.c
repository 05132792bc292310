/* SPDX-License-Identifier: MIT */
/* lint-image: the rules on images over one image.  Not the running of a rule (lint.c), which images and guests have in common. */
#include <errno.h>
#include <string.h>

#include "base/unseen.h"
#include "image/image.h"
#include "image/initrds.h"
#include "lint/engine.h"
#include "lint/rules.h"

bool lint_needs_system(struct arena *arena, const struct lint_options *options)
{
	static const char *const areas[] = { "kernel", "driver", "initrd", "boot", "system" };
	const unsigned char *need = lint_needed(arena, options, options->profile);

	for (size_t i = 0; i < rules_count; i++)
		for (size_t a = 0; need[i] && a < sizeof(areas) / sizeof(*areas); a++)
			if (!strcmp(rules[i].area, areas[a]))
				return true;
	return false;
}

/* One pass over each initrd, with all questions of all rules. */
static void read_initrds(struct lint *lint, struct image *image)
{
	if (!image->has_system_facts)
		return;
	for (size_t i = 0; i < rules_count; i++) {
		if (lint->evaluated[i] && strcmp(rules[i].area, "initrd") == 0) {
			image_ask_roots(image);
			break;
		}
	}
	driver_ask_initrds(lint, image);
	image_read_initrds(image);
}

/* Was it said why a rule that counts was not evaluated? */
static bool is_said(const struct lint *lint, const struct error *err)
{
	for (const struct outcome *o = lint->result->outcomes; o; o = o->next)
		if (o->kind == OUTCOME_NOT_EVALUATED && o->severity >= lint->options->fail_on &&
		    strstr(o->reason, err->message))
			return true;
	return false;
}

static bool is_found(const struct lint *lint, const char *id)
{
	return lint_is_reported(lint, rule_find(id));
}

/* Is that a finding already?  What libraries make of a disk that is cut off is a damaged file system. */
static bool is_excused(const struct lint *lint, const struct image *image, int code)
{
	const struct rule *by = lint_blamed_rule(image, code);

	if (by && lint_is_reported(lint, by))
		return true;
	return code == EUCLEAN && (is_found(lint, "image-truncated") || is_found(lint, "esp-fat-corrupt"));
}

/* Does what it finds, or cannot evaluate, have a say in the exit status? */
static bool counts(const struct lint *lint, const struct rule *rule)
{
	return lint->evaluated[rule - rules] && lint->options->selected[rule - rules] &&
	       lint_severity(lint, rule, rule->severity) >= lint->options->fail_on;
}

/* What could not be looked at, where nobody needed to know why: nothing was found missing for it, but it must not pass in
 * silence.  Only rules on what is inside of partitions can have missed something. */
static void settle(const struct lint *lint, const struct image *image)
{
	struct lint_result *result = lint->result;
	const char *said = NULL;
	bool inside = false;

	for (size_t i = 0; i < rules_count; i++)
		inside = inside || (counts(lint, &rules[i]) && strcmp(rules[i].area, "container") != 0 &&
				    strcmp(rules[i].area, "gpt") != 0);
	for (unsigned i = 0; inside && i < unseen_count; i++) {
		if (is_excused(lint, image, unseen[i].code) || is_said(lint, &unseen[i]))
			continue;
		said = said ? arena_printf(lint->arena, "%s; %s", said, unseen[i].message) : unseen[i].message;
	}
	if (!said)
		return;
	result->status = STATUS_PARTLY;
	result->error = said;
}

void lint_image(struct image *image, const struct lint_options *options, struct lint_result *result)
{
	struct lint lint = { .options = options, .profile = options->profile, .result = result, .arena = image->arena };

	result->format = image->format;
	result->architecture = architecture_name(image->architecture);
	if (!lint.profile)
		lint.profile = profile_find(profile_for_architecture(image->architecture));
	result->profile = lint.profile->name;
	result->clauses = lint.profile->clauses;
	if (!driver_architecture(lint.profile->architectures, image->architecture))
		lint_result_remark(result, image->arena,
				   arena_printf(image->arena, "profile %s is not for images of %s, which this one is",
						lint.profile->name, architecture_name(image->architecture)));
	lint.evaluated = lint_needed(image->arena, options, lint.profile);
	lint.verdicts = ARENA_ARRAY(image->arena, rules_count + 1, struct verdicts);
	for (unsigned i = 0; i < image->loader_count; i++)
		image->loaders[i].spare = image_loader_is_spare(image, &image->loaders[i]);
	read_initrds(&lint, image);
	for (size_t i = 0; i < rules_count; i++) {
		if (lint.evaluated[i] && rules[i].subject != SUBJECT_GUEST)
			lint_run_rule(&lint, image, &rules[i]);
	}
	if (options->verbose) {
		for (const char *const *said = image_second_opinion(image); *said; said++)
			lint_result_remark(result, image->arena, *said);
	}
	for (const char **note = image->reading_notes; note && *note; note++)
		lint_result_note(result, image->arena, *note);
	lint_settle_status(options, result);
	settle(&lint, image);
}
