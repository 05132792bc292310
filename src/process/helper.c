/* SPDX-License-Identifier: MIT */
/* helper: fork and exec, with the right descriptors in the right places. */
#include "process/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "block/remote.h"
#include "fs/appliance.h"
#include "process/channel.h"

#define END_MS 15000

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
		return access(VMLINT_LIBEXECDIR "/vmlint-helper", X_OK) == 0 ? VMLINT_LIBEXECDIR "/vmlint-helper" : NULL;
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
	if (close_range(3 + (unsigned)count, ~0U, 0) < 0)
		for (int fd = 3 + count; fd < 1024; fd++)
			close(fd);
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

/* Starts it with a socket at its last descriptor, after `image` if that is one (-1: none); our end, or a negative errno. */
static int start(char *const argv[], int image, pid_t *ret_pid, struct error *err)
{
	pid_t parent = getpid();
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(err, errno, "cannot make a socket: %s", strerror(errno));
	*ret_pid = fork();
	if (*ret_pid == 0) {
		/* our end must be its own, from the first moment; its group is for ending all that it starts */
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(EXIT_FAILURE);
		setpgid(0, 0);
		limit_time();
		if (image >= 0)
			exec_helper((const int[]){ image, pair[1] }, 2, argv);
		else
			exec_helper(&pair[1], 1, argv);
	}
	close(pair[1]);
	if (*ret_pid < 0) {
		*ret_pid = 0;
		close(pair[0]);
		return error_set(err, EAGAIN, "cannot start the helper");
	}
	/* whichever of the two comes first */
	setpgid(*ret_pid, *ret_pid);
	return pair[0];
}

int helper_start_container(struct arena *arena, int image, const char *driver, pid_t *ret_pid, struct error *err)
{
	const char *path = helper_path(arena);
	char *argv[] = { arena_strdup(arena, path ? path : ""), arena_strdup(arena, "container"), arena_strdup(arena, driver),
			 NULL };

	_Static_assert(REMOTE_IMAGE_FD == 3 && REMOTE_SOCKET_FD == 4, "exec_helper counts from 3");
	return path ? start(argv, image, ret_pid, err) : no_helper(err);
}

int helper_start_guestfs(struct arena *arena, const char *folder, bool no_kvm, pid_t *ret_pid, struct error *err)
{
	const char *path = helper_path(arena);
	char *argv[] = { arena_strdup(arena, path ? path : ""), arena_strdup(arena, "guestfs"), arena_strdup(arena, folder),
			 no_kvm ? arena_strdup(arena, "no-kvm") : NULL, NULL };

	_Static_assert(APPLIANCE_SOCKET_FD == 3, "exec_helper counts from 3");
	return path ? start(argv, -1, ret_pid, err) : no_helper(err);
}

int helper_end(pid_t pid)
{
	uint64_t deadline = channel_now() + END_MS;
	bool forced = false;
	int status = 0;
	pid_t r;

	/* what has died of a signal is not changed by one more */
	kill(pid, SIGTERM);
	for (;;) {
		r = waitpid(pid, &status, WNOHANG);
		if (r == pid || (r < 0 && errno != EINTR))
			break;
		if (channel_now() >= deadline) {
			forced = true;
			kill(-pid, SIGKILL);
			kill(pid, SIGKILL); /* should it have left its group */
		}
		usleep(2000);
	}
	/* whoever has outlived it */
	kill(-pid, SIGKILL);
	if (r == pid && WIFSIGNALED(status) && !forced && WTERMSIG(status) != SIGTERM)
		return -WTERMSIG(status);
	return r == pid && WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}
