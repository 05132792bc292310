/* SPDX-License-Identifier: MIT */
/* vmlint: finds the subcommand and runs it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

/* A standard descriptor that the caller closed would be the number of the next file that we open, an image or a socket, and
 * reports would be written there.  Opened the wrong way round, writing still fails as it should. */
static void hold_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
	}
}

int main(int argc, char **argv)
{
	hold_standard_descriptors();
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
