/* SPDX-License-Identifier: MIT */
/* command: a hypervisor that a command of the user's starts, on a terminal of its own, and the process that ends it. */
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/folder.h"
#include "hypervisor/spawn.h"

/* Seconds that a command has to end in order: it may have a machine to destroy. */
#define PATIENCE 5

/* The command's own process; does not return. */
static void become(const struct vm_config *config, unsigned start, int terminal, int error)
{
	char number[16], disk[4096];
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* if somebody kills the process between */
	setsid();
	ioctl(terminal, TIOCSCTTY, 0);
	dup2(terminal, 0);
	dup2(terminal, 1);
	dup2(error, 2);
	snprintf(number, sizeof(number), "%u", start);
	snprintf(disk, sizeof(disk), "%s/" SPAWN_DISK, config->folder);
	setenv("VMLINT_APPLIANCE", disk, 1);
	setenv("VMLINT_FOLDER", config->folder, 1);
	setenv("VMLINT_ARCH", config->machine == VM_AARCH64 ? "aarch64" : "x86_64", 1);
	setenv("VMLINT_START", number, 1);
	execl("/bin/sh", "sh", "-c", config->command, "sh", disk, (char *)NULL);
	dprintf(2, "/bin/sh: %s\n", strerror(errno));
	_exit(127);
}

/* Waits for the command to end, or for a reason to end it.  Does not return: ends as the command did. */
static void guard(const struct vm_config *config, pid_t command, pid_t parent, const sigset_t *signals)
{
	struct timespec rest = { .tv_sec = PATIENCE };
	bool ending = false;
	int status = 0;
	pid_t gone;

	while ((gone = waitpid(command, &status, WNOHANG)) == 0) {
		int number = ending ? sigtimedwait(signals, NULL, &rest) : sigwaitinfo(signals, NULL);

		if (number == SIGTERM && !ending)
			kill(-command, SIGTERM);
		if (number == SIGTERM)
			ending = true;
		else if (number < 0 && errno == EAGAIN)
			kill(-command, SIGKILL);
	}
	/* what it left behind */
	kill(-command, SIGKILL);
	if (getppid() != parent)
		folder_remove(config->folder);
	_exit(gone == command && WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/* In the process between. */
static void start(const struct vm_config *config, unsigned number, int terminal, int error, pid_t parent,
		  const sigset_t *signals)
{
	pid_t command;

	setpgid(0, 0); /* a Ctrl-C is for us, who then end it */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(127);
	command = fork();
	if (command == 0)
		become(config, number, terminal, error);
	if (command < 0)
		_exit(127);
	close(terminal);
	close(error);
	guard(config, command, parent, signals);
}

int spawn_command(const struct vm_config *config, unsigned number, struct spawned *ret, struct error *err)
{
	struct termios raw = { .c_cflag = CS8 | CREAD | CLOCAL };
	int master, terminal, error[2];
	pid_t parent = getpid();
	sigset_t signals, before;

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
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, &before);
	ret->pid = fork();
	if (ret->pid == 0) {
		close(master);
		close(error[0]);
		start(config, number, terminal, error[1], parent, &signals);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(terminal);
	close(error[1]);
	if (ret->pid < 0) {
		int code = errno;

		close(master);
		close(error[0]);
		return error_set(err, code, "cannot start the hypervisor: %s", strerror(code));
	}
	ret->pidfd = (int)syscall(SYS_pidfd_open, ret->pid, 0);
	ret->console = master;
	ret->qmp = -1;
	ret->error = error[0];
	fcntl(master, F_SETFL, O_NONBLOCK);
	fcntl(error[0], F_SETFL, O_NONBLOCK);
	return 0;
}
