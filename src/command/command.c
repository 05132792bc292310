/* SPDX-License-Identifier: MIT */
/* command: the table of subcommands and what they share. */
#include "command/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/text.h"

const struct command commands[] = {
	{ "lint", "check disk images offline (also plain `vmlint IMAGE...`)", command_lint },
	{ "explain", "say what a rule means, why it matters and how to mend it", command_explain },
	{ "rules", "list the rules", command_rules },
	{ 0 },
};

int command_usage(const char *command, const char *format, ...)
{
	BUFFER_AUTO message = buffer_make(64 * KiB), safe = buffer_make(256 * KiB);
	va_list ap;

	va_start(ap, format);
	buffer_vprintf(&message, format, ap);
	va_end(ap);
	if (message.data)
		text_escape(&safe, message.data);
	fprintf(stderr, "vmlint: %s\nTry `vmlint %s%s--help`.\n", safe.data ? safe.data : "", command ? command : "",
		command ? " " : "");
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
