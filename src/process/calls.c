/* SPDX-License-Identifier: MIT */
/* calls: one table, with the reason for each entry.  Names that an architecture has no call of (libseccomp gives them a negative
 * number) are passed over; so one table serves all.
 */
#include "process/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1
#endif
#define EMPTY_PATH 0x1000 /* AT_EMPTY_PATH */
/* advice from here on is about pages' hardware, and root's: MADV_HWPOISON */
#define HARDWARE_ADVICE 100

struct call {
	int number;
	unsigned count; /* of conditions, all of which must hold; 0: with any arguments */
	struct scmp_arg_cmp only[2];
};

#define CALL(name) { .number = SCMP_SYS(name) }
#define CALL_IF(name, condition) { .number = SCMP_SYS(name), .count = 1, .only = { condition } }
#define CALL_IF_BOTH(name, first, second) { .number = SCMP_SYS(name), .count = 2, .only = { first, second } }
/* `struct scmp_arg_cmp`s; libseccomp's own macros are made for arguments of functions */
#define IS(argument, value) { argument, SCMP_CMP_EQ, value, 0 }
#define BELOW(argument, value) { argument, SCMP_CMP_LT, value, 0 }
#define HAS_NONE(argument, bits) { argument, SCMP_CMP_MASKED_EQ, bits, 0 }

/* A descriptor can only be one that came with the process or through one of its sockets: the image and files below
 * --allow-backing and two memory files, all open for reading; sockets to the parent and the helper.  So a worker can write
 * nothing but messages. */
static const struct call table[] = {
	/* reading the image; libblkid and libfdisk read memory files with read and lseek */
	CALL(read), CALL(readv), CALL(pread64), CALL(preadv), CALL(lseek), CALL(_llseek),
	/* a hint, of no effect but on the cache */
	CALL(fadvise64), CALL(fadvise64_64), CALL(arm_fadvise64_64),
	/* the size of a file below --allow-backing; stat by name is no call of these */
	CALL(fstat), CALL(fstat64),
	/* libfdisk ends with it where it refuses a disk; nothing that is open here can be written to */
	CALL(fsync),
	/* the C library's last words; standard output and error are /dev/null, or a sanitizer's */
	CALL_IF(write, BELOW(0, 3)), CALL_IF(writev, BELOW(0, 3)),
	CALL(close),
	/* another descriptor of a memory file, and flags of descriptors, without those that files share with other processes */
	CALL_IF(fcntl, IS(1, F_DUPFD_CLOEXEC)), CALL_IF(fcntl, IS(1, F_GETFD)), CALL_IF(fcntl, IS(1, F_SETFD)),
	CALL_IF(fcntl, IS(1, F_GETFL)), CALL_IF(fcntl64, IS(1, F_DUPFD_CLOEXEC)), CALL_IF(fcntl64, IS(1, F_GETFD)),
	CALL_IF(fcntl64, IS(1, F_SETFD)), CALL_IF(fcntl64, IS(1, F_GETFL)),
	/* memory: none that can be run, which has been mapped by now, none that is shared, and no huge pages */
	CALL_IF_BOTH(mmap, HAS_NONE(2, PROT_EXEC), HAS_NONE(3, MAP_SHARED | MAP_HUGETLB)),
	CALL_IF_BOTH(mmap2, HAS_NONE(2, PROT_EXEC), HAS_NONE(3, MAP_SHARED | MAP_HUGETLB)),
	CALL_IF(mprotect, HAS_NONE(2, PROT_EXEC)), CALL_IF(madvise, BELOW(2, HARDWARE_ADVICE)), CALL(munmap), CALL(mremap),
	CALL(brk),
	/* talking to the parent and the helper.  Both sockets are connected, and there is no call to make or connect another; a
	 * descriptor that is sent is one that the parent closes, or that the helper has no use for */
	CALL(sendmsg), CALL_IF(sendto, IS(4, 0)), CALL(recvmsg), CALL(recvfrom), CALL(poll), CALL(ppoll), CALL(ppoll_time64),
	/* the disk for libguestfs, on a listening socket that the helper made: QEMU connects */
	CALL(accept4),
	/* deadlines, and dates that certificates are compared with */
	CALL(clock_gettime), CALL(clock_gettime64), CALL(gettimeofday), CALL(time),
	/* what poll becomes after a stop and a continue */
	CALL(restart_syscall),
	/* the C library: malloc, locks, qsort (which asks how much memory there is), abort, and coming back from a handler */
	CALL(getrandom), CALL(futex), CALL(futex_time64), CALL(sysinfo), CALL(getpid), CALL(gettid), CALL(rt_sigprocmask),
	CALL(rt_sigaction), CALL(rt_sigreturn), CALL(sigreturn),
	/* sanitizers: spinning locks, a stack for the handler of a stack's overflow */
	CALL(sched_yield), CALL(sigaltstack),
	CALL(exit), CALL(exit_group),
};

/* fstat of the C libraries of these years is newfstatat with an empty path.  A filter cannot see that the path is empty, and with
 * another one sizes and times of files could be asked for by name: so the kernel does nothing but call this, which does what
 * was meant by fstat, or ends the process.  Code that has taken the process over can replace this, and gains nothing by it. */
static bool is_lenient;

static void on_trap(int number, siginfo_t *info, void *context)
{
	ucontext_t *u = context;
	int saved = errno;
#if defined(__x86_64__)
	greg_t *r = u->uc_mcontext.gregs, *result = &r[REG_RAX];
	long fd = (long)r[REG_RDI], path = (long)r[REG_RSI], out = (long)r[REG_RDX];
#elif defined(__aarch64__)
	unsigned long long *r = u->uc_mcontext.regs, *result = &r[0];
	long fd = (long)r[0], path = (long)r[1], out = (long)r[2];
#else
	long nowhere, *result = &nowhere, fd = -1, path = 0, out = 0;

	(void)u;
#endif

	if (info->si_code == SYS_SECCOMP && info->si_syscall == SCMP_SYS(newfstatat) && path && !*(const char *)path) {
		*result = syscall(SYS_fstat, fd, out) < 0 ? -errno : 0;
	} else {
		*result = -EPERM;
		if (!is_lenient) {
			signal(number, SIG_DFL);
			/* delivered when this returns */
			syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), number);
		}
	}
	errno = saved;
}

static int add(scmp_filter_ctx filter, uint32_t action, int number, unsigned count, const struct scmp_arg_cmp *only)
{
	return number >= 0 ? seccomp_rule_add_array(filter, action, number, count, only) : 0;
}

static int add_rules(scmp_filter_ctx filter)
{
	/* abort() */
	const struct scmp_arg_cmp self = IS(0, (scmp_datum_t)getpid());
	static const struct scmp_arg_cmp empty_path = IS(3, EMPTY_PATH);
	int r = 0;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]) && r == 0; i++)
		r = add(filter, SCMP_ACT_ALLOW, table[i].number, table[i].count, table[i].only);
	if (r == 0)
		r = add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &self);
#if defined(__x86_64__) || defined(__aarch64__)
	if (r == 0)
		r = add(filter, SCMP_ACT_TRAP, SCMP_SYS(newfstatat), 1, &empty_path);
#else
	/* where we do not know the registers, sizes and times can be asked for by name */
	if (r == 0)
		r = add(filter, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1, &empty_path);
#endif
	/* libblkid and libfdisk ask what kind of device their memory file is, stdio whether it is a terminal: no ioctl is made */
	if (r == 0)
		r = add(filter, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 0, NULL);
	return r;
}

int calls_filter(bool lenient, struct error *err)
{
	const struct sigaction action = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };
	scmp_filter_ctx filter = seccomp_init(lenient ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_KILL_PROCESS);
	int r;

	/* libseccomp would take killing a thread for killing the process where the kernel (before 4.14) knows no better; there is
	 * one thread */
	if (!filter)
		return error_set(err, EOPNOTSUPP, "the sandbox cannot be set up: the kernel has no filter of system calls");
	is_lenient = lenient;
	sigaction(SIGSYS, &action, NULL);
	r = add_rules(filter);
	if (r == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	return r < 0 ? error_set(err, -r, "the sandbox cannot be set up: seccomp: %s", strerror(-r)) : 0;
}

unsigned calls_allowed(const int **ret_numbers)
{
	static int numbers[sizeof(table) / sizeof(table[0])];
	unsigned count = 0;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].number >= 0)
			numbers[count++] = table[i].number;
	*ret_numbers = numbers;
	return count;
}
