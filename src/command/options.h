/* SPDX-License-Identifier: MIT */
/* options: what lint, guest --judge and boot have in common: which rules count for how much, what is printed, and the exit
 * status of one subject after the other. */
#ifndef COMMAND_OPTIONS_H
#define COMMAND_OPTIONS_H

#include <getopt.h>

#include "base/arena.h"
#include "command/command.h"
#include "report/report.h"

struct common {
	const char *command;	/* for messages: "lint" */
	bool on_images, on_guests; /* which rules --select and others may name */
	struct arena *arena;
	struct lint_options lint;
	struct report_options report;
	const struct report_format *format;
	bool exit_zero, help;
	bool stopped; /* set by whoever judges: what follows is not looked at */
	/* Takes an option of the command's own; false, with a message (command_usage), for one that is wrong. */
	bool (*set)(struct common *common, int key, const char *argument);
};

/* Keys of the command's own options lie below this and above 255. */
enum {
	COMMON_PROFILE = 1000,
	COMMON_SELECT,
	COMMON_IGNORE,
	COMMON_SEVERITY,
	COMMON_FORMAT,
	COMMON_COLOR,
	COMMON_FAIL_ON,
	COMMON_EXIT_ZERO,
	COMMON_NO_SANDBOX,
	COMMON_LIMIT, /* and the place in limit_options */
	COMMON_MAX_TIME = COMMON_LIMIT + 4,
};

/* Of a command that reads images: limit_options, but for the last, which all have. */
#define LIMIT_OPTIONS                                                                                                  \
	{ "max-decompressed", required_argument, NULL, COMMON_LIMIT },                                                 \
	{ "max-files", required_argument, NULL, COMMON_LIMIT + 1 },                                                    \
	{ "max-depth", required_argument, NULL, COMMON_LIMIT + 2 },                                                    \
	{ "max-path", required_argument, NULL, COMMON_LIMIT + 3 },                                                     \
	{ "max-time", required_argument, NULL, COMMON_MAX_TIME }

/* For the end of a command's table of options: these, and the end. */
#define COMMON_OPTIONS                                                                                                 \
	{ "profile", required_argument, NULL, COMMON_PROFILE }, { "select", required_argument, NULL, COMMON_SELECT },  \
	{ "ignore", required_argument, NULL, COMMON_IGNORE },                                                          \
	{ "severity", required_argument, NULL, COMMON_SEVERITY },                                                      \
	{ "format", required_argument, NULL, COMMON_FORMAT }, { "color", required_argument, NULL, COMMON_COLOR },      \
	{ "colour", required_argument, NULL, COMMON_COLOR }, { "quiet", no_argument, NULL, 'q' },                      \
	{ "verbose", no_argument, NULL, 'v' }, { "fail-on", required_argument, NULL, COMMON_FAIL_ON },                 \
	{ "max-diagnostics", required_argument, NULL, COMMON_LIMIT + 5 },                                              \
	{ "exit-zero", no_argument, NULL, COMMON_EXIT_ZERO }, { "help", no_argument, NULL, 'h' }, { 0 }

/* Prints what --help says, with the limits in the place of "@": those alone that every report has if `of_reports`. */
void common_print_usage(const char *usage, bool of_reports);

/* Says on standard error what the user has given up: the sandbox. */
void common_warn(const struct common *common);

/* What holds when nothing is said. */
struct common common_make(struct arena *arena, const char *command);

/* Reads the command line; what is no option stands from optind on.  False, with a message, if it is wrong. */
bool common_parse(struct common *common, int argc, char **argv, const struct option *table);

/* Calls `one` for each index below count, which judges that subject into result, whose strings may live in the arena until it is
 * printed.  Prints all, and returns the exit status. */
int common_run(struct common *common, int count,
	       void (*one)(struct common *common, int index, struct arena *arena, struct lint_result *result));

#endif
