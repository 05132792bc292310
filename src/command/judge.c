/* SPDX-License-Identifier: MIT */
/* judge: `vmlint guest --judge` judges recorded guests by the rules on them, `vmlint guest` the machine that it runs on.  Not
 * part of the static program in src/appliance/guest, which only records. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "command/judge.h"
#include "guest/gather.h"
#include "guest/machine.h"

static const char usage[] =
	"Usage: vmlint guest [--try] [OPTION...]\n"
	"       vmlint guest --record [--try]\n"
	"       vmlint guest --judge [OPTION...] RECORD...\n"
	"\n"
	"Inside a guest, says what is wrong with the machine that this runs on.  --record writes down what the machine shows\n"
	"of itself instead, and --judge, anywhere, judges such records.  --try also tries the clock, processors, variables\n"
	"and 32-bit programs, and puts back what it changed: for root, in a machine that serves nobody.  Root sees more than\n"
	"others do.\n"
	"\n"
	"Options of what judges, as those of lint:\n"
	"  --select=RULES   report these rules only; comma-separated ids, * is a wildcard\n"
	"  --ignore=RULES   do not report these rules\n"
	"  --severity=RULE=LEVEL, --profile=NAME   how much they count\n"
	"  --format=FORMAT  text (default), json or vmspec\n"
	"  --color=WHEN     auto (default), always or never\n"
	"@"
	"  -q, --quiet      only what counts for the exit status\n"
	"  -v, --verbose    also skipped rules\n"
	"  --fail-on=LEVEL  the least severity that makes the exit status 1: error (default), warning or note\n"
	"  --exit-zero      exit with 0 although there are findings\n"
	"\n"
	"Exit status: 0 clean; 1 findings at or above --fail-on; 2 the call was wrong, a record could not be read, or a\n"
	"rule at or above --fail-on could not be evaluated.\n";

/* A record is text of GUEST_DATA bytes in hexadecimal at most, and its facts. */
#define RECORD_BYTES ((size_t)4 * GUEST_DATA)

struct call {
	struct common common;
	char **records;
	bool try;
};

enum { OPTION_TRY = 256 };

static const struct option options[] = { COMMON_OPTIONS };
static const struct option options_here[] = { { "try", no_argument, NULL, OPTION_TRY }, COMMON_OPTIONS };

const char *judge_record(struct arena *arena, const char *text, size_t size, const struct lint_options *lint,
			 struct lint_result *result)
{
	const struct guest *guest;
	struct error err;

	if (guest_read(arena, text, size, &guest, &err) < 0)
		return arena_strdup(arena, err.message);
	if (guest->strange)
		lint_result_note(result, arena,
				 arena_printf(arena,
					      "%u lines of the record make no sense and were left out, the first is line %u",
					      guest->strange, guest->strange_line));
	if (guest->damaged)
		lint_result_note(result, arena,
				 arena_printf(arena,
					      "data of %u facts is not as it was sent and was left out, the first is line %u",
					      guest->damaged, guest->damaged_line));
	lint_guest(arena, machine_read(arena, guest), lint, result);
	return NULL;
}

static void judge_one(struct common *common, int index, struct arena *arena, struct lint_result *result)
{
	const char *path = ((const struct call *)common)->records[index];
	size_t size;
	char *text = file_read(path, RECORD_BYTES, &size);

	lint_result_init(result, path);
	result->guest = true;
	result->error = text ? judge_record(arena, text, size, &common->lint, result) : arena_strdup(arena, strerror(errno));
	if (result->error)
		result->status = STATUS_UNREADABLE;
	free(text);
}

static void keep_line(void *context, const char *text, size_t size)
{
	buffer_append(context, text, size);
	buffer_char(context, '\n');
}

/* The machine that this runs on. */
static void judge_here(struct common *common, int index, struct arena *arena, struct lint_result *result)
{
	BUFFER_AUTO text = buffer_make(RECORD_BYTES);
	struct facts facts = facts_make(keep_line, &text);

	(void)index;
	lint_result_init(result, "guest");
	guest_record(&facts, ((const struct call *)common)->try);
	facts_free(&facts);
	result->error = text.overflowed ? "this machine has more to tell than a record may hold"
					: judge_record(arena, text.data, text.size, &common->lint, result);
	if (result->error)
		result->status = STATUS_UNREADABLE;
}

static bool set_here(struct common *common, int key, const char *argument)
{
	(void)argument;
	if (key != OPTION_TRY)
		return command_usage(common->command, "unknown option"), false;
	((struct call *)common)->try = true;
	return true;
}

static bool no_option(struct common *common, int key, const char *argument)
{
	(void)key, (void)argument;
	return command_usage(common->command, "unknown option"), false;
}

static int here(struct call *call, int argc, char **argv)
{
	call->common.set = set_here;
	if (!common_parse(&call->common, argc, argv, options_here))
		return EXIT_TROUBLE;
	if (call->common.help) {
		common_print_usage(usage, true);
		return command_finish(EXIT_CLEAN);
	}
	if (optind < argc)
		return command_usage("guest",
				     "%s is too much: guest looks at the machine that it runs on, and --judge at records",
				     argv[optind]);
	if (call->try && geteuid() != 0)
		return command_usage("guest", "--try is for root");
	return common_run(&call->common, 1, judge_here);
}

int command_guest_or_judge(int argc, char **argv)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct call call = { .common = common_make(arena, "guest") };

	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		common_print_usage(usage, true);
		return command_finish(EXIT_CLEAN);
	}
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--record"))
			return command_guest(argc, argv);
	}
	call.common.on_guests = true;
	if (argc < 2 || strcmp(argv[1], "--judge"))
		return here(&call, argc, argv);
	call.common.set = no_option;
	/* --judge stands where a subcommand does */
	if (!common_parse(&call.common, argc - 1, argv + 1, options))
		return EXIT_TROUBLE;
	if (call.common.help) {
		common_print_usage(usage, true);
		return command_finish(EXIT_CLEAN);
	}
	if (optind >= argc - 1)
		return command_usage("guest", "no record is named");
	call.records = argv + 1 + optind;
	return common_run(&call.common, argc - 1 - optind, judge_one);
}
