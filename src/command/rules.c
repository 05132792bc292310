/* SPDX-License-Identifier: MIT */
/* rules: `vmlint rules` lists the rules, `vmlint explain RULE` prints one rule's documentation.  Both print what the rules' own
 * files say, so neither can disagree with them. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/text.h"
#include "command/command.h"
#include "lint/rule.h"

static const char rules_usage[] = "Usage: vmlint rules [--format=text|json]\n"
				  "\n"
				  "Lists every rule: id, severity, effect and title.\n";

static const char explain_usage[] = "Usage: vmlint explain RULE...\n"
				    "\n"
				    "Says what a rule means, why it matters and how to mend it.  * is a wildcard.\n";

static void rules_json(void)
{
	BUFFER_AUTO out = buffer_make(16 * MiB);

	buffer_string(&out, "[\n");
	for (size_t i = 0; i < rules_count; i++) {
		const struct rule *r = &rules[i];

		buffer_printf(&out, "  {\"rule\": \"%s\", \"area\": \"%s\", \"severity\": \"%s\", \"effect\": \"%s\", ", r->id,
			      r->area, severity_name(r->severity), effect_name(r->effect));
		if (r->clause)
			buffer_printf(&out, "\"clause\": \"%s\", ", r->clause);
		buffer_string(&out, "\"after\": [");
		for (const unsigned short *a = r->after; *a != RULES_END; a++)
			buffer_printf(&out, "%s\"%s\"", a == r->after ? "" : ", ", rules[*a].id);
		buffer_string(&out, "], \"title\": ");
		text_json(&out, r->title);
		buffer_string(&out, ", \"text\": ");
		text_json(&out, r->text);
		buffer_string(&out, ", \"examples\": ");
		text_json(&out, r->examples);
		buffer_string(&out, i + 1 < rules_count ? "},\n" : "}\n");
	}
	buffer_string(&out, "]\n");
	fputs(out.data, stdout);
}

int command_rules(int argc, char **argv)
{
	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		fputs(rules_usage, stdout);
		return command_finish(EXIT_CLEAN);
	}
	if (argc == 2 && strcmp(argv[1], "--format=json") == 0) {
		rules_json();
		return command_finish(EXIT_CLEAN);
	}
	if (argc > 2 || (argc == 2 && strcmp(argv[1], "--format=text") != 0))
		return command_usage("rules", "unknown argument \"%s\"", argv[1]);
	for (size_t i = 0; i < rules_count; i++)
		printf("%-24s %-8s %-12s %s\n", rules[i].id, severity_name(rules[i].severity), effect_name(rules[i].effect),
		       rules[i].title);
	return command_finish(EXIT_CLEAN);
}

static void explain(const struct rule *rule)
{
	static const char *const subjects[] = {
		[SUBJECT_IMAGE] = "the image",
		[SUBJECT_ESP] = "each EFI system partition",
		[SUBJECT_LOADER] = "each EFI binary at a removable-media path",
	};

	printf("%s: %s\n\n", rule->id, rule->title);
	printf("  severity  %s\n  effect    %s\n  judges    %s\n", severity_name(rule->severity), effect_name(rule->effect),
	       subjects[rule->subject]);
	if (rule->clause)
		printf("  clause    %s%s%s\n", rule->clause, *rule->section ? ", " : "", rule->section);
	if (*rule->after != RULES_END) {
		printf("  after    ");
		for (const unsigned short *a = rule->after; *a != RULES_END; a++)
			printf(" %s", rules[*a].id);
		putchar('\n');
	}
	printf("\n%s\n\nExamples:\n\n", rule->text);
	for (const char *p = rule->examples; *p;) {
		size_t length = strcspn(p, "\n");

		printf("  %.*s\n", (int)length, p);
		p += length + (p[length] == '\n');
	}
}

int command_explain(int argc, char **argv)
{
	bool first = true;

	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		fputs(explain_usage, stdout);
		return command_finish(EXIT_CLEAN);
	}
	if (argc < 2)
		return command_usage("explain", "no rule is named; `vmlint rules` lists them");
	for (int i = 1; i < argc; i++) {
		bool found = false;

		for (size_t k = 0; k < rules_count; k++) {
			if (!text_wildcard(argv[i], rules[k].id))
				continue;
			if (!first)
				fputs("\n--------\n\n", stdout);
			explain(&rules[k]);
			found = true;
			first = false;
		}
		if (!found)
			return command_usage("explain", "there is no rule \"%s\"; `vmlint rules` lists them", argv[i]);
	}
	return command_finish(EXIT_CLEAN);
}
