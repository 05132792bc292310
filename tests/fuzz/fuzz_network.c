/* SPDX-License-Identifier: MIT */
/* fuzz_network: network configuration of hostile bytes, as each format. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "linux/network.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(LIMIT_ARENA_BYTES);
	const char *text = arena_strndup(arena, (const char *)data, size);

	for (int format = NETWORK_UDEV; format <= NETWORK_KEYFILE; format++) {
		struct network_bound bound = { 0 };
		unsigned count = network_scan(arena, (enum network_format)format, text, size, &bound);

		if (count && (!bound.value || !*bound.value || !bound.line || !bound.column))
			abort();
	}
	arena_free(arena);
	return 0;
}
