/* SPDX-License-Identifier: MIT */
/* death: what each signal means when it is a reader that dies of it. */
#include "process/death.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>

static const char *meaning(int number)
{
	switch (number) {
	case SIGSEGV:
	case SIGBUS:
	case SIGILL:
	case SIGFPE:
	case SIGABRT:
	case SIGTRAP:
		return "a defect of vmlint's that this image brings out; please report it";
	case SIGSYS:
		return "it tried what no reader does and the sandbox forbids; the image may be made to take over what reads it";
	case SIGXFSZ:
		return "it tried to write more than a reader may; the image may be made to take over what reads it";
	case SIGXCPU:
		return "its limit of CPU time";
	case SIGKILL:
		return "by the system, for want of memory, or by somebody on this machine";
	default:
		return "by somebody on this machine";
	}
}

const char *death_describe(struct arena *arena, int status)
{
	if (WIFSIGNALED(status))
		return arena_printf(arena, "the reader was stopped by signal %d (%s): %s", WTERMSIG(status),
				    strsignal(WTERMSIG(status)), meaning(WTERMSIG(status)));
	return arena_printf(arena, "the reader was stopped by an error of its own: it ended early, with status %d",
			    WEXITSTATUS(status));
}

const char *death_of_helper(struct arena *arena, int number)
{
	return arena_printf(arena, "the reader was stopped by the end of its helper, by signal %d (%s): %s", number,
			    strsignal(number), meaning(number));
}
