/* SPDX-License-Identifier: MIT */
/* test_calls: the worker's system calls exist on both architectures that we are made for, and the dangerous ones are not among
 * them.  What the filter does is tests/cli/sandbox.bats's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <seccomp.h>

#include "process/calls.h"

static bool is_allowed(const char *name)
{
	int number = seccomp_syscall_resolve_name(name);
	const int *numbers;
	unsigned count = calls_allowed(&numbers);

	for (unsigned i = 0; i < count; i++)
		if (numbers[i] == number)
			return true;
	return false;
}

static void what_readers_need(void **state)
{
	static const char *const names[] = {
		"read", "pread64", "lseek", "fstat", "close", "mmap", "mprotect", "munmap", "mremap", "madvise", "brk",
		"sendmsg", "sendto", "recvmsg", "recvfrom", "ppoll", "accept4", "clock_gettime", "getrandom", "futex",
		"rt_sigreturn", "exit_group",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_true(is_allowed(names[i]));
		assert_true(seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, names[i]) >= 0);
		assert_true(seccomp_syscall_resolve_name_arch(SCMP_ARCH_AARCH64, names[i]) >= 0);
	}
	/* the two that are filtered apart from the table */
	assert_true(seccomp_syscall_resolve_name_arch(SCMP_ARCH_AARCH64, "newfstatat") >= 0);
	assert_true(seccomp_syscall_resolve_name_arch(SCMP_ARCH_AARCH64, "tgkill") >= 0);
}

static void what_no_reader_may(void **state)
{
	static const char *const names[] = {
		"open", "openat", "openat2", "creat", "stat", "lstat", "newfstatat", "statx", "access", "faccessat",
		"readlink", "readlinkat", "getdents64", "socket", "socketpair", "connect", "bind", "listen", "sendmmsg",
		"fork", "vfork", "clone", "clone3", "execve", "execveat", "kill", "tkill", "pidfd_open", "pidfd_getfd",
		"ptrace", "process_vm_writev", "prctl", "prlimit64", "setrlimit", "setuid", "capset", "memfd_create",
		"pwrite64", "pwritev", "ftruncate", "fallocate", "sendfile", "splice", "copy_file_range", "ioctl", "shmget",
		"io_uring_setup", "bpf", "userfaultfd", "perf_event_open", "keyctl", "mount", "unshare", "setns", "chroot",
		"mlock", "name_to_handle_at", "open_by_handle_at", "seccomp",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_false(is_allowed(names[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_readers_need),
		cmocka_unit_test(what_no_reader_may),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
