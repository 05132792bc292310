/* SPDX-License-Identifier: MIT */
/* faults: a library for LD_PRELOAD that makes reading of image files, or writing of standard output, go wrong, for tests/cli.
 *
 *   FAULT_PREAD="N ACTION"  the Nth pread of a process, and each after it, does ACTION: eio, gone (ENXIO), eof, short (half of
 *                           what was asked for), segv, kill, abort, exit, hang, stop (SIGSTOP, the Nth alone), spin, memory (as
 *                           much as there is), or a signal's number
 *   FAULT_WRITE="N ACTION"  the same of writes to standard output (the Nth alone for eintr and eagain); also enospc, epipe, byte
 *                           (one alone of what was asked for) and none (0)
 *   FAULT_FILE=TEXT         only files whose path, as it was opened, has TEXT in it are meant, or whose name in memory
 *   FAULT_BLOCK=1           fstat calls regular files block devices
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

ssize_t pread64(int fd, void *data, size_t size, off64_t offset);
ssize_t preadv64(int fd, const struct iovec *iov, int count, off64_t offset);
int fstat64(int fd, struct stat64 *st);

/* Descriptors of files that faults are meant for: a worker, which cannot ask for their names, has them from its parent. */
static char is_meant[1024];

int open64(const char *path, int flags, ...)
{
	static int (*real)(const char *, int, ...);
	const char *text = getenv("FAULT_FILE");
	va_list rest;
	int mode, fd;

	if (!real)
		real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");
	va_start(rest, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, int) : 0;
	va_end(rest);
	fd = real(path, flags, mode);
	if (fd >= 0 && fd < (int)sizeof(is_meant))
		is_meant[fd] = text && strstr(path, text);
	return fd;
}

int memfd_create(const char *name, unsigned flags)
{
	static int (*real)(const char *, unsigned);
	const char *text = getenv("FAULT_FILE");
	int fd;

	if (!real)
		real = (int (*)(const char *, unsigned))dlsym(RTLD_NEXT, "memfd_create");
	fd = real(name, flags);
	if (fd >= 0 && fd < (int)sizeof(is_meant))
		is_meant[fd] = text && strstr(name, text);
	return fd;
}

static int meant(int fd)
{
	return !getenv("FAULT_FILE") || (fd >= 0 && fd < (int)sizeof(is_meant) && is_meant[fd]);
}

/* Does the fault; 1: the caller returns *ret. */
static int act(const char *action, size_t *size, ssize_t *ret)
{
	*ret = -1;
	errno = EIO;
	if (strcmp(action, "eio") == 0)
		return 1;
	if (strcmp(action, "gone") == 0)
		return errno = ENXIO, 1;
	if (strcmp(action, "eof") == 0)
		return *ret = 0, 1;
	if (strcmp(action, "enospc") == 0)
		return errno = ENOSPC, 1;
	if (strcmp(action, "epipe") == 0)
		return errno = EPIPE, 1;
	if (strcmp(action, "none") == 0)
		return *ret = 0, 1;
	if (strcmp(action, "byte") == 0)
		return *size = 1, 0;
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
	if (strcmp(action, "stop") == 0) {
		static int stopped;

		if (!stopped++)
			raise(SIGSTOP);
		return 0;
	}
	if (strcmp(action, "spin") == 0)
		for (;;)
			;
	if (strcmp(action, "memory") == 0) {
		while (malloc(1 << 20))
			;
		return 1;
	}
	if (atoi(action))
		raise(atoi(action));
	if (strcmp(action, "hang") == 0)
		poll(NULL, 0, -1);
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

ssize_t write(int fd, const void *data, size_t size)
{
	static ssize_t (*real)(int, const void *, size_t);
	const char *fault = fd == STDOUT_FILENO ? getenv("FAULT_WRITE") : NULL;
	static unsigned long count;
	unsigned long n;
	char *action;
	ssize_t ret;

	if (!real)
		real = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
	if (fault && ++count >= (n = strtoul(fault, &action, 10))) {
		action += *action == ' ';
		if (strcmp(action, "eintr") == 0 || strcmp(action, "eagain") == 0) {
			errno = *action == 'e' && action[1] == 'i' ? EINTR : EAGAIN;
			if (count == n)
				return -1;
		} else if (act(action, &size, &ret)) {
			return ret;
		}
	}
	return real(fd, data, size);
}

/* What QEMU reads with.  A short read is as good as any. */
ssize_t preadv64(int fd, const struct iovec *iov, int count, off64_t offset)
{
	static ssize_t (*real)(int, const struct iovec *, int, off64_t);

	if (!real)
		real = (ssize_t(*)(int, const struct iovec *, int, off64_t))dlsym(RTLD_NEXT, "preadv64");
	if (getenv("FAULT_PREAD") && meant(fd) && count > 0)
		return pread64(fd, iov->iov_base, iov->iov_len, offset);
	return real(fd, iov, count, offset);
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
