/* SPDX-License-Identifier: MIT */
/* fuzz_initrd: the initrd reader, with cpio and all decompressors, over hostile bytes. */
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "linux/initrd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int to_end = 0; to_end < 2; to_end++) {
		ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
		struct initrd_question questions[] = {
			{ INITRD_PATH, .name = "init" },
			{ INITRD_CONTENT, .name = "etc/conf", .limit = 100 },
			{ INITRD_MODULE, .name = "virtio_blk", .release = "6.1.0" },
			{ INITRD_MODULE, .name = "ext4" },
			{ INITRD_PATH, .name = "nothing" },
			{ INITRD_PROGRAM, .name = "init", .machine = 183 },
		};
		struct initrd_options options = { .to_end = to_end, .limit = 2 * MiB };
		struct initrd *initrd;
		struct error err;
		int r;

		limits_begin_image();
		r = initrd_read(arena, view_memory(arena, data, size), questions, 6, &options, &initrd, &err);

		for (unsigned i = 0; i < initrd->member_count; i++)
			if (initrd->members[i].offset > size || initrd->members[i].problem_offset > size)
				abort();
		if (r == 0 && initrd->complete && questions[4].answer == INITRD_UNKNOWN)
			abort();
	}
	return 0;
}
