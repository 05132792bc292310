/* SPDX-License-Identifier: MIT */
/* starve: a library for LD_PRELOAD in which one allocation finds no memory, whoever asks for it, for tests/cli/memory.bats.
 *
 *   STARVE="N FILE"   the Nth allocation of a process after its first pread fails, that one alone; FILE, which holds four bytes,
 *                     then holds 1, which a reader in a sandbox can write since it was mapped before
 *
 * Not for a program with AddressSanitizer, which has a heap of its own.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

ssize_t pread64(int fd, void *data, size_t size, off64_t offset);
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

static unsigned *told;
static unsigned long fail_at, count;

__attribute__((constructor)) static void prepare(void)
{
	const char *starve = getenv("STARVE");
	void *map = MAP_FAILED;
	unsigned long n;
	char *path;
	int fd;

	if (!starve)
		return;
	n = strtoul(starve, &path, 10);
	fd = open(path + (*path == ' '), O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		map = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		perror("starve");
		_exit(125);
	}
	close(fd);
	told = map;
	fail_at = n;
}

ssize_t pread64(int fd, void *data, size_t size, off64_t offset)
{
	static ssize_t (*real)(int, void *, size_t, off64_t);

	if (!real)
		real = (ssize_t(*)(int, void *, size_t, off64_t))dlsym(RTLD_NEXT, "pread64");
	count += !count;
	return real(fd, data, size, offset);
}

static int fails(void)
{
	if (!fail_at || !count || count++ != fail_at)
		return 0;
	*told = 1;
	errno = ENOMEM;
	return 1;
}

/* A program's own malloc rests on these of the C library, libraries' calls come to it or to the ones below. */
void *__libc_malloc(size_t size)
{
	static void *(*real)(size_t);

	if (!real)
		real = (void *(*)(size_t))dlsym(RTLD_NEXT, "__libc_malloc");
	return fails() ? NULL : real(size);
}

void *__libc_calloc(size_t number, size_t size)
{
	static void *(*real)(size_t, size_t);

	if (!real)
		real = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "__libc_calloc");
	return fails() ? NULL : real(number, size);
}

void *__libc_realloc(void *memory, size_t size)
{
	static void *(*real)(void *, size_t);

	if (!real)
		real = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "__libc_realloc");
	return fails() ? NULL : real(memory, size);
}

void *malloc(size_t size)
{
	return __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
	return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size)
{
	return __libc_realloc(memory, size);
}
