/* SPDX-License-Identifier: MIT */
/* lint: options of `vmlint lint`, and one image after the other. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/text.h"
#include "command/command.h"
#include "image/image.h"
#include "process/parent.h"
#include "report/report.h"

static const char usage[] =
	"Usage: vmlint [lint] [OPTION...] IMAGE...\n"
	"\n"
	"Checks VM disk images (raw, qcow2, and through qemu-nbd vmdk, vhd, vhdx, vdi, qed, ...) without booting them.\n"
	"\n"
	"What to check:\n"
	"  --profile=NAME        auto (default), vmspec-2.0, uefi-x86_64, uefi-riscv64, or a path to a .json file\n"
	"  --arch=ARCH           auto (default), aarch64, arm, x86_64 or riscv64\n"
	"  --select=RULES        report these rules only; comma-separated ids, * is a wildcard\n"
	"  --ignore=RULES        do not report these rules\n"
	"  --severity=RULE=LEVEL report RULE as error, warning, note or off; may be repeated\n"
	"  --sector-size=SIZE    auto (default), 512 or 4096: the logical sector size of the disk\n"
	"  --thorough            also walk what is slow to walk (all qcow2 reference counts, initrds to their ends)\n"
	"  --initrd-limit=SIZE   give up on an initrd that unpacks to more, such as 512M; 2G unless told\n"
	"  --reader=WHO          who reads file systems: auto (default), native (in process alone) or guestfs (libguestfs)\n"
	"  --key=SELECTOR:key:KEY, --key=SELECTOR:file:FILE   opens LUKS; SELECTOR is all, pN (a partition) or a UUID\n"
	"  --allow-backing=DIR   open backing and data files that the image names, if they lie below DIR\n"
	"\n"
	"What to print:\n"
	"  --format=FORMAT       text (default) or json\n"
	"  --color=WHEN          auto (default), always or never\n"
	"  -q, --quiet           only what counts for the exit status (in text; JSON is always whole)\n"
	"  -v, --verbose         also skipped rules, libfdisk's opinion and the bytes read\n"
	"\n"
	"Exit status:\n"
	"  --fail-on=LEVEL       the least severity that makes the exit status 1: error (default), warning or note\n"
	"  --exit-zero           exit with 0 although there are findings\n"
	"  -h, --help            this text\n"
	"  --                    what follows are images, even if it begins with -\n"
	"\n"
	"Exit status: 0 clean; 1 findings at or above --fail-on; 2 the call was wrong, an image could not be read, or a\n"
	"rule at or above --fail-on could not be evaluated.\n";

enum option_key {
	OPTION_PROFILE = 256,
	OPTION_ARCH,
	OPTION_SELECT,
	OPTION_IGNORE,
	OPTION_SEVERITY,
	OPTION_SECTOR_SIZE,
	OPTION_THOROUGH,
	OPTION_INITRD_LIMIT,
	OPTION_READER,
	OPTION_KEY,
	OPTION_ALLOW_BACKING,
	OPTION_FORMAT,
	OPTION_COLOR,
	OPTION_FAIL_ON,
	OPTION_EXIT_ZERO,
};

static const struct option long_options[] = {
	{ "profile", required_argument, NULL, OPTION_PROFILE },
	{ "arch", required_argument, NULL, OPTION_ARCH },
	{ "select", required_argument, NULL, OPTION_SELECT },
	{ "ignore", required_argument, NULL, OPTION_IGNORE },
	{ "severity", required_argument, NULL, OPTION_SEVERITY },
	{ "sector-size", required_argument, NULL, OPTION_SECTOR_SIZE },
	{ "thorough", no_argument, NULL, OPTION_THOROUGH },
	{ "initrd-limit", required_argument, NULL, OPTION_INITRD_LIMIT },
	{ "reader", required_argument, NULL, OPTION_READER },
	{ "key", required_argument, NULL, OPTION_KEY },
	{ "allow-backing", required_argument, NULL, OPTION_ALLOW_BACKING },
	{ "format", required_argument, NULL, OPTION_FORMAT },
	{ "color", required_argument, NULL, OPTION_COLOR },
	{ "colour", required_argument, NULL, OPTION_COLOR },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "fail-on", required_argument, NULL, OPTION_FAIL_ON },
	{ "exit-zero", no_argument, NULL, OPTION_EXIT_ZERO },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/* Everything that the command line says. */
struct call {
	struct arena *arena;
	struct lint_options lint;
	struct report_options report;
	const struct report_format *format;
	const char *allow_backing;
	const struct lint_key **keys_end;
	bool exit_zero;
	bool help;
};

/* Sets table[i] = value for each rule whose id one of the comma-separated patterns matches.  False, with a message, for a
 * pattern that matches no rule, most likely a slip, and for a list that names none: a variable that was never set must
 * not turn every rule off. */
static bool mark_rules(const char *patterns, unsigned char *table, unsigned char value)
{
	char *copy = strdup(patterns), *rest = copy, *pattern;
	bool good = copy != NULL, any = false;

	while (good && (pattern = strsep(&rest, ","))) {
		bool matched = !*pattern;

		any = any || *pattern;
		for (size_t i = 0; i < rules_count; i++) {
			if (rules[i].subject != SUBJECT_GUEST && text_wildcard(pattern, rules[i].id)) {
				table[i] = value;
				matched = true;
			}
		}
		if (!matched) {
			command_usage("lint", "no rule matches \"%s\"; `vmlint rules` lists them", pattern);
			good = false;
		}
	}
	free(copy);
	if (good && !any) {
		command_usage("lint", "no rule is named in \"%s\"", patterns);
		good = false;
	}
	return good;
}

static bool set_severity(struct call *call, const char *argument)
{
	const char *equals = strchr(argument, '=');
	unsigned char *matched;
	enum severity severity;
	char *pattern;

	if (!equals || !severity_parse(equals + 1, &severity)) {
		command_usage("lint", "--severity takes RULE=error, warning, note or off, not \"%s\"", argument);
		return false;
	}
	pattern = arena_strndup(call->arena, argument, (size_t)(equals - argument));
	matched = arena_alloc(call->arena, rules_count + 1);
	if (!mark_rules(pattern, matched, 1))
		return false;
	for (size_t i = 0; i < rules_count; i++) {
		if (matched[i])
			call->lint.severity[i] = (signed char)severity;
	}
	return true;
}

static bool set_sector_size(struct call *call, const char *argument)
{
	if (strcmp(argument, "auto") == 0)
		call->lint.sector_size = 0;
	else if (strcmp(argument, "512") == 0)
		call->lint.sector_size = 512;
	else if (strcmp(argument, "4096") == 0)
		call->lint.sector_size = 4096;
	else
		return command_usage("lint", "--sector-size takes auto, 512 or 4096, not \"%s\"", argument), false;
	return true;
}

static bool set_color(struct call *call, const char *argument)
{
	const char *no_color = getenv("NO_COLOR");

	if (strcmp(argument, "always") == 0)
		call->report.color = true;
	else if (strcmp(argument, "never") == 0)
		call->report.color = false;
	else if (strcmp(argument, "auto") == 0)
		call->report.color = isatty(STDOUT_FILENO) && !(no_color && *no_color);
	else
		return command_usage("lint", "--color takes auto, always or never, not \"%s\"", argument), false;
	return true;
}

/* Profiles come before all other options: their rows are rules, which --select and others name. */
static bool load_profiles(struct call *call, const char *name)
{
	struct error err;
	int r = profiles_load(call->arena, name && strcmp(name, "auto") != 0 ? name : NULL, &call->lint.profile, &err);

	if (r < 0) {
		command_usage("lint", "%s", err.message);
		return false;
	}
	call->lint.selected = arena_alloc(call->arena, rules_count + 1);
	call->lint.severity = arena_alloc(call->arena, rules_count + 1);
	memset(call->lint.severity, -1, rules_count + 1);
	return true;
}

static bool set_arch(struct call *call, const char *argument)
{
	call->lint.architecture = ARCHITECTURE_UNKNOWN;
	if (strcmp(argument, "auto") == 0)
		return true;
	call->lint.architecture = architecture_parse(argument);
	if (call->lint.architecture == ARCHITECTURE_UNKNOWN)
		command_usage("lint", "--arch takes auto, aarch64, arm, x86_64 or riscv64, not \"%s\"", argument);
	return call->lint.architecture != ARCHITECTURE_UNKNOWN;
}

static bool set_fail_on(struct call *call, const char *argument)
{
	if (severity_parse(argument, &call->lint.fail_on) && call->lint.fail_on != SEVERITY_OFF)
		return true;
	command_usage("lint", "--fail-on takes error, warning or note, not \"%s\"", argument);
	return false;
}

static bool set_initrd_limit(struct call *call, const char *argument)
{
	static const char units[] = "KMGT";
	unsigned long long value;
	const char *unit;
	char *end;

	errno = 0;
	value = strtoull(argument, &end, 10);
	unit = *end ? strchr(units, *end) : NULL;
	if (unit && !end[1] && value <= UINT64_MAX >> (10 * (unit - units + 1)))
		value <<= 10 * (unit - units + 1);
	else if (*end)
		value = 0;
	call->lint.initrd_limit = value;
	if (*argument >= '0' && *argument <= '9' && !errno && value)
		return true;
	command_usage("lint",
		      "--initrd-limit takes a number of bytes from 1 to 2^64-1, also with K, M, G or T behind it, not \"%s\"",
		      argument);
	return false;
}

static bool set_allow_backing(struct call *call, const char *argument)
{
	struct stat st;

	if (stat(argument, &st) == 0 && S_ISDIR(st.st_mode)) {
		call->allow_backing = argument;
		call->lint.allow_backing = true;
		return true;
	}
	command_usage("lint", "--allow-backing %s: not a directory", argument);
	return false;
}

static bool set_reader(struct call *call, const char *argument)
{
	if (strcmp(argument, "auto") == 0)
		call->lint.reader = IMAGE_READER_AUTO;
	else if (strcmp(argument, "native") == 0)
		call->lint.reader = IMAGE_READER_NATIVE;
	else if (strcmp(argument, "guestfs") == 0)
		call->lint.reader = IMAGE_READER_GUESTFS;
	else
		return command_usage("lint", "--reader takes auto, native or guestfs, not \"%s\"", argument), false;
	return true;
}

static bool add_key(struct call *call, const char *argument)
{
	struct lint_key *key = command_key(call->arena, argument);

	if (!key)
		return false;
	*call->keys_end = key;
	call->keys_end = (const struct lint_key **)&key->next;
	return true;
}

static bool set_format(struct call *call, const char *argument)
{
	call->format = report_format_find(argument);
	if (!call->format)
		command_usage("lint", "--format takes text or json, not \"%s\"", argument);
	return call->format != NULL;
}

static bool set_option(struct call *call, int key, const char *argument)
{
	switch (key) {
	case OPTION_PROFILE:
		return true; /* is loaded already */
	case OPTION_ARCH:
		return set_arch(call, argument);
	case OPTION_SELECT:
	case OPTION_IGNORE:
		return mark_rules(argument, call->lint.selected, key == OPTION_SELECT ? 2 : 4);
	case OPTION_SEVERITY:
		return set_severity(call, argument);
	case OPTION_SECTOR_SIZE:
		return set_sector_size(call, argument);
	case OPTION_THOROUGH:
		call->lint.thorough = true;
		return true;
	case OPTION_INITRD_LIMIT:
		return set_initrd_limit(call, argument);
	case OPTION_READER:
		return set_reader(call, argument);
	case OPTION_KEY:
		return add_key(call, argument);
	case OPTION_ALLOW_BACKING:
		return set_allow_backing(call, argument);
	case OPTION_FORMAT:
		return set_format(call, argument);
	case OPTION_COLOR:
		return set_color(call, argument);
	case OPTION_FAIL_ON:
		return set_fail_on(call, argument);
	case OPTION_EXIT_ZERO:
		call->exit_zero = true;
		return true;
	case 'q':
		call->report.quiet = true;
		return true;
	case 'v':
		call->report.verbose = call->lint.verbose = true;
		return true;
	case 'h':
		call->help = true;
		return true;
	}
	command_usage("lint", "unknown option, or one without its argument");
	return false;
}

/* Turns the marks of --select and --ignore into yes and no: --ignore wins, whatever the order. */
static void settle_selection(struct call *call, bool any_select, bool any_marks)
{
	for (size_t i = 0; i < rules_count; i++) {
		unsigned char mark = call->lint.selected[i];

		call->lint.selected[i] = !any_marks || (mark != 4 && (!any_select || mark == 2));
	}
}

/* Says what is wrong with the option that getopt has just refused.  Inside a cluster of short ones, optind still stands at it. */
static void refuse_option(char **argv)
{
	if (optopt >= OPTION_PROFILE || (optopt && strchr("hqv", optopt)))
		command_usage("lint", "%s takes no argument", argv[optind - 1]);
	else if (optopt)
		command_usage("lint", "unknown option -%c (a file's name that begins with - goes behind --)", optopt);
	else
		command_usage("lint", "unknown option %s", argv[optind - 1]);
}

/* The next option, or -1 after the last; false in *ret_good for one that is wrong. */
static int next_option(int argc, char **argv, bool *ret_good)
{
	int key = getopt_long(argc, argv, ":hqv", long_options, NULL);

	*ret_good = key != ':' && key != '?';
	if (key == ':')
		command_usage("lint", "%s needs an argument", argv[optind - 1]);
	if (key == '?')
		refuse_option(argv);
	return key;
}

/* Three times through: the profile, whose rows are rules; what marks rules; what unmarks them. */
static bool parse(struct call *call, int argc, char **argv)
{
	bool selects = false, marks = false, good;
	const char *profile = NULL;
	int key;

	opterr = 0;
	optind = 1;
	while ((key = next_option(argc, argv, &good)) != -1) {
		if (!good)
			return false;
		if (key == OPTION_PROFILE)
			profile = optarg;
	}
	if (!load_profiles(call, profile))
		return false;
	optind = 1;
	while ((key = next_option(argc, argv, &good)) != -1) {
		selects = selects || key == OPTION_SELECT;
		marks = marks || key == OPTION_SELECT || key == OPTION_IGNORE;
		if (key != OPTION_IGNORE && !set_option(call, key, optarg))
			return false;
	}
	optind = 1;
	while ((key = next_option(argc, argv, &good)) != -1) {
		if (key == OPTION_IGNORE && !set_option(call, key, optarg))
			return false;
	}
	settle_selection(call, selects, marks);
	return true;
}

static int run(struct call *call, char **images, int count)
{
	struct report report = { .options = &call->report };
	int status = EXIT_CLEAN;

	call->format->begin(&report);
	for (int i = 0; i < count; i++) {
		ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
		struct lint_result result;
		int one;

		parent_lint(arena, images[i], &call->lint, call->allow_backing, &result);
		call->format->image(&report, &result);
		one = lint_result_exit(&result, call->lint.fail_on);
		if (one == EXIT_FINDINGS && call->exit_zero)
			one = EXIT_CLEAN;
		status = one > status ? one : status;
		/* results of earlier images should be seen while later ones are read */
		fflush(stdout);
	}
	call->format->end(&report);
	return command_finish(status);
}

int command_lint(int argc, char **argv)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct call call = {
		.arena = arena,
		.lint = { .fail_on = SEVERITY_ERROR },
		.report = { .out = stdout },
		.format = report_format_find("text"),
	};

	call.keys_end = &call.lint.keys;
	set_color(&call, "auto");
	if (!parse(&call, argc, argv))
		return EXIT_TROUBLE;
	if (call.help) {
		fputs(usage, stdout);
		return command_finish(EXIT_CLEAN);
	}
	if (optind >= argc)
		return command_usage("lint", "no image is named");
	call.report.fail_on = call.lint.fail_on;
	call.report.profile = call.lint.profile ? call.lint.profile->name : NULL;
	return run(&call, argv + optind, argc - optind);
}
