/* SPDX-License-Identifier: MIT */
/* initrd-init: which program of an initrd does the kernel start, and can it (kernel_init() in init/main.c)? */
#include <string.h>

#include "image/initrds-internal.h"

/* What the kernel tries behind /init, where that is there and cannot be started.  It tries /bin/sh too: that mounts no root. */
static const char *const others[] = { "/sbin/init", "/etc/init", "/bin/init" };
#define OTHERS (sizeof(others) / sizeof(*others))

const char *attempt_initrd_init(const struct boot_attempt *attempt)
{
	const struct cmdline_word *rdinit = attempt->cmdline ? attempt->cmdline->rdinit : NULL;

	return rdinit && rdinit->value && *rdinit->value ? rdinit->value : "/init";
}

static void ask(const struct boot_attempt *attempt, const char *path)
{
	attempt_ask_path(attempt, path);
	initrd_ask(attempt, INITRD_PROGRAM, path, NULL);
}

void initrd_ask_for_start(const struct boot_attempt *attempt)
{
	ask(attempt, attempt_initrd_init(attempt));
	for (size_t i = 0; i < OTHERS; i++)
		ask(attempt, others[i]);
}

const char *attempt_initrd_dangling(const struct boot_attempt *attempt, const char *path)
{
	const struct initrd_question *question = initrd_answered(attempt, INITRD_PATH, path, NULL);

	return question && question->answer == INITRD_FOUND && !question->reached ? question->target : NULL;
}

/* Why not; NULL: it can be started, or is not there, or that is not known. */
static const char *fault_of(const struct boot_attempt *attempt, const char *path)
{
	const struct initrd_question *question = initrd_answered(attempt, INITRD_PROGRAM, path, NULL);

	return question && question->answer == INITRD_FOUND ? question->fault : NULL;
}

static bool starts(const struct boot_attempt *attempt, const char *path)
{
	return attempt_initrd_path(attempt, path) == INITRD_UNKNOWN ||
	       (attempt_initrd_path(attempt, path) == INITRD_FOUND && !attempt_initrd_dangling(attempt, path) &&
		!fault_of(attempt, path));
}

const char *attempt_initrd_init_fault(const struct boot_attempt *attempt)
{
	const struct cmdline_word *init = attempt->cmdline ? attempt->cmdline->init : NULL;
	const char *fault = fault_of(attempt, attempt_initrd_init(attempt));

	/* where init= is given, that alone is tried */
	for (size_t i = 0; fault && i < OTHERS; i++)
		if ((!init || !init->value || !strcmp(init->value, others[i])) && starts(attempt, others[i]))
			return NULL;
	return fault;
}
