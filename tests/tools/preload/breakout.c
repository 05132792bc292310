/* SPDX-License-Identifier: MIT */
/* breakout: a library for LD_PRELOAD that makes a reader do what no reader does, for tests/cli/sandbox.bats.
 *
 *   BREAKOUT=ACTION  the first pread of a process does it: open (a file), create (a file), socket, exec, fork, kill (its parent),
 *                    code (memory that can be run), mprotect (the same, made so afterwards), ptrace,
 *                    stat (a file by its name), memfd, shared (memory), poison (a page of
 *                    the machine's), flags (of an open file, which others have open too), truncate, pwrite (the image), write
 *                    (what the caller of vmlint has open, as 9), prctl, signal (another process), privileges (root's, to go
 *                    without the limits), memory (2 GiB), input, output (what the caller has open), descriptors (1000)
 *                    fstat: what a reader may do
 *
 *   BREAKOUT_MEMORY=NAME  the first pread of the file in memory of that name does it
 *
 * If that was let through, the process ends with status 99.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

ssize_t pread64(int fd, void *data, size_t size, off64_t offset);

static int act(const char *action, int fd)
{
	char *argv[] = { strdup("sh"), strdup("-c"), strdup("exit 99"), NULL };
	char page[4096] = "", *memory = page;
	struct stat st;
	pid_t pid;
	int n = 0;

	if (!strcmp(action, "open"))
		return open("/etc/passwd", O_RDONLY) >= 0;
	if (!strcmp(action, "create"))
		return open("escaped", O_WRONLY | O_CREAT, 0666) >= 0;
	if (!strcmp(action, "socket"))
		return socket(AF_INET, SOCK_STREAM, 0) >= 0;
	if (!strcmp(action, "exec"))
		return execv("/bin/sh", argv) == 0;
	if (!strcmp(action, "fork")) {
		pid = fork();
		if (pid == 0)
			_exit(0);
		return pid > 0;
	}
	if (!strcmp(action, "kill"))
		return kill(getppid(), 0) == 0;
	if (!strcmp(action, "code"))
		return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
	if (!strcmp(action, "mprotect")) {
		memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		return mprotect(memory, 4096, PROT_READ | PROT_EXEC) == 0;
	}
	if (!strcmp(action, "ptrace"))
		return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
	if (!strcmp(action, "input"))
		return read(STDIN_FILENO, &pid, 1) > 0;
	if (!strcmp(action, "output"))
		return write(STDOUT_FILENO, "x", 1) == 1 && fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode);
	if (!strcmp(action, "stat"))
		return stat("/etc/passwd", &st) == 0;
	if (!strcmp(action, "fstat"))
		return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 1 << 20 && fstat(9999, &st) < 0 &&
		       errno == EBADF;
	if (!strcmp(action, "memfd"))
		return memfd_create("x", 0) >= 0;
	if (!strcmp(action, "shared"))
		return mmap(NULL, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
	if (!strcmp(action, "poison"))
		return madvise(memory, 4096, 100 /* MADV_HWPOISON */) == 0 || errno != ENOSYS;
	if (!strcmp(action, "flags"))
		return fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
	if (!strcmp(action, "truncate"))
		return ftruncate(fd, 0) == 0 || errno != ENOSYS;
	if (!strcmp(action, "pwrite"))
		return pwrite(fd, "", 1, 0) == 1 || errno != ENOSYS;
	if (!strcmp(action, "write"))
		return write(9, "", 1) == 1;
	if (!strcmp(action, "prctl"))
		return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0;
	if (!strcmp(action, "signal"))
		return syscall(SYS_tgkill, getppid(), getppid(), 0) == 0;
	if (!strcmp(action, "privileges"))
		return setrlimit(RLIMIT_AS, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY }) == 0;
	if (!strcmp(action, "descriptors")) {
		while (n < 1000 && fcntl(fd, F_DUPFD_CLOEXEC, 0) >= 0)
			n++;
		return n == 1000;
	}
	if (!strcmp(action, "memory")) {
		memory = mmap(NULL, (size_t)2 << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		return memory != MAP_FAILED;
	}
	fprintf(stderr, "breakout: no action \"%s\"\n", action);
	_exit(125);
}

/* With BREAKOUT_FILTER=none the filter of system calls is not loaded: what holds a reader then are its other walls. */
int seccomp_load(void *filter);
int seccomp_load(void *filter)
{
	static int (*real)(void *);
	const char *wanted = getenv("BREAKOUT_FILTER");

	if (wanted && !strcmp(wanted, "none"))
		return 0;
	if (!real)
		real = (int (*)(void *))dlsym(RTLD_NEXT, "seccomp_load");
	return real(filter);
}

/* The last file in memory of the name that is meant. */
static int meant = -1;

int memfd_create(const char *name, unsigned flags)
{
	static int (*real)(const char *, unsigned);
	const char *wanted = getenv("BREAKOUT_MEMORY");
	int fd;

	if (!real)
		real = (int (*)(const char *, unsigned))dlsym(RTLD_NEXT, "memfd_create");
	fd = real(name, flags);
	if (wanted && !strcmp(wanted, name))
		meant = fd;
	return fd;
}

ssize_t pread64(int fd, void *data, size_t size, off64_t offset)
{
	static ssize_t (*real)(int, void *, size_t, off64_t);
	const char *action = getenv("BREAKOUT");
	static int done;

	if (!real)
		real = (ssize_t(*)(int, void *, size_t, off64_t))dlsym(RTLD_NEXT, "pread64");
	if (action && (!getenv("BREAKOUT_MEMORY") || fd == meant) && !done++) {
		if (act(action, fd))
			_exit(99);
	}
	return real(fd, data, size, offset);
}
