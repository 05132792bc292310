/* SPDX-License-Identifier: MIT */
/* test_descriptors: what is left open, on this kernel and as on one that knows no close_range (before 5.9). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/descriptors.h"
#include "hypervisor/guard.h"

/* close_range is unknown to this process and what it starts. */
static bool become_old(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	bool good = filter && seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(close_range), 0) == 0 &&
		    seccomp_load(filter) == 0;

	seccomp_release(filter);
	return good && syscall(SYS_close_range, INT_MAX, INT_MAX, 0) < 0 && errno == ENOSYS;
}

/* The exit status of `child`, in a process of its own. */
static int status_of(int (*child)(void), bool old)
{
	int status = -1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		alarm(30);
		_exit(old && !become_old() ? 99 : child());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static int close_some(void)
{
	for (int fd = 300; fd < 310; fd++) {
		if (dup2(STDERR_FILENO, fd) < 0)
			return 1;
	}
	descriptors_close(305, 304);
	descriptors_close(302, 304);
	for (int fd = 300; fd < 310; fd++) {
		if (is_open(fd) != (fd < 302 || fd > 304))
			return 2;
	}
	descriptors_close(301, INT_MAX);
	for (int fd = 300; fd < 310; fd++) {
		if (is_open(fd) != (fd < 301))
			return 3;
	}
	return 0;
}

static void what_is_closed(void **state)
{
	(void)state;
	assert_int_equal(status_of(close_some, false), 0);
	assert_int_equal(status_of(close_some, true), 0);
}

static void sleep_long(void *context)
{
	(void)context;
	execlp("sleep", "sleep", "60", NULL);
}

/* A guard has nobody's end of a pipe open, but the keeper's. */
static int start_guard(void)
{
	struct guard guard = { .become = sleep_long };
	struct pollfd ours = { 0 }, kept = { 0 };
	int others[2], keeper[2], status;
	pid_t pid;

	if (pipe2(others, O_CLOEXEC) < 0 || pipe2(keeper, O_CLOEXEC) < 0)
		return 1;
	guard.keeper = keeper[1];
	pid = guard_start(&guard);
	if (pid < 0)
		return 2;
	close(others[1]);
	close(keeper[1]);
	ours.fd = others[0];
	kept.fd = keeper[0];
	status = poll(&ours, 1, 10000) != 1 ? 3 : poll(&kept, 1, 200) != 0 ? 4 : 0;
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	return !status && poll(&kept, 1, 10000) != 1 ? 5 : status;
}

static void what_a_guard_has(void **state)
{
	(void)state;
	assert_int_equal(status_of(start_guard, false), 0);
	assert_int_equal(status_of(start_guard, true), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_closed),
		cmocka_unit_test(what_a_guard_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
