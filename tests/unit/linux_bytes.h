/* SPDX-License-Identifier: MIT */
/* linux_bytes: what the tests of the Linux readers share: bytes made by other people's tools. */
#ifndef LINUX_BYTES_H
#define LINUX_BYTES_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* What a shell command writes; the caller frees it. */
static inline uint8_t *output_of(const char *command, size_t *ret_size)
{
	size_t size = 0, capacity = 1 << 16, n;
	uint8_t *data = malloc(capacity);
	FILE *f = popen(command, "re");

	while (f && data && (n = fread(data + size, 1, capacity - size, f)) > 0) {
		size += n;
		if (size == capacity)
			data = realloc(data, capacity *= 2);
	}
	if (!f || !data || pclose(f) != 0)
		fail_msg("%s", command);
	*ret_size = size;
	return data;
}

#endif
