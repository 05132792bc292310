/* SPDX-License-Identifier: MIT */
/* guest: `vmlint guest` judges the machine that it runs on, and with --record writes down what that shows of its firmware, tables
 * and devices.  It is also a static program of its own, vmlint-guest, for guests that have none of our libraries.  Records of
 * other machines are judged in judge-records.c. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "command/judge.h"
#include "guest/check.h"
#include "guest/gather.h"

struct here {
	struct common common;
	bool try;
};

enum { OPTION_TRY = 256 };

static const struct option options_here[] = { { "try", no_argument, NULL, OPTION_TRY }, COMMON_OPTIONS };

static void print_line(void *context, const char *text, size_t size)
{
	(void)context;
	fwrite(text, 1, size, stdout);
	putchar('\n');
}

/* The kernel's own name for this boot, as a number. */
static uint32_t boot_number(void)
{
	size_t size;
	char *id = file_read("/proc/sys/kernel/random/boot_id", 64, &size);
	uint32_t number = id ? (uint32_t)strtoul(id, NULL, 16) : 0;

	free(id);
	return number;
}

void guest_record(struct facts *facts, bool try)
{
	size_t size;
	char *command_line = file_read("/proc/cmdline", 65536, &size);
	char *console = file_read("/sys/class/tty/console/active", 4096, &size);

	if (console)
		console[strcspn(console, "\n")] = '\0';
	gather_head(facts, boot_number(), console ? console : "");
	gather_probe(facts, command_line ? command_line : "", false);
	gather_efi(facts);
	gather_files(facts);
	if (try) {
		check_whole(facts, check_rtc);
		check_whole(facts, check_variable);
		check_whole(facts, check_cpus);
		check_whole(facts, check_aarch32);
	}
	free(command_line);
	free(console);
}

static int record(int argc, char **argv)
{
	static const struct option options[] = {
		{ "record", no_argument, NULL, 'r' },
		{ "try", no_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct facts facts = facts_make(print_line, NULL);
	bool try = false;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 'r':
			break;
		case 't':
			try = true;
			break;
		case 'h':
			common_print_usage(guest_usage, true);
			return command_finish(EXIT_CLEAN);
		default:
			return command_usage("guest", "%s is no option of guest --record", argv[optind - 1]);
		}
	}
	if (optind < argc)
		return command_usage("guest", "%s is too much: guest looks at the machine that it runs on", argv[optind]);
	if (try && geteuid() != 0)
		return command_usage("guest", "--try is for root");
	guest_record(&facts, try);
	facts_free(&facts);
	return command_finish(EXIT_CLEAN);
}

static void keep_line(void *context, const char *text, size_t size)
{
	buffer_append(context, text, size);
	buffer_char(context, '\n');
}

/* The machine that this runs on, judged in this process: vmlint-guest is static and for guests that have nothing, so there is
 * no sandbox in it, and what its record is made of are the tables that its own kernel runs by. */
static void judge_here(struct common *common, int index, struct arena *arena, struct lint_result *result)
{
	BUFFER_AUTO text = buffer_make(RECORD_BYTES);
	struct facts facts = facts_make(keep_line, &text);

	(void)index;
	lint_result_init(result, "guest");
	guest_record(&facts, ((const struct here *)common)->try);
	facts_free(&facts);
	if (!text.overflowed)
		return lint_record(arena, text.data, text.size, &common->lint, result);
	result->status = STATUS_UNREADABLE;
	result->error = "this machine has more to tell than a record may hold";
}

static bool set_here(struct common *common, int key, const char *argument)
{
	(void)argument;
	if (key != OPTION_TRY)
		return command_usage(common->command, "unknown option"), false;
	((struct here *)common)->try = true;
	return true;
}

static int judge_machine(struct here *call, int argc, char **argv)
{
	call->common.set = set_here;
	if (!common_parse(&call->common, argc, argv, options_here))
		return EXIT_TROUBLE;
	if (call->common.help) {
		common_print_usage(guest_usage, true);
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

int command_guest(int argc, char **argv)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct here here = { .common = common_make(arena, "guest") };

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--record"))
			return record(argc, argv);
	}
	here.common.on_guests = true;
	return judge_machine(&here, argc, argv);
}
