/* SPDX-License-Identifier: MIT */
/* memory: malloc and its like of this program, which the dynamic linker gives to libraries, too (glibc's manual, "Replacing
 * malloc"), over the C library's own. */
#include "process/memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/sanitized.h"

static bool must_suffice;

void memory_must_suffice(void)
{
	must_suffice = true;
}

#if !SANITIZED && defined(__GLIBC__)
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

/* What the C library answered when it was asked for that much. */
static void *answer(void *memory, size_t size)
{
	if (memory || !size || !must_suffice)
		return memory;
	if (size < limits_worker_addresses())
		arena_exhausted();
	limit_error(NULL, "a library asked for %zu bytes of memory", size);
	errno = ENOMEM;
	return NULL;
}

void *malloc(size_t size)
{
	return answer(__libc_malloc(size), size);
}

void *calloc(size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		bytes = SIZE_MAX;
	return answer(__libc_calloc(count, size), bytes);
}

void *realloc(void *memory, size_t size)
{
	return answer(__libc_realloc(memory, size), size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return answer(__libc_memalign(alignment, size), size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
	if (alignment % sizeof(void *) || !alignment || alignment & (alignment - 1))
		return EINVAL;
	*ret = answer(__libc_memalign(alignment, size), size);
	return *ret || !size ? 0 : ENOMEM;
}
#endif
