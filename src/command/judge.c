/* SPDX-License-Identifier: MIT */
/* judge: `vmlint guest --judge` judges recorded guests by the rules on them.  Not part of the static program in
 * src/appliance/guest, which only records. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "command/judge.h"
#include "guest/gather.h"
#include "guest/machine.h"

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
	"  --severity=RULE=LEVEL, --profile=NAME   how much they count\n"
	"  --format=FORMAT  text (default), json or vmspec\n"
	"  --color=WHEN     auto (default), always or never\n"
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
};

static const struct option options[] = { COMMON_OPTIONS };

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
	lint_guest(arena, machine_read(arena, guest), lint, result);
	return NULL;
}

static void judge_one(struct common *common, int index, struct arena *arena, struct lint_result *result)
{
	const char *path = ((const struct call *)common)->records[index];
	size_t size;
	char *text = file_read(path, RECORD_BYTES, &size);

	lint_result_init(result, path);
	result->error = text ? judge_record(arena, text, size, &common->lint, result) : arena_strdup(arena, strerror(errno));
	if (result->error)
		result->status = STATUS_UNREADABLE;
	free(text);
}

static bool no_option(struct common *common, int key, const char *argument)
{
	(void)key, (void)argument;
	return command_usage(common->command, "unknown option"), false;
}

int command_guest_or_judge(int argc, char **argv)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct call call = { .common = common_make(arena, "guest") };

	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		fputs(usage, stdout);
		return command_finish(EXIT_CLEAN);
	}
	if (argc < 2 || strcmp(argv[1], "--judge"))
		return command_guest(argc, argv);
	call.common.on_guests = true;
	call.common.set = no_option;
	/* --judge stands where a subcommand does */
	if (!common_parse(&call.common, argc - 1, argv + 1, options))
		return EXIT_TROUBLE;
	if (call.common.help) {
		fputs(usage, stdout);
		return command_finish(EXIT_CLEAN);
	}
	if (optind >= argc - 1)
		return command_usage("guest", "no record is named");
	call.records = argv + 1 + optind;
	return common_run(&call.common, argc - 1 - optind, judge_one);
}
