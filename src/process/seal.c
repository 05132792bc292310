/* SPDX-License-Identifier: MIT */
/* seal: see the header. */
#include "process/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/limits.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* Rights of a path by the first version of Landlock that knows them: 13, one, one, and of the fifth another (landlock(7)). */
static uint64_t path_rights(long version)
{
	uint64_t rights = (1ULL << 13) - 1;

	if (version >= 2)
		rights |= 1ULL << 13; /* REFER */
	if (version >= 3)
		rights |= 1ULL << 14; /* TRUNCATE */
	if (version >= 5)
		rights |= 1ULL << 15; /* IOCTL_DEV */
	return rights;
}

/* A ruleset that handles every right and grants none. */
static int close_paths(struct error *err)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct landlock_ruleset_attr attributes = { .handled_access_fs = path_rights(version) };
	int fd, r = 0;

	if (version < 1)
		return 0;
	fd = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
	if (fd < 0)
		return error_set(err, errno, "Landlock: %s", strerror(errno));
	if (syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		r = error_set(err, errno, "Landlock: %s", strerror(errno));
	close(fd);
	return r;
}

static int set_limits(struct error *err)
{
	static const struct {
		int resource;
		uint64_t value;
		const char *name;
	} limits[] = {
		{ RLIMIT_CORE, 0, "the size of a core" },
		{ RLIMIT_CPU, LIMIT_IMAGE_SECONDS + LIMIT_GUESTFS_SECONDS, "CPU time" },
#if !SANITIZED
		{ RLIMIT_AS, LIMIT_WORKER_ADDRESSES, "memory" },
#endif
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit now, limit = { .rlim_cur = limits[i].value, .rlim_max = limits[i].value };

		/* what is lower already stays so, be it only the soft one */
		if (getrlimit(limits[i].resource, &now) == 0) {
			limit.rlim_max = now.rlim_max < limit.rlim_max ? now.rlim_max : limit.rlim_max;
			limit.rlim_cur = now.rlim_cur < limit.rlim_max ? now.rlim_cur : limit.rlim_max;
		}
		if (setrlimit(limits[i].resource, &limit) < 0)
			return error_set(err, errno, "the limit of %s: %s", limits[i].name, strerror(errno));
	}
	return 0;
}

/* What readers, libext2fs, libsquashfs, libblkid, libfdisk and the C library need once everything is open. */
static const int allowed[] = {
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(preadv), SCMP_SYS(write), SCMP_SYS(writev),
	SCMP_SYS(pwrite64), SCMP_SYS(lseek), SCMP_SYS(_llseek), SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(fstat64),
	SCMP_SYS(ftruncate), SCMP_SYS(ftruncate64), SCMP_SYS(fadvise64), SCMP_SYS(fadvise64_64), SCMP_SYS(arm_fadvise64_64),
	SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(memfd_create),
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(ppoll_time64), SCMP_SYS(sendmsg), SCMP_SYS(sendto), SCMP_SYS(recvmsg),
	SCMP_SYS(recvfrom), SCMP_SYS(accept4), SCMP_SYS(shutdown),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64), SCMP_SYS(gettimeofday), SCMP_SYS(time),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(clock_nanosleep_time64), SCMP_SYS(nanosleep), SCMP_SYS(restart_syscall),
	SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getrandom), SCMP_SYS(sysinfo), SCMP_SYS(futex), SCMP_SYS(futex_time64),
	SCMP_SYS(sched_yield), SCMP_SYS(sigaltstack), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(sigreturn), SCMP_SYS(exit), SCMP_SYS(exit_group),
};

static int add_rules(scmp_filter_ctx filter)
{
	int r = 0;

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]) && r == 0; i++)
		/* a name that this architecture has no call of cannot be called either */
		if (allowed[i] >= 0)
			r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	/* memory that can be run has been mapped by now */
	if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (r == 0 && SCMP_SYS(mmap2) >= 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap2), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	/* abort() */
	if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
	/* fstat of newer C libraries.  A filter cannot see that the path is empty, so sizes and times of files can be asked for,
	 * by name: what is in them, and what is in folders, cannot. */
	if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1,
				     SCMP_A3(SCMP_CMP_MASKED_EQ, 0x1000 /* AT_EMPTY_PATH */, 0x1000));
	if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(statx), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, 0x1000, 0x1000));
	/* libblkid and libfdisk ask what kind of device their memory file is, which no ioctl knows */
	if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 0);
	/* fcntl: flags of descriptors, never locks or signals */
	for (unsigned command = 0 /* F_DUPFD */; command <= 4 /* F_SETFL */ && r == 0; command++) {
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, command));
		if (r == 0 && SCMP_SYS(fcntl64) >= 0)
			r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl64), 1, SCMP_A1(SCMP_CMP_EQ, command));
	}
	return r;
}

static int filter_calls(struct error *err)
{
	scmp_filter_ctx filter = seccomp_init(SANITIZED ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_KILL_PROCESS);
	int r;

	if (!filter)
		return error_set(err, EOPNOTSUPP, "the sandbox cannot be set up: the kernel has no filter of system calls");
	r = add_rules(filter);
	if (r == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	return r < 0 ? error_set(err, -r, "the sandbox cannot be set up: seccomp: %s", strerror(-r)) : 0;
}

/* Descriptors from `from` to `to`, both included. */
static void close_between(int from, int to)
{
	if (from > to || close_range((unsigned)from, (unsigned)to, 0) == 0)
		return;
	/* a kernel before 5.9: what limits of the shell allow */
	for (int fd = from; fd <= to && fd < 65536; fd++)
		close(fd);
}

/* Whatever the caller of vmlint left open is no concern of a worker, and could be written to. */
static int close_others(int first, int second, struct error *err)
{
	int low = first < second ? first : second, high = first < second ? second : first;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return error_set(err, errno, "/dev/null: %s", strerror(errno));
	/* a sanitizer's report goes to standard error */
	for (int fd = 0; fd <= (SANITIZED ? 1 : 2); fd++)
		if (fd != low && fd != high && dup2(null, fd) < 0)
			return error_set(err, errno, "/dev/null: %s", strerror(errno));
	close_between(3, low - 1);
	close_between((low < 2 ? 2 : low) + 1, high - 1);
	close_between((high < 2 ? 2 : high) + 1, INT_MAX);
	return 0;
}

int seal_process(int image, int socket, struct error *err)
{
	int r = close_others(image, socket, err);

	if (r < 0)
		return r;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_set(err, errno, "prctl: %s", strerror(errno));
	r = close_paths(err);
	if (r == 0)
		r = set_limits(err);
	if (r == 0)
		r = filter_calls(err);
	return r;
}
