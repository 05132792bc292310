/* SPDX-License-Identifier: MIT */
/* fuzz_mbr: any bytes as a disk with an MBR; the first byte chooses the sector size. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "partition/mbr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_AUTO arena = arena_new(4 * MiB);
	const struct mbr *mbr;
	struct view *disk;
	struct error err;

	if (!size)
		return 0;
	disk = view_memory(arena, data + 1, size - 1);
	if (mbr_read(arena, disk, data[0] & 1 ? 4096 : 512, &mbr, &err) < 0)
		abort();
	assert(mbr->partition_count <= 4 + LIMIT_MBR_LOGICAL);
	for (size_t i = 0; i < mbr->partition_count; i++) {
		const struct mbr_partition *p = &mbr->partitions[i];

		assert(p->type != MBR_TYPE_EMPTY);
		assert(p->faults & MBR_FAULT_PAST_DISK || p->start + p->size <= disk->size);
	}
	return 0;
}
