/* SPDX-License-Identifier: MIT */
/* vmlint: finds the subcommand and runs it. */
#include <stdio.h>
#include <string.h>

#include "command/command.h"

static int help(void)
{
	puts("Usage: vmlint COMMAND [ARGUMENT...]\n"
	     "       vmlint IMAGE...\n"
	     "\n"
	     "A linter for virtual-machine disk images.\n");
	for (const struct command *c = commands; c->name; c++)
		printf("  %-9s %s\n", c->name, c->summary);
	puts("\n`vmlint COMMAND --help` says more.  vmlint --version prints the version.");
	return command_finish(EXIT_CLEAN);
}

int main(int argc, char **argv)
{
	command_begin();
	if (argc < 2)
		return command_usage(NULL, "no command and no image");
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || (strcmp(argv[1], "help") == 0 && argc == 2))
		return help();
	if (strcmp(argv[1], "--version") == 0) {
		puts("vmlint " VMLINT_VERSION);
		return command_finish(EXIT_CLEAN);
	}
	for (const struct command *c = commands; c->name; c++) {
		if (strcmp(argv[1], c->name) == 0)
			return c->run(argc - 1, argv + 1);
	}
	/* plain `vmlint IMAGE...`: options of lint may stand first */
	return command_lint(argc, argv);
}
