/* SPDX-License-Identifier: MIT */
/* command: the table of subcommands and what they share. */
#include "command/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct command commands[] = {
	{ "lint", "check disk images offline (also plain `vmlint IMAGE...`)", command_lint },
	{ "explain", "say what a rule means, why it matters and how to mend it", command_explain },
	{ "rules", "list the rules", command_rules },
	{ 0 },
};

int command_usage(const char *command, const char *format, ...)
{
	va_list ap;

	fputs("vmlint: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fprintf(stderr, "\nTry `vmlint %s%s--help`.\n", command ? command : "", command ? " " : "");
	return EXIT_TROUBLE;
}

int command_finish(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	/* a reader that has seen enough (head, less) is no trouble of ours */
	if (errno == EPIPE)
		return status;
	fprintf(stderr, "vmlint: cannot write the output: %s\n", strerror(errno));
	return EXIT_TROUBLE;
}
