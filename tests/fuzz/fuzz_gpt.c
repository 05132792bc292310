/* SPDX-License-Identifier: MIT */
/* fuzz_gpt: any bytes as the start and the end of a disk.
 *
 * Input: one byte of choices (bits 0 and 1: sector size forced to 512, forced to 4096, or found; bits 2 to 5: how many times
 * 64 KiB of zeros lie between; bit 6: the headers' checksums are set right, which no fuzzer would guess; bit 7: the arrays' too),
 * then the disk's first 32 KiB, then its end.  Asserts what the reader promises of every result.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32.h"
#include "base/limits.h"
#include "partition/gpt.h"
#include "partition/mbr.h"

#define HEAD 32768

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_copy(const struct gpt_copy *copy, const struct gpt *gpt)
{
	assert(!copy->accepted || (copy->found && copy->entries_read));
	assert(!copy->entries_read || copy->entries_offset + copy->entries_length <= gpt->disk_size);
	assert(copy->partition_count <= LIMIT_GPT_ENTRIES);
	for (size_t i = 0; i < copy->partition_count; i++) {
		const struct gpt_partition *p = &copy->partitions[i];

		assert(p->name && strlen(p->name) <= 36 * 3);
		assert(p->start + p->size >= p->start);
		assert(p->faults & GPT_PARTITION_PAST_DISK || p->start + p->size <= gpt->disk_size);
		assert(p->number >= 1 && p->number <= copy->entry_count);
	}
}

static uint64_t get(const uint8_t *at, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)at[i] << 8 * i;
	return value;
}

static void put_crc(uint8_t *at, const uint8_t *data, size_t size)
{
	uint32_t crc = crc32_update(0, data, size);

	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(crc >> 8 * i);
}

/* Sets the checksums of a header, if one may stand there (UEFI 2.6, table 20). */
static void seal(uint8_t *disk, uint64_t size, uint64_t lba, uint32_t sector, bool entries)
{
	uint8_t *header = disk + lba * sector;
	uint64_t length, start;

	if (!lba || (lba + 1) * sector > size || memcmp(header, "EFI PART", 8) != 0)
		return;
	start = get(header + 72, 8);
	length = get(header + 80, 4) * get(header + 84, 4);
	if (entries && start < size / sector && length <= size - start * sector)
		put_crc(header + 88, disk + start * sector, length);
	length = get(header + 12, 4);
	if (length < 20 || length > sector)
		return;
	memset(header + 16, 0, 4);
	put_crc(header + 16, header, length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t sectors[] = { 512, 4096 };
	static const uint32_t forced[] = { 0, 512, 4096, 0 };
	ARENA_AUTO arena = arena_new(16 * MiB);
	const struct gpt *gpt;
	const struct mbr *mbr;
	struct view *disk;
	struct error err;
	uint8_t *bytes;
	size_t middle;

	if (!size)
		return 0;
	middle = (size_t)(data[0] >> 2 & 15) * 65536;
	bytes = arena_alloc(arena, size + middle);
	if (size - 1 <= HEAD) {
		memcpy(bytes, data + 1, size - 1);
	} else {
		memcpy(bytes, data + 1, HEAD);
		memcpy(bytes + HEAD + middle, data + 1 + HEAD, size - 1 - HEAD);
	}
	size += middle - 1;
	for (int i = 0; i < 2 && data[0] & 0x40; i++) {
		seal(bytes, size, 1, sectors[i], data[0] & 0x80);
		seal(bytes, size, size / sectors[i] - (size >= sectors[i]), sectors[i], data[0] & 0x80);
	}
	disk = view_memory(arena, bytes, size);
	if (gpt_read(arena, disk, forced[data[0] & 3], &gpt, &err) < 0)
		abort(); /* memory cannot fail to be read */
	assert(gpt->present == ((gpt->primary.found || gpt->backup.found) && !gpt->leftover));
	assert(!gpt->bootable_table || gpt->used);
	check_copy(&gpt->primary, gpt);
	check_copy(&gpt->backup, gpt);
	assert(gpt->overlap_count <= LIMIT_GPT_PAIRS && gpt->duplicate_count < LIMIT_GPT_ENTRIES);
	if (mbr_read(arena, disk, gpt->sector_size, &mbr, &err) < 0)
		abort();
	return 0;
}
