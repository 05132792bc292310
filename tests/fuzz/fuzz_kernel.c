/* SPDX-License-Identifier: MIT */
/* fuzz_kernel: the kernel reader over hostile bytes. */
#include <stdint.h>

#include "base/limits.h"
#include "linux/kernel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct kernel *kernel;
	struct error err;

	limits_begin_image();
	if (kernel_open(arena, view_memory(arena, data, size), &kernel, &err) == 0)
		(void)kernel_scan(arena, kernel, KERNEL_WANT_VERSION | KERNEL_WANT_CONFIG, 4 * MiB, &err);
	return 0;
}
