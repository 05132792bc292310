/* SPDX-License-Identifier: MIT */
/* seal: see the header. */
#include "process/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/capabilities.h"
#include "base/descriptors.h"
#include "base/landlock.h"
#include "base/limits.h"
#include "base/sanitized.h"
#include "process/calls.h"

static int set_limits(struct error *err)
{
	const struct {
		int resource;
		uint64_t value;
		const char *name;
	} bounds[] = {
		{ RLIMIT_CORE, 0, "the size of a core" },
		{ RLIMIT_CPU, limits.seconds + limits_guestfs_seconds(), "CPU time" },
		{ RLIMIT_NOFILE, LIMIT_WORKER_DESCRIPTORS, "descriptors" },
#if !SANITIZED
		{ RLIMIT_AS, limits_worker_addresses(), "memory" },
		{ RLIMIT_FSIZE, 0, "the size of files" },
#endif
	};

	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		/* at the hard limit of CPU time the kernel kills, at the soft one it says why */
		uint64_t value = bounds[i].value, hard = bounds[i].resource == RLIMIT_CPU ? value + 2 : value;
		struct rlimit now, limit = { .rlim_cur = value, .rlim_max = hard };

		/* what is lower already stays so, be it only the soft one */
		if (getrlimit(bounds[i].resource, &now) == 0) {
			limit.rlim_max = now.rlim_max < limit.rlim_max ? now.rlim_max : limit.rlim_max;
			limit.rlim_cur = now.rlim_cur < limit.rlim_max ? now.rlim_cur : limit.rlim_max;
			if (value < limit.rlim_cur)
				limit.rlim_cur = value;
		}
		if (setrlimit(bounds[i].resource, &limit) < 0)
			return error_set(err, errno, "the limit of %s: %s", bounds[i].name, strerror(errno));
	}
	return 0;
}

/* Whatever the caller of vmlint left open is no concern of a worker, and could be written to. */
static int close_others(const int keep[], size_t count, struct error *err)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), last = 2;

	if (null < 0)
		return error_set(err, errno, "/dev/null: %s", strerror(errno));
	/* a sanitizer's report goes to standard error */
	for (int fd = 0; fd <= (SANITIZED ? 1 : 2); fd++) {
		bool kept = false;

		for (size_t i = 0; i < count; i++)
			kept |= keep[i] == fd;
		if (!kept && dup2(null, fd) < 0)
			return error_set(err, errno, "/dev/null: %s", strerror(errno));
	}
	/* between each of those that are kept and the next one */
	for (;;) {
		int next = INT_MAX;

		for (size_t i = 0; i < count; i++)
			if (keep[i] > last && keep[i] < next)
				next = keep[i];
		descriptors_close(last + 1, next == INT_MAX ? INT_MAX : next - 1);
		if (next == INT_MAX)
			return 0;
		last = next;
	}
}

/* When the machine runs out of memory, a worker is what it can do without. */
static void be_first_to_go(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "1000", 4) < 0)
		errno = 0; /* it was worth a try */
	close(fd);
}

int seal_process(const int keep[], size_t count, struct error *err)
{
	int r;

	be_first_to_go();
	r = close_others(keep, count, err);
	if (r < 0)
		return r;
	/* root can do much with what is open, too */
	capabilities_keep(0);
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_set(err, errno, "prctl: %s", strerror(errno));
	/* one that writes to a file is stopped, whatever vmlint ignores */
	signal(SIGXFSZ, SIG_DFL);
	r = landlock_confine(NULL, 0, true, err);
	if (r >= 0)
		r = set_limits(err);
	return r < 0 ? r : calls_filter(SANITIZED, err);
}
