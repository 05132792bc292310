/* SPDX-License-Identifier: MIT */
/* limits-table: prints what README and vmlint-lint(1) say of the limits, from base/limits.c, for tests/cli/limits.bats.
 *
 *   limits-table readme|man|names
 */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"

/* Hyphens as troff wants them. */
static void put(const char *text)
{
	for (; *text; text++) {
		if (*text == '-')
			putchar('\\');
		putchar(*text);
	}
}

int main(int argc, char **argv)
{
	const char *how = argc == 2 ? argv[1] : "";
	char standard[32], most[32];

	if (!strcmp(how, "readme"))
		puts("| option | default | most | what it bounds | beyond it |\n|---|---|---|---|---|");
	for (unsigned i = 0; i < limit_options_count; i++) {
		const struct limit_option *l = &limit_options[i];

		limit_print(standard, sizeof(standard), l, l->standard);
		limit_print(most, sizeof(most), l, l->most);
		if (!strcmp(how, "readme")) {
			printf("| `--%s=%s` | %s | %s | %s | %s |\n", l->option, l->argument, standard, most, l->what, l->beyond);
		} else if (!strcmp(how, "man")) {
			printf(".TP\n.BI \\-\\-");
			put(l->option);
			printf("= %s\n", l->argument);
			put(l->what);
			printf("; %s unless told, %s at most.\nBeyond it, ", standard, most);
			put(l->beyond);
			puts(".");
		} else if (!strcmp(how, "names")) {
			printf("%s %s %d\n", l->option, standard, l->of_reports);
		} else {
			return 2;
		}
	}
	return 0;
}
