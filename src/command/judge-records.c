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
#include "process/parent.h"

struct call {
	struct common common;
	char **records;
};

enum { OPTION_JUDGE = 256 };

static const struct option options[] = {
	{ "judge", no_argument, NULL, OPTION_JUDGE },
	{ "max-time", required_argument, NULL, COMMON_MAX_TIME },
	{ "no-sandbox", no_argument, NULL, COMMON_NO_SANDBOX },
	COMMON_OPTIONS,
};

static void judge_one(struct common *common, int index, struct arena *arena, struct lint_result *result)
{
	const char *path = ((const struct call *)common)->records[index];
	size_t size;
	char *text = file_read(path, RECORD_BYTES, &size);

	lint_result_init(result, path);
	result->guest = true;
	if (text) {
		parent_judge(arena, text, size, &common->lint, result);
	} else {
		result->status = STATUS_UNREADABLE;
		result->error = arena_strdup(arena, strerror(errno));
	}
	free(text);
}

static bool set_option(struct common *common, int key, const char *argument)
{
	(void)argument;
	/* is why we are here */
	if (key == OPTION_JUDGE)
		return true;
	return command_usage(common->command, "unknown option"), false;
}

static bool wants_judge(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		if (!strcmp(argv[i], "--judge"))
			return true;
	}
	return false;
}

int command_guest_or_judge(int argc, char **argv)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct call call = { .common = common_make(arena, "guest") };

	if (!wants_judge(argc, argv))
		return command_guest(argc, argv);
	call.common.on_guests = true;
	call.common.set = set_option;
	if (!common_parse(&call.common, argc, argv, options))
		return EXIT_TROUBLE;
	if (call.common.help) {
		common_print_usage(guest_usage, true);
		return command_finish(EXIT_CLEAN);
	}
	if (optind >= argc)
		return command_usage("guest", "no record is named");
	call.records = argv + optind;
	common_warn(&call.common);
	return common_run(&call.common, argc - optind, judge_one);
}
