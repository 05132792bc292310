/* SPDX-License-Identifier: MIT */
/* death: what each signal means when it is a reader that dies of it. */
#include "process/death.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>

/* what: was read. */
static const char *meaning(struct arena *arena, int number, const char *what)
{
	switch (number) {
	case SIGSEGV:
	case SIGBUS:
	case SIGILL:
	case SIGFPE:
	case SIGABRT:
	case SIGTRAP:
		return arena_printf(arena, "a defect of vmlint's that this %s brings out; please report it", what);
	case SIGSYS:
		return arena_printf(arena,
				    "it tried what no reader does and the sandbox forbids; the %s may be made to take over what "
				    "reads it",
				    what);
	case SIGXFSZ:
		return arena_printf(arena,
				    "it tried to write more than a reader may; the %s may be made to take over what reads it",
				    what);
	case SIGXCPU:
		return "its limit of CPU time";
	case SIGKILL:
		return "by the system, for want of memory, or by somebody on this machine";
	default:
		return "by somebody on this machine";
	}
}

const char *death_describe(struct arena *arena, int status, const char *what)
{
	if (WIFSIGNALED(status))
		return arena_printf(arena, "the reader was stopped by signal %d (%s): %s", WTERMSIG(status),
				    strsignal(WTERMSIG(status)), meaning(arena, WTERMSIG(status), what));
	return arena_printf(arena, "the reader was stopped by an error of its own: it ended early, with status %d",
			    WEXITSTATUS(status));
}

const char *death_of_helper(struct arena *arena, int number)
{
	return arena_printf(arena, "the reader was stopped by the end of its helper, by signal %d (%s): %s", number,
			    strsignal(number), meaning(arena, number, "image"));
}
