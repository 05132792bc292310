/* SPDX-License-Identifier: MIT */
/* guard: see the header. */
#include "hypervisor/guard.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "base/folder.h"

/* Seconds in which a process that was killed is gone, unless the kernel holds it. */
#define KILLED 5

static time_t seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* Whose child is it?  0 if it is gone. */
static pid_t parent_of(const char *pid)
{
	char path[64], stat[512], *at;
	FILE *f;
	size_t size;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	size = fread(stat, 1, sizeof(stat) - 1, f);
	fclose(f);
	stat[size] = '\0';
	/* "PID (NAME) S PPID ": the name may hold anything */
	at = strrchr(stat, ')');
	return at && strlen(at) > 4 ? (pid_t)strtol(at + 4, NULL, 10) : 0;
}

static void kill_children(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (isdigit((unsigned char)entry->d_name[0]) && parent_of(entry->d_name) == getpid())
			kill((pid_t)strtol(entry->d_name, NULL, 10), SIGKILL);
	}
	if (dir)
		closedir(dir);
}

/* What it left behind are our children by now, and theirs will be. */
static void end_others(void)
{
	time_t until = seconds() + KILLED;
	const struct timespec pause = { .tv_nsec = 5 * 1000 * 1000 };

	for (;;) {
		pid_t gone = waitpid(-1, NULL, WNOHANG);

		if (gone < 0 || seconds() > until)
			return;
		if (gone)
			continue;
		kill_children();
		nanosleep(&pause, NULL);
	}
}

/* Has it ended?  It is not reaped yet, so that its number is nobody else's; others are. */
static bool ended(pid_t hypervisor)
{
	for (;;) {
		siginfo_t info = { .si_pid = 0 };

		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
			return errno == ECHILD;
		if (info.si_pid == hypervisor || !info.si_pid)
			return info.si_pid == hypervisor;
		waitpid(info.si_pid, NULL, 0);
	}
}

static void signal_all(pid_t hypervisor, int number)
{
	kill(-hypervisor, number);
	kill(hypervisor, number);
}

/* Ends as it did. */
static void end_as(int status)
{
	const struct rlimit none = { 0, 0 };
	sigset_t all;

	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	setrlimit(RLIMIT_CORE, &none);
	signal(WTERMSIG(status), SIG_DFL);
	kill(getpid(), WTERMSIG(status));
	sigfillset(&all);
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	_exit(128 + WTERMSIG(status));
}

static void watch(const struct guard *guard, pid_t hypervisor, const sigset_t *signals)
{
	bool ending = false;
	time_t until = 0;
	int status = 0;

	while (!ended(hypervisor)) {
		time_t now = seconds();
		struct timespec rest = { .tv_sec = until > now ? until - now : 0 };
		int number = ending ? sigtimedwait(signals, NULL, &rest) : sigwaitinfo(signals, NULL);

		if (number == SIGTERM && !ending) {
			ending = true;
			until = seconds() + guard->patience;
			signal_all(hypervisor, guard->patience ? SIGTERM : SIGKILL);
		} else if (ending && seconds() >= until) {
			signal_all(hypervisor, SIGKILL);
			until = seconds() + 1;
		}
	}
	signal_all(hypervisor, SIGKILL);
	waitpid(hypervisor, &status, 0);
	end_others();
	if (guard->folder)
		folder_remove(guard->folder);
	end_as(status);
}

static void become(const struct guard *guard, pid_t parent)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	sigset_t none;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		signal(numbers[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent)
		guard->become(guard->context);
	_exit(127);
}

/* Nobody's end of a pipe or socket may stay open because of us. */
static void close_others(int keep)
{
	descriptors_close(keep >= 0 && dup2(keep, 3) == 3 ? 4 : 3, INT_MAX);
}

pid_t guard_start(const struct guard *guard)
{
	pid_t parent = getpid(), pid, hypervisor;
	sigset_t signals, before;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, &before);
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0); /* a Ctrl-C is for those who then end us */
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(127);
		prctl(PR_SET_CHILD_SUBREAPER, 1);
		parent = getpid();
		hypervisor = fork();
		if (hypervisor == 0)
			become(guard, parent);
		if (hypervisor < 0)
			_exit(127);
		close_others(guard->keeper);
		watch(guard, hypervisor, &signals);
	}
	parent = -errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	return pid < 0 ? parent : pid;
}

int keeper_start(const char *folder, pid_t *ret_pid, int *ret_keeper, struct error *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set(err, errno, "no pipe: %s", strerror(errno));
	*ret_pid = fork();
	if (*ret_pid == 0) {
		char byte;

		setpgid(0, 0);
		signal(SIGINT, SIG_IGN);
		signal(SIGTERM, SIG_IGN);
		signal(SIGHUP, SIG_IGN);
		close(ends[1]);
		close_others(ends[0]);
		while (read(3, &byte, 1) < 0 && errno == EINTR)
			;
		folder_remove(folder);
		_exit(0);
	}
	if (*ret_pid < 0) {
		int code = errno;

		close(ends[0]);
		close(ends[1]);
		return error_set(err, code, "cannot start a process: %s", strerror(code));
	}
	close(ends[0]);
	*ret_keeper = ends[1];
	return 0;
}

void keeper_end(pid_t pid, int keeper)
{
	close(keeper);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}
