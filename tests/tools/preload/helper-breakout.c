/* SPDX-License-Identifier: MIT */
/* helper-breakout: a library for LD_PRELOAD that makes vmlint-helper try what it may not, for tests/cli/helper.bats.
 *
 *   HELPER_BREAKOUT=FOLDER  once the helper has been shut in (at its first recv, or before it executes qemu-nbd) it tries
 *                           everything on files of FOLDER, and others, and writes to FOLDER/fifo, which it has opened before, a
 *                           line "PROGRAM: ACTION done" or "PROGRAM: ACTION refused" for each
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* where it stays open for programs that are executed */
#define SAID 200

static int begun;
static const char *program;

static void say(const char *action, int done)
{
	dprintf(SAID, "%s: %s %s\n", program, action, done ? "done" : "refused");
}

static int can_open(const char *folder, const char *name, int flags)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s%s", folder, name);
	fd = open(path, flags | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int can_connect(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), r;

	r = connect(fd, (const struct sockaddr *)&address, sizeof(address));
	r = r == 0 || errno == ECONNREFUSED;
	close(fd);
	return r;
}

/* More of root's than to read files, and to write to them? */
static int has_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct have[2] = { 0 };

	return syscall(SYS_capget, &header, have) < 0 || have[1].permitted ||
	       have[0].permitted & ~(1U << CAP_DAC_OVERRIDE | 1U << CAP_DAC_READ_SEARCH);
}

static int is_unlimited(int resource)
{
	struct rlimit now;

	return getrlimit(resource, &now) < 0 || now.rlim_cur == RLIM_INFINITY;
}

static void try_all(const char *folder)
{
	char path[512], other[512];

	say("read", can_open(folder, "/secret", O_RDONLY));
	say("write", can_open(folder, "/secret", O_WRONLY));
	say("create", can_open(folder, "/new", O_WRONLY | O_CREAT));
	say("list", can_open(folder, "", O_RDONLY | O_DIRECTORY));
	say("shadow", can_open("/etc/shadow", "", O_RDONLY));
	say("home", can_open("/root", "", O_RDONLY | O_DIRECTORY));
	say("install", can_open("/usr/bin/vmlint-breakout", "", O_WRONLY | O_CREAT));
	snprintf(path, sizeof(path), "%s/secret", folder);
	snprintf(other, sizeof(other), "%s/renamed", folder);
	say("rename", rename(path, other) == 0);
	say("remove", unlink(path) == 0 || unlink(other) == 0);
	snprintf(other, sizeof(other), "%s/link", folder);
	say("link", symlink("/", other) == 0);
	say("signal", kill(1, 0) == 0 || errno != EPERM);
	say("connect", can_connect());
	say("privileges", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1);
	say("capabilities", has_capabilities());
	say("core", is_unlimited(RLIMIT_CORE));
	say("memory", is_unlimited(RLIMIT_AS));
	say("file", is_unlimited(RLIMIT_FSIZE));
	say("time", is_unlimited(RLIMIT_CPU));
	say("run", can_open("/usr/bin/env", "", O_RDONLY));
	say("null", can_open("/dev/null", "", O_RDWR));
}

static void once(const char *name)
{
	const char *folder = secure_getenv("HELPER_BREAKOUT");
	int saved = errno;

	program = name;
	if (folder && !begun++)
		try_all(folder);
	errno = saved;
}

static int is_program(const char *name)
{
	return !strcmp(program_invocation_short_name, name);
}

ssize_t recv(int socket, void *data, size_t size, int flags)
{
	static ssize_t (*real)(int, void *, size_t, int);

	if (!real)
		real = (ssize_t(*)(int, void *, size_t, int))dlsym(RTLD_NEXT, "recv");
	if (is_program("vmlint-helper"))
		once("vmlint-helper");
	return real(socket, data, size, flags);
}

/* qemu-nbd could not load this library any more, being shut in. */
int execv(const char *path, char *const argv[])
{
	static int (*real)(const char *, char *const[]);

	if (!real)
		real = (int (*)(const char *, char *const[]))dlsym(RTLD_NEXT, "execv");
	if (is_program("vmlint-helper") && strstr(path, "qemu-nbd"))
		once("qemu-nbd");
	return real(path, argv);
}

__attribute__((constructor)) static void begin(void)
{
	const char *folder = secure_getenv("HELPER_BREAKOUT");
	char path[512];
	int fd;

	if (!folder || (!is_program("vmlint-helper") && !is_program("qemu-nbd")))
		return;
	if (fcntl(SAID, F_GETFD) < 0) {
		snprintf(path, sizeof(path), "%s/fifo", folder);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0 || dup2(fd, SAID) < 0)
			abort();
		close(fd);
	}
	if (is_program("qemu-nbd"))
		once("qemu-nbd");
}
