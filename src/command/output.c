/* SPDX-License-Identifier: MIT */
/* output: how a subcommand says that it was called wrongly, and ends. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/text.h"
#include "command/command.h"

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
