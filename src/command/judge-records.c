/* SPDX-License-Identifier: MIT */
/* judge-records: `vmlint guest --judge` judges recorded guests by the rules on them.  Not part of the static program in
 * src/appliance/guest, which looks at the machine that it runs on. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "command/judge.h"
#include "guest/gather.h"

struct call {
	struct common common;
	char **records;
};

static const struct option options[] = { COMMON_OPTIONS };

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

static bool no_option(struct common *common, int key, const char *argument)
{
	(void)key, (void)argument;
	return command_usage(common->command, "unknown option"), false;
}

int command_guest_or_judge(int argc, char **argv)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct call call = { .common = common_make(arena, "guest") };

	if (argc < 2 || strcmp(argv[1], "--judge"))
		return command_guest(argc, argv);
	call.common.on_guests = true;
	call.common.set = no_option;
	/* --judge stands where a subcommand does */
	if (!common_parse(&call.common, argc - 1, argv + 1, options))
		return EXIT_TROUBLE;
	if (call.common.help) {
		common_print_usage(guest_usage, true);
		return command_finish(EXIT_CLEAN);
	}
	if (optind >= argc - 1)
		return command_usage("guest", "no record is named");
	call.records = argv + 1 + optind;
	return common_run(&call.common, argc - 1 - optind, judge_one);
}
