/* SPDX-License-Identifier: MIT */
/* faults: a library for LD_PRELOAD that makes reading of image files go wrong, for tests/cli/worker.bats.
 *
 *   FAULT_PREAD="N ACTION"  the Nth pread of a process, and each after it, does ACTION: eio, eof, short (half of what was asked
 *                           for), segv, kill, abort, exit, hang
 *   FAULT_FILE=TEXT         only files with TEXT in their path are meant
 *   FAULT_BLOCK=1           fstat calls regular files block devices
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

ssize_t pread64(int fd, void *data, size_t size, off64_t offset);
int fstat64(int fd, struct stat64 *st);

/* Is this a file that faults are meant for? */
static int meant(int fd)
{
	const char *text = getenv("FAULT_FILE");
	char link[64], path[4096];
	ssize_t n;

	if (!text)
		return 1;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return 0;
	path[n] = '\0';
	return strstr(path, text) != NULL;
}

/* Does the fault; 1: the caller returns *ret. */
static int act(const char *action, size_t *size, ssize_t *ret)
{
	*ret = -1;
	errno = EIO;
	if (strcmp(action, "eio") == 0)
		return 1;
	if (strcmp(action, "eof") == 0)
		return *ret = 0, 1;
	if (strcmp(action, "short") == 0)
		return *size = (*size + 1) / 2, 0;
	if (strcmp(action, "segv") == 0) {
		/* whatever a sanitizer set up: die of it */
		signal(SIGSEGV, SIG_DFL);
		raise(SIGSEGV);
	}
	if (strcmp(action, "kill") == 0)
		raise(SIGKILL);
	if (strcmp(action, "abort") == 0)
		abort();
	if (strcmp(action, "exit") == 0)
		_exit(7);
	if (strcmp(action, "hang") == 0)
		pause();
	fprintf(stderr, "faults: no action \"%s\"\n", action);
	_exit(125);
}

ssize_t pread64(int fd, void *data, size_t size, off64_t offset)
{
	static ssize_t (*real)(int, void *, size_t, off64_t);
	const char *fault = getenv("FAULT_PREAD");
	static unsigned long count;
	char *action;
	ssize_t ret;

	if (!real)
		real = (ssize_t(*)(int, void *, size_t, off64_t))dlsym(RTLD_NEXT, "pread64");
	if (fault && meant(fd) && ++count >= strtoul(fault, &action, 10) && act(action + (*action == ' '), &size, &ret))
		return ret;
	return real(fd, data, size, offset);
}

int fstat64(int fd, struct stat64 *st)
{
	static int (*real)(int, struct stat64 *);
	int r;

	if (!real)
		real = (int (*)(int, struct stat64 *))dlsym(RTLD_NEXT, "fstat64");
	r = real(fd, st);
	if (r == 0 && getenv("FAULT_BLOCK") && S_ISREG(st->st_mode))
		st->st_mode = S_IFBLK | (st->st_mode & 07777);
	return r;
}
