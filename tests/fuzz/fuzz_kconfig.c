/* SPDX-License-Identifier: MIT */
/* fuzz_kconfig: the parser of kernel configurations over hostile bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "linux/kconfig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct kconfig *kconfig;
	struct error err;

	if (kconfig_parse(arena, data, size, &kconfig, &err) < 0)
		return 0;
	for (uint32_t i = 0; i < kconfig->count; i++) {
		/* with the prefix: a symbol's own name may begin like it */
		const char *name = arena_printf(arena, "CONFIG_%s", kconfig->entries[i].name);

		if (kconfig_find(kconfig, name) != &kconfig->entries[i])
			abort();
		if (strlen(kconfig_string(arena, &kconfig->entries[i])) > size)
			abort();
	}
	return 0;
}
