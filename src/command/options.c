/* SPDX-License-Identifier: MIT */
/* options: see the header. */
#include "command/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/text.h"

enum { SELECTED = 2, IGNORED = 4 };

static bool nameable(const struct common *common, const struct rule *rule)
{
	return rule->subject == SUBJECT_GUEST ? common->on_guests : common->on_images;
}

/* Sets table[i] = value for each rule whose id one of the comma-separated patterns matches.  False, with a message, for a
 * pattern that matches no rule, most likely a slip, and for a list that names none: a variable that was never set must
 * not turn every rule off. */
static bool mark_rules(struct common *common, const char *patterns, unsigned char *table, unsigned char value)
{
	char *copy = strdup(patterns), *rest = copy, *pattern;
	bool good = copy != NULL, any = false;

	while (good && (pattern = strsep(&rest, ","))) {
		bool matched = !*pattern;

		any = any || *pattern;
		for (size_t i = 0; i < rules_count; i++) {
			if (nameable(common, &rules[i]) && text_wildcard(pattern, rules[i].id)) {
				table[i] = value;
				matched = true;
			}
		}
		if (!matched) {
			command_usage(common->command, "no rule%s matches \"%s\"; `vmlint rules` lists them",
				      common->on_images ? "" : " on guests", pattern);
			good = false;
		}
	}
	free(copy);
	if (good && !any) {
		command_usage(common->command, "no rule is named in \"%s\"", patterns);
		good = false;
	}
	return good;
}

static bool set_severity(struct common *common, const char *argument)
{
	const char *equals = strchr(argument, '=');
	unsigned char *matched;
	enum severity severity;
	char *pattern;

	if (!equals || !severity_parse(equals + 1, &severity)) {
		command_usage(common->command, "--severity takes RULE=error, warning, note or off, not \"%s\"", argument);
		return false;
	}
	matched = arena_alloc(common->arena, rules_count);
	memset(matched, 0, rules_count);
	pattern = arena_strdup(common->arena, argument);
	pattern[equals - argument] = '\0';
	if (!mark_rules(common, pattern, matched, 1))
		return false;
	for (size_t i = 0; i < rules_count; i++) {
		if (matched[i])
			common->lint.severity[i] = (signed char)severity;
	}
	return true;
}

static bool set_color(struct common *common, const char *argument)
{
	const char *no_color = getenv("NO_COLOR");

	if (strcmp(argument, "always") == 0)
		common->report.color = true;
	else if (strcmp(argument, "never") == 0)
		common->report.color = false;
	else if (strcmp(argument, "auto") == 0)
		common->report.color = isatty(STDOUT_FILENO) && !(no_color && *no_color);
	else
		return command_usage(common->command, "--color takes auto, always or never, not \"%s\"", argument), false;
	return true;
}

static bool set_fail_on(struct common *common, const char *argument)
{
	if (severity_parse(argument, &common->lint.fail_on) && common->lint.fail_on != SEVERITY_OFF)
		return true;
	command_usage(common->command, "--fail-on takes error, warning or note, not \"%s\"", argument);
	return false;
}

static bool set_format(struct common *common, const char *argument)
{
	common->format = report_format_find(argument);
	if (!common->format)
		command_usage(common->command, "--format takes text, json or vmspec, not \"%s\"", argument);
	return common->format != NULL;
}

/* Profiles come before all other options: their rows are rules, which --select and others name. */
static bool load_profiles(struct common *common, const char *name)
{
	struct error err;
	int r = profiles_load(common->arena, name && strcmp(name, "auto") != 0 ? name : NULL, &common->lint.profile, &err);

	if (r < 0) {
		command_usage(common->command, "%s", err.message);
		return false;
	}
	common->lint.selected = arena_alloc(common->arena, rules_count + 1);
	common->lint.severity = arena_alloc(common->arena, rules_count + 1);
	memset(common->lint.selected, 0, rules_count + 1);
	memset(common->lint.severity, -1, rules_count + 1);
	return true;
}

static bool set_limit(struct common *common, const struct limit_option *limit, const char *argument)
{
	const char *range;

	if (limit_parse(limit, argument, &range))
		return true;
	command_usage(common->command, "--%s takes %s, not \"%s\"", limit->option, range, argument);
	return false;
}

static void print_limits(bool of_reports)
{
	for (unsigned i = 0; i < limit_options_count; i++) {
		const struct limit_option *l = &limit_options[i];
		char value[32];

		if (of_reports && !l->of_reports)
			continue;
		limit_print(value, sizeof(value), l, l->standard);
		printf("  --%s=%s%*s %s: %s\n", l->option, l->argument,
		       (int)(strlen(l->option) + strlen(l->argument) < 18 ? 18 - strlen(l->option) - strlen(l->argument) : 0), "",
		       value, l->what);
	}
}

void common_print_usage(const char *usage, bool of_reports)
{
	const char *at = strchr(usage, '@');

	printf("%.*s", (int)(at - usage), usage);
	print_limits(of_reports);
	fputs(at + 1, stdout);
}

static bool set_option(struct common *common, int key, const char *argument)
{
	if (key >= COMMON_LIMIT && key < COMMON_LIMIT + (int)limit_options_count)
		return set_limit(common, &limit_options[key - COMMON_LIMIT], argument);
	switch (key) {
	case COMMON_PROFILE:
		return true; /* is loaded already */
	case COMMON_SELECT:
	case COMMON_IGNORE:
		return mark_rules(common, argument, common->lint.selected, key == COMMON_SELECT ? SELECTED : IGNORED);
	case COMMON_SEVERITY:
		return set_severity(common, argument);
	case COMMON_FORMAT:
		return set_format(common, argument);
	case COMMON_COLOR:
		return set_color(common, argument);
	case COMMON_FAIL_ON:
		return set_fail_on(common, argument);
	case COMMON_EXIT_ZERO:
		common->exit_zero = true;
		return true;
	case COMMON_NO_SANDBOX:
		common->lint.no_sandbox = true;
		return true;
	case 'q':
		common->report.quiet = true;
		return true;
	case 'v':
		common->report.verbose = common->lint.verbose = true;
		return true;
	case 'h':
		common->help = true;
		return true;
	}
	return common->set(common, key, argument);
}

/* Turns the marks of --select and --ignore into yes and no: --ignore wins, whatever the order. */
static void settle_selection(struct common *common, bool any_select)
{
	for (size_t i = 0; i < rules_count; i++) {
		unsigned char mark = common->lint.selected[i];

		common->lint.selected[i] = nameable(common, &rules[i]) && mark != IGNORED && (!any_select || mark == SELECTED);
	}
}

/* Says what is wrong with the option that getopt has just refused.  Inside a cluster of short ones, optind still stands at it. */
static void refuse_option(const struct common *common, char **argv)
{
	if (optopt > 255 || (optopt && strchr("hqv", optopt)))
		command_usage(common->command, "%s takes no argument", argv[optind - 1]);
	else if (optopt)
		command_usage(common->command, "unknown option -%c (a file's name that begins with - goes behind --)", optopt);
	else
		command_usage(common->command, "unknown option %s", argv[optind - 1]);
}

/* The next option, or -1 after the last; false in *ret_good for one that is wrong. */
static int next_option(const struct common *common, int argc, char **argv, const struct option *table, bool *ret_good)
{
	int key = getopt_long(argc, argv, ":hqv", table, NULL);

	*ret_good = key != ':' && key != '?';
	if (key == ':')
		command_usage(common->command, "%s needs an argument", argv[optind - 1]);
	if (key == '?')
		refuse_option(common, argv);
	return key;
}

/* Three times through: the profile, whose rows are rules; what marks rules; what unmarks them. */
bool common_parse(struct common *common, int argc, char **argv, const struct option *table)
{
	const char *profile = NULL;
	bool selects = false, good;
	int key;

	opterr = 0;
	optind = 1;
	while ((key = next_option(common, argc, argv, table, &good)) != -1) {
		if (!good)
			return false;
		if (key == COMMON_PROFILE)
			profile = optarg;
	}
	if (!load_profiles(common, profile))
		return false;
	optind = 1;
	while ((key = next_option(common, argc, argv, table, &good)) != -1) {
		selects = selects || key == COMMON_SELECT;
		if (key != COMMON_IGNORE && !set_option(common, key, optarg))
			return false;
	}
	optind = 1;
	while ((key = next_option(common, argc, argv, table, &good)) != -1) {
		if (key == COMMON_IGNORE && !set_option(common, key, optarg))
			return false;
	}
	settle_selection(common, selects);
	common->report.selected = common->lint.selected;
	common->report.fail_on = common->lint.fail_on;
	common->report.profile = common->lint.profile ? common->lint.profile->name : NULL;
	return true;
}

void common_warn(const struct common *common)
{
	if (common->lint.no_sandbox)
		fprintf(stderr, "vmlint: warning: --no-sandbox: what %s makes of its reader is not held back\n",
			common->on_images ? "an image" : "a guest");
}

struct common common_make(struct arena *arena, const char *command)
{
	struct common common = {
		.command = command,
		.arena = arena,
		.lint = { .fail_on = SEVERITY_ERROR },
		.report = { .out = stdout },
		.format = report_format_find("text"),
	};

	set_color(&common, "auto");
	return common;
}

int common_run(struct common *common, int count,
	       void (*one)(struct common *common, int index, struct arena *arena, struct lint_result *result))
{
	struct report report = { .options = &common->report };
	int status = EXIT_CLEAN;

	common->format->begin(&report);
	for (int i = 0; i < count && !common->stopped; i++) {
		ARENA_AUTO arena = arena_new(limits_arena_bytes());
		struct lint_result result;
		int exit;

		one(common, i, arena, &result);
		common->format->image(&report, &result);
		exit = lint_result_exit(&result, common->lint.fail_on);
		if (exit == EXIT_FINDINGS && common->exit_zero)
			exit = EXIT_CLEAN;
		status = exit > status ? exit : status;
		/* results of earlier images should be seen while later ones are read; if nobody can, these need not be */
		if (command_output_failed())
			break;
	}
	common->format->end(&report);
	if (report.cut) {
		fputs("vmlint: the report is too long, and not whole\n", stderr);
		status = EXIT_TROUBLE;
	}
	return command_finish(status);
}
