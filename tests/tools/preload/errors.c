/* SPDX-License-Identifier: MIT */
/* errors: a library for LD_PRELOAD with system calls that fail, for tests of what is copied and locked.
 *
 *   ERRORS="flock=ENOLCK lseek-data=EIO,2"   all calls of flock fail so, and the first two that look for data in a file
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/types.h>
#include <unistd.h>

off64_t lseek64(int fd, off64_t offset, int whence);
int flock(int fd, int operation);

static const struct {
	const char *name;
	int code;
} codes[] = { { "ENOLCK", ENOLCK }, { "EINTR", EINTR }, { "EIO", EIO }, { "EINVAL", EINVAL }, { "EPERM", EPERM } };

/* Is this call of `name` to fail?  Sets errno then. */
static int fails(const char *name, int *calls)
{
	const char *wanted = getenv("ERRORS"), *at = wanted ? strstr(wanted, name) : NULL;
	int most = 0;
	char code[16];

	if (!at || sscanf(at + strlen(name), "=%15[A-Z],%d", code, &most) < 1 || (most && ++*calls > most))
		return 0;
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		if (!strcmp(code, codes[i].name)) {
			errno = codes[i].code;
			return 1;
		}
	}
	fprintf(stderr, "errors: no code \"%s\"\n", code);
	_exit(125);
}

int flock(int fd, int operation)
{
	static int (*real)(int, int);
	static int calls;

	if (!real)
		real = (int (*)(int, int))dlsym(RTLD_NEXT, "flock");
	return fails("flock", &calls) ? -1 : real(fd, operation);
}

off64_t lseek64(int fd, off64_t offset, int whence)
{
	static off64_t (*real)(int, off64_t, int);
	static int calls;

	if (!real)
		real = (off64_t(*)(int, off64_t, int))dlsym(RTLD_NEXT, "lseek64");
	return whence == SEEK_DATA && fails("lseek-data", &calls) ? -1 : real(fd, offset, whence);
}
