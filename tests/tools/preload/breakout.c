/* SPDX-License-Identifier: MIT */
/* breakout: a library for LD_PRELOAD that makes a reader do what no reader does, for tests/cli/sandbox.bats.
 *
 *   BREAKOUT=ACTION  the first pread of a process does it: open (a file), create (a file), socket, exec, fork, kill (its parent),
 *                    code (memory that can be run), ptrace, memory (2 GiB), input, output, inherited (what the caller of vmlint
 *                    has open, 9 for the last)
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
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

ssize_t pread64(int fd, void *data, size_t size, off64_t offset);

static int act(const char *action)
{
	char *argv[] = { strdup("sh"), strdup("-c"), strdup("exit 99"), NULL };
	void *memory;
	pid_t pid;

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
	if (!strcmp(action, "ptrace"))
		return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
	if (!strcmp(action, "input"))
		return read(STDIN_FILENO, &pid, 1) > 0;
	if (!strcmp(action, "output"))
		return ftruncate(STDOUT_FILENO, 0) == 0;
	if (!strcmp(action, "inherited"))
		return write(9, "", 1) == 1;
	if (!strcmp(action, "memory")) {
		memory = mmap(NULL, (size_t)2 << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		return memory != MAP_FAILED;
	}
	fprintf(stderr, "breakout: no action \"%s\"\n", action);
	_exit(125);
}

ssize_t pread64(int fd, void *data, size_t size, off64_t offset)
{
	static ssize_t (*real)(int, void *, size_t, off64_t);
	const char *action = getenv("BREAKOUT");
	static int done;

	if (!real)
		real = (ssize_t(*)(int, void *, size_t, off64_t))dlsym(RTLD_NEXT, "pread64");
	if (action && !done++) {
		if (act(action))
			_exit(99);
	}
	return real(fd, data, size, offset);
}
