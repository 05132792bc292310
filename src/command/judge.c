/* SPDX-License-Identifier: MIT */
/* judge: `vmlint guest --judge` judges recorded guests by the rules on them.  Not part of the static program in
 * src/appliance/guest, which only records. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/text.h"
#include "command/command.h"
#include "guest/gather.h"
#include "guest/machine.h"
#include "report/report.h"

static const char usage[] =
	"Usage: vmlint guest --record [--try]\n"
	"       vmlint guest --judge [OPTION...] RECORD...\n"
	"\n"
	"--record, in a guest, writes down what the machine shows of itself; --try also tries its clock, processors and\n"
	"variables.  --judge, anywhere, says what is wrong with the machines that such records are of.\n"
	"\n"
	"Options of --judge, as those of lint:\n"
	"  --select=RULES   report these rules only; comma-separated ids, * is a wildcard\n"
	"  --ignore=RULES   do not report these rules\n"
	"  --format=FORMAT  text (default) or json\n"
	"  --color=WHEN     auto (default), always or never\n"
	"  -q, --quiet      only what counts for the exit status\n"
	"  -v, --verbose    also skipped rules\n"
	"  --fail-on=LEVEL  the least severity that makes the exit status 1: error (default), warning or note\n"
	"\n"
	"Exit status: 0 clean; 1 findings at or above --fail-on; 2 the call was wrong, a record could not be read, or a\n"
	"rule at or above --fail-on could not be evaluated.\n";

/* A record is text of GUEST_DATA bytes in hexadecimal at most, and its facts. */
#define RECORD_BYTES ((size_t)4 * GUEST_DATA)

struct call {
	struct arena *arena;
	struct lint_options lint;
	struct report_options report;
	const struct report_format *format;
	bool selects;
};

static bool mark(const char *patterns, struct call *call, unsigned char value)
{
	char *rest = arena_strdup(call->arena, patterns), *pattern;

	while ((pattern = strsep(&rest, ","))) {
		bool matched = false;

		for (size_t i = 0; i < rules_count; i++) {
			if (rules[i].subject != SUBJECT_GUEST || !text_wildcard(pattern, rules[i].id))
				continue;
			/* --ignore wins, whatever the order */
			if (call->lint.selected[i] < value)
				call->lint.selected[i] = value;
			matched = true;
		}
		if (!matched) {
			command_usage("guest", "no rule on guests matches \"%s\"; `vmlint rules` lists them", pattern);
			return false;
		}
	}
	return true;
}

enum { SELECTED = 2, IGNORED = 4 };
enum { OPTION_JUDGE = 256, OPTION_SELECT, OPTION_IGNORE, OPTION_FORMAT, OPTION_COLOR, OPTION_FAIL_ON };

static const struct option options[] = {
	{ "judge", no_argument, NULL, OPTION_JUDGE },
	{ "select", required_argument, NULL, OPTION_SELECT },
	{ "ignore", required_argument, NULL, OPTION_IGNORE },
	{ "format", required_argument, NULL, OPTION_FORMAT },
	{ "color", required_argument, NULL, OPTION_COLOR },
	{ "fail-on", required_argument, NULL, OPTION_FAIL_ON },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ 0 },
};

static bool set_color(struct call *call, const char *argument)
{
	const char *no_color = getenv("NO_COLOR");

	if (!strcmp(argument, "auto"))
		call->report.color = isatty(STDOUT_FILENO) && !(no_color && *no_color);
	else if (!strcmp(argument, "always") || !strcmp(argument, "never"))
		call->report.color = argument[0] == 'a';
	else
		return command_usage("guest", "--color takes auto, always or never, not \"%s\"", argument), false;
	return true;
}

static bool set_option(struct call *call, int key, char **argv)
{
	switch (key) {
	case OPTION_JUDGE:
		return true;
	case OPTION_SELECT:
		call->selects = true;
		return mark(optarg, call, SELECTED);
	case OPTION_IGNORE:
		return mark(optarg, call, IGNORED);
	case OPTION_FORMAT:
		call->format = report_format_find(optarg);
		if (!call->format)
			command_usage("guest", "--format takes text or json, not \"%s\"", optarg);
		return call->format != NULL;
	case OPTION_COLOR:
		return set_color(call, optarg);
	case OPTION_FAIL_ON:
		if (severity_parse(optarg, &call->lint.fail_on) && call->lint.fail_on != SEVERITY_OFF)
			return true;
		command_usage("guest", "--fail-on takes error, warning or note, not \"%s\"", optarg);
		return false;
	case 'q':
		call->report.quiet = true;
		return true;
	case 'v':
		call->report.verbose = call->lint.verbose = true;
		return true;
	case ':':
		command_usage("guest", "%s needs an argument", argv[optind - 1]);
		return false;
	}
	command_usage("guest", "%s is no option of guest --judge", argv[optind - 1]);
	return false;
}

static bool parse(struct call *call, int argc, char **argv)
{
	struct error err;
	int key;

	if (profiles_load(call->arena, NULL, &call->lint.profile, &err) < 0)
		return command_usage("guest", "%s", err.message), false;
	call->lint.selected = arena_alloc(call->arena, rules_count + 1);
	call->lint.severity = arena_alloc(call->arena, rules_count + 1);
	memset(call->lint.selected, 0, rules_count + 1);
	memset(call->lint.severity, -1, rules_count + 1);
	set_color(call, "auto");
	opterr = 0;
	optind = 1;
	while ((key = getopt_long(argc, argv, ":qv", options, NULL)) != -1) {
		if (!set_option(call, key, argv))
			return false;
	}
	for (size_t i = 0; i < rules_count; i++)
		call->lint.selected[i] = rules[i].subject == SUBJECT_GUEST && call->lint.selected[i] != IGNORED &&
					 (!call->selects || call->lint.selected[i] == SELECTED);
	return true;
}

/* Why the record cannot be judged, or NULL. */
static const char *judge(struct arena *arena, const char *path, const struct lint_options *lint, struct lint_result *result)
{
	const struct guest *guest;
	struct error err;
	size_t size;
	char *text = file_read(path, RECORD_BYTES, &size);
	int r;

	if (!text)
		return arena_strdup(arena, strerror(errno));
	r = guest_read(arena, text, size, &guest, &err);
	free(text);
	if (r < 0)
		return arena_strdup(arena, err.message);
	if (guest->strange)
		lint_result_note(result, arena,
				 arena_printf(arena,
					      "%u lines of the record make no sense and were left out, the first is line %u",
					      guest->strange, guest->strange_line));
	lint_guest(arena, machine_read(arena, guest), lint, result);
	return NULL;
}

static int run(struct call *call, char **paths, int count)
{
	struct report report = { .options = &call->report };
	int status = EXIT_CLEAN;

	call->format->begin(&report);
	for (int i = 0; i < count; i++) {
		ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
		struct lint_result result;
		int one;

		lint_result_init(&result, paths[i]);
		result.error = judge(arena, paths[i], &call->lint, &result);
		if (result.error)
			result.status = STATUS_UNREADABLE;
		call->format->image(&report, &result);
		one = lint_result_exit(&result, call->lint.fail_on);
		status = one > status ? one : status;
	}
	call->format->end(&report);
	return command_finish(status);
}

int command_guest_or_judge(int argc, char **argv)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct call call = {
		.arena = arena,
		.lint = { .fail_on = SEVERITY_ERROR },
		.report = { .out = stdout },
		.format = report_format_find("text"),
	};

	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		fputs(usage, stdout);
		return command_finish(EXIT_CLEAN);
	}
	if (argc < 2 || strcmp(argv[1], "--judge"))
		return command_guest(argc, argv);
	if (!parse(&call, argc, argv))
		return EXIT_TROUBLE;
	if (optind >= argc)
		return command_usage("guest", "no record is named");
	call.report.fail_on = call.lint.fail_on;
	return run(&call, argv + optind, argc - optind);
}
