/* SPDX-License-Identifier: MIT */
/* no-guestfs: a library for LD_PRELOAD that makes a machine without libguestfs, for tests/cli/guestfs.bats. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

void *dlopen(const char *name, int flags)
{
	void *next = dlsym(RTLD_NEXT, "dlopen");
	void *(*real)(const char *, int);

	if (name && strstr(name, "libguestfs"))
		return NULL;
	if (!next)
		abort();
	memcpy(&real, &next, sizeof(real));
	return real(name, flags);
}
