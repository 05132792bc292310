/* SPDX-License-Identifier: MIT */
/* fuzz_sbat: any bytes as SBAT text, compared with themselves as a level. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/cursor.h"
#include "base/limits.h"
#include "efi/sbat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_AUTO arena = arena_new(64 * MiB);
	struct sbat binary, level;
	struct sbat_revocation why;

	binary = sbat_parse(arena, (const char *)data, size, 6, 6);
	level = sbat_parse_level(arena, (const char *)data, size);
	assert(binary.count == level.count);
	if (sbat_revokes(&level, &binary, &why))
		assert(why.entry->generation < why.level->generation);
	return 0;
}
