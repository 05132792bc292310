/* SPDX-License-Identifier: MIT */
/* command: a hypervisor that a command of the user's starts, on a terminal of its own, behind a guard that ends it. */
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "hypervisor/guard.h"
#include "hypervisor/spawn.h"

/* Seconds that a command has to end in order: it may have a machine to destroy. */
#define PATIENCE 5

struct command {
	const struct vm_config *config;
	unsigned start;
	int terminal, error;
};

/* The command's own process. */
static void become(void *context)
{
	const struct command *c = context;
	char number[16], disk[4096];

	setsid();
	ioctl(c->terminal, TIOCSCTTY, 0);
	dup2(c->terminal, 0);
	dup2(c->terminal, 1);
	dup2(c->error, 2);
	snprintf(number, sizeof(number), "%u", c->start);
	snprintf(disk, sizeof(disk), "%s/" SPAWN_DISK, c->config->folder);
	setenv("VMLINT_APPLIANCE", disk, 1);
	setenv("VMLINT_FOLDER", c->config->folder, 1);
	setenv("VMLINT_ARCH", c->config->machine == VM_AARCH64 ? "aarch64" : "x86_64", 1);
	setenv("VMLINT_START", number, 1);
	execl("/bin/sh", "sh", "-c", c->config->command, "sh", disk, (char *)NULL);
	dprintf(2, "/bin/sh: %s\n", strerror(errno));
}

int spawn_command(const struct vm_config *config, unsigned number, struct spawned *ret, struct error *err)
{
	struct termios raw = { .c_cflag = CS8 | CREAD | CLOCAL };
	int master, terminal, error[2];
	struct command command = { config, number, -1, -1 };
	const struct guard guard = {
		.patience = PATIENCE, .keeper = config->keeper, .become = become, .context = &command
	};

	cfmakeraw(&raw);
	if (openpty(&master, &terminal, NULL, &raw, NULL) < 0)
		return error_set(err, errno, "no terminal for the hypervisor: %s", strerror(errno));
	fcntl(master, F_SETFD, FD_CLOEXEC);
	fcntl(terminal, F_SETFD, FD_CLOEXEC);
	if (pipe2(error, O_CLOEXEC) < 0) {
		int code = errno;

		close(master);
		close(terminal);
		return error_set(err, code, "no pipe for the hypervisor: %s", strerror(code));
	}
	command.terminal = terminal;
	command.error = error[1];
	ret->pid = guard_start(&guard);
	close(terminal);
	close(error[1]);
	if (ret->pid < 0) {
		int code = -ret->pid;

		close(master);
		close(error[0]);
		return error_set(err, code, "cannot start the hypervisor: %s", strerror(code));
	}
	ret->pidfd = (int)syscall(SYS_pidfd_open, ret->pid, 0);
	ret->console = master;
	ret->qmp = -1;
	ret->line = NULL;
	ret->error = error[0];
	fcntl(master, F_SETFL, O_NONBLOCK);
	fcntl(error[0], F_SETFL, O_NONBLOCK);
	return 0;
}
