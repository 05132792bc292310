/* SPDX-License-Identifier: MIT */
/* helper: a guard, and behind it the program, with the right descriptors in the right places. */
#include "process/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "base/limits.h"
#include "base/stream.h"
#include "block/remote.h"
#include "fs/appliance.h"
#include "hypervisor/guard.h"
#include "process/channel.h"

/* What a helper has to end in order, in seconds, before its guard kills it; and that guard, in milliseconds. */
#define PATIENCE 10
#define END_MS 20000

const char *helper_program;

/* The helper stands beside this program (in a build tree), or in libexec beside its bin, or where it was configured. */
static const char *helper_path(struct arena *arena)
{
	char self[LIMIT_FILE_NAME];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *candidates[3];

	if (helper_program)
		return helper_program;
	/* without /proc, only the configured place is known */
	if (n <= 0 || self[0] != '/')
		return access(VMLINT_LIBEXECDIR "/vmlint-helper", X_OK) == 0 ? VMLINT_LIBEXECDIR "/vmlint-helper"
									     : NULL;
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	candidates[0] = arena_printf(arena, "%s/vmlint-helper", self);
	candidates[1] = arena_printf(arena, "%s/../libexec/vmlint/vmlint-helper", self);
	candidates[2] = VMLINT_LIBEXECDIR "/vmlint-helper";
	for (int i = 0; i < 3; i++) {
		if (access(candidates[i], X_OK) == 0)
			return candidates[i];
	}
	return NULL;
}

/* In the new process: descriptors in their places, then the helper.  Does not return.  descriptors: from 3 on. */
static void exec_helper(const int descriptors[], int count, char *const argv[])
{
	int high[2], null = open("/dev/null", O_RDWR);
	bool good = null >= 0 && dup2(null, 0) >= 0 && dup2(null, 1) >= 0;

	/* out of the way first: any may already have one of the numbers */
	for (int i = 0; i < count && good; i++)
		good = (high[i] = fcntl(descriptors[i], F_DUPFD, 10)) >= 0;
	for (int i = 0; i < count && good; i++)
		good = dup2(high[i], 3 + i) >= 0;
	if (!good)
		_exit(EXIT_FAILURE);
	/* what the caller of vmlint left open is no concern of the helper */
	descriptors_close(3 + count, INT_MAX);
	execv(argv[0], argv);
	_exit(EXIT_FAILURE);
}

/* Of each process: twice what an image may take by the clock, since QEMU has more than one thread. */
static void limit_time(void)
{
	rlim_t seconds = 2 * (limits.seconds + limits_guestfs_seconds());
	struct rlimit limit;

	if (getrlimit(RLIMIT_CPU, &limit) < 0)
		return;
	limit.rlim_max = limit.rlim_max < seconds ? limit.rlim_max : seconds;
	limit.rlim_cur = limit.rlim_cur < limit.rlim_max ? limit.rlim_cur : limit.rlim_max;
	setrlimit(RLIMIT_CPU, &limit);
}

static int no_helper(struct error *err)
{
	return error_set(err, ENOENT, "the program vmlint-helper, which reads this format, is not installed");
}

struct start {
	char *const *argv;
	int image, socket; /* descriptors; image -1: none */
};

static void become(void *context)
{
	const struct start *start = context;

	/* for the helper, which ends all that is of its group but itself */
	setpgid(0, 0);
	/* and its limit of the size of files ends it, whatever vmlint ignores */
	signal(SIGXFSZ, SIG_DFL);
	limit_time();
	if (start->image >= 0)
		exec_helper((const int[]){ start->image, start->socket }, 2, start->argv);
	else
		exec_helper(&start->socket, 1, start->argv);
}

/* Starts it, behind a guard, with a socket at its last descriptor, after `image` if that is one (-1: none); our end, or a
 * negative errno.  The guard removes `folder` (NULL: none) if the helper dies before it does so. */
static int start(char *const argv[], int image, const char *folder, pid_t *ret_pid, struct error *err)
{
	struct start context = { .argv = argv, .image = image };
	const struct guard guard = {
		.patience = PATIENCE, .keeper = -1, .folder = folder, .become = become, .context = &context
	};
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(err, errno, "cannot make a socket: %s", strerror(errno));
	context.socket = pair[1];
	*ret_pid = guard_start(&guard);
	close(pair[1]);
	if (*ret_pid < 0) {
		*ret_pid = 0;
		close(pair[0]);
		return error_set(err, EAGAIN, "cannot start the helper");
	}
	return pair[0];
}

int helper_start_container(struct arena *arena, int image, const char *driver, pid_t *ret_pid, struct error *err)
{
	const char *path = helper_path(arena);
	char *argv[] = { arena_strdup(arena, path ? path : ""), arena_strdup(arena, "container"),
			 arena_strdup(arena, driver), NULL };

	_Static_assert(REMOTE_IMAGE_FD == 3 && REMOTE_SOCKET_FD == 4, "exec_helper counts from 3");
	return path ? start(argv, image, NULL, ret_pid, err) : no_helper(err);
}

int helper_start_guestfs(struct arena *arena, const char *folder, bool no_kvm, pid_t *ret_pid, struct error *err)
{
	const char *path = helper_path(arena);
	char *argv[] = { arena_strdup(arena, path ? path : ""), arena_strdup(arena, "guestfs"),
			 arena_strdup(arena, folder), no_kvm ? arena_strdup(arena, "no-kvm") : NULL, NULL };

	_Static_assert(APPLIANCE_SOCKET_FD == 3, "exec_helper counts from 3");
	return path ? start(argv, -1, folder, ret_pid, err) : no_helper(err);
}

int helper_end(pid_t pid)
{
	uint64_t begin = stream_now();
	bool forced;
	int status = 0;
	pid_t r;

	/* what has died of a signal is not changed by one more */
	kill(pid, SIGTERM);
	for (;;) {
		r = waitpid(pid, &status, WNOHANG);
		if (r == pid || (r < 0 && errno != EINTR))
			break;
		if (stream_now() >= begin + END_MS)
			kill(pid, SIGKILL);
		usleep(2000);
	}
	/* by the guard, or by us */
	forced = stream_now() >= begin + PATIENCE * 1000;
	if (r == pid && WIFSIGNALED(status) && !forced && WTERMSIG(status) != SIGTERM)
		return -WTERMSIG(status);
	return r == pid && WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}
