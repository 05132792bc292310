/* SPDX-License-Identifier: MIT */
/* gpt-entries: the array of partition entries of one copy (UEFI 2.6, section 5.3.3, tables 21 and 23). */
#include "partition/gpt-internal.h"

#include <errno.h>
#include <inttypes.h>

#include "base/crc32.h"
#include "base/cursor.h"
#include "base/limits.h"
#include "base/utf16.h"

#define ENTRY_MINIMUM 128
#define NAME_UNITS 36
/* bits 0 to 2 are defined, 48 to 63 belong to the partition's type */
#define ATTRIBUTES_RESERVED 0x0000fffffffffff8ULL

static bool ranges_meet(uint64_t a_first, uint64_t a_last, uint64_t b_first, uint64_t b_last)
{
	return a_first <= b_last && b_first <= a_last;
}

/* Does the range lie over the header or the array of a copy that can be believed? */
static bool over_copy(const struct gpt *gpt, const struct gpt_copy *copy, uint64_t first, uint64_t last)
{
	uint64_t sectors, end;

	if (!copy->found || copy->faults & GPT_FAULTS_DAMAGE)
		return false;
	if (ranges_meet(first, last, copy->lba, copy->lba))
		return true;
	sectors = gpt_array_sectors(copy, gpt->sector_size);
	if (!sectors || copy->faults & (GPT_FAULT_ENTRIES_LBA | GPT_FAULT_ENTRY_COUNT | GPT_FAULT_ENTRY_SIZE) ||
	    __builtin_add_overflow(copy->entries_lba, sectors - 1, &end))
		return false;
	return ranges_meet(first, last, copy->entries_lba, end);
}

static uint32_t judge_partition(const struct gpt *gpt, const struct gpt_copy *copy, const struct gpt_partition *p)
{
	uint32_t faults = 0;

	if (guid_is_zero(&p->unique))
		faults |= GPT_PARTITION_NO_GUID;
	if (p->attributes & ATTRIBUTES_RESERVED)
		faults |= GPT_PARTITION_ATTRIBUTES;
	if (p->first_lba > gpt->last_lba || p->last_lba > gpt->last_lba)
		faults |= GPT_PARTITION_PAST_DISK;
	if (p->last_lba < p->first_lba)
		return faults | GPT_PARTITION_REVERSED;
	/* a usable range that is itself wrong says nothing about a partition */
	if (!(copy->faults & GPT_FAULT_FIRST_USABLE) && p->first_lba < copy->first_usable_lba)
		faults |= GPT_PARTITION_OUTSIDE;
	if (!(copy->faults & GPT_FAULT_LAST_USABLE) && p->last_lba > copy->last_usable_lba)
		faults |= GPT_PARTITION_OUTSIDE;
	if (p->first_lba <= GPT_PRIMARY_LBA || over_copy(gpt, &gpt->primary, p->first_lba, p->last_lba) ||
	    over_copy(gpt, &gpt->backup, p->first_lba, p->last_lba))
		faults |= GPT_PARTITION_IN_TABLE;
	return faults;
}

static void parse_entry(struct arena *arena, const struct gpt *gpt, const struct gpt_copy *copy, size_t index,
			struct gpt_partition *p)
{
	size_t at = index * copy->entry_size;
	struct cursor c = cursor_make(copy->entries + at, ENTRY_MINIMUM);
	uint64_t last_end;
	const uint8_t *name;

	p->number = (uint32_t)index + 1;
	p->entry_offset = copy->entries_offset + at;
	p->type = guid_read(&c);
	p->unique = guid_read(&c);
	p->first_lba = cursor_le64(&c);
	p->last_lba = cursor_le64(&c);
	p->attributes = cursor_le64(&c);
	name = cursor_bytes(&c, NAME_UNITS * 2);
	p->name = utf16le_to_utf8(arena, name, NAME_UNITS);

	if (p->last_lba >= p->first_lba && !__builtin_add_overflow(p->last_lba, 1, &last_end) &&
	    !__builtin_mul_overflow(last_end, (uint64_t)gpt->sector_size, &last_end)) {
		p->start = p->first_lba * gpt->sector_size;
		p->size = last_end - p->start;
	}
	p->faults = judge_partition(gpt, copy, p);
}

static bool in_use(const struct gpt_copy *copy, size_t index)
{
	struct cursor c = cursor_make(copy->entries + index * copy->entry_size, ENTRY_MINIMUM);
	struct guid type = guid_read(&c);

	return !guid_is_zero(&type);
}

static void parse_entries(struct arena *arena, const struct gpt *gpt, struct gpt_copy *copy)
{
	struct gpt_partition *partitions;
	size_t used = 0, n = 0;

	for (size_t i = 0; i < copy->entry_count; i++)
		used += in_use(copy, i);
	partitions = ARENA_ARRAY(arena, used, struct gpt_partition);
	for (size_t i = 0; i < copy->entry_count; i++)
		if (in_use(copy, i))
			parse_entry(arena, gpt, copy, i, &partitions[n++]);
	copy->partitions = partitions;
	copy->partition_count = used;
}

static void over_limit(struct arena *arena, struct gpt_copy *copy)
{
	struct error err;

	limit_error(&err, "%" PRIu32 " entries of %" PRIu32 " bytes are more than is read (%u entries, %llu bytes)",
		  copy->entry_count, copy->entry_size, LIMIT_GPT_ENTRIES, LIMIT_GPT_TABLE_BYTES);
	copy->entries_error = arena_memdup(arena, &err, sizeof(err));
}

void gpt_read_entries(struct arena *arena, struct view *disk, const struct gpt *gpt, struct gpt_copy *copy)
{
	uint64_t length = (uint64_t)copy->entry_count * copy->entry_size, offset;
	struct error err;
	uint8_t *entries;

	if (!copy->found || copy->entry_size < ENTRY_MINIMUM)
		return;
	/* Past the end of the disk: the header's faults say so already. */
	if (__builtin_mul_overflow(copy->entries_lba, (uint64_t)gpt->sector_size, &offset) || offset > disk->size ||
	    length > disk->size - offset)
		return;
	if (copy->entry_count > LIMIT_GPT_ENTRIES || copy->entry_size > LIMIT_GPT_ENTRY_SIZE ||
	    length > LIMIT_GPT_TABLE_BYTES) {
		over_limit(arena, copy);
		return;
	}
	entries = arena_alloc(arena, (size_t)length);
	if (view_read(disk, offset, entries, (size_t)length, &err) < 0) {
		copy->entries_error = arena_memdup(arena, &err, sizeof(err));
		return;
	}
	copy->entries_read = true;
	copy->entries_offset = offset;
	copy->entries = entries;
	copy->entries_length = (size_t)length;
	copy->computed_entries_crc = crc32_update(0, entries, (size_t)length);
	if (copy->computed_entries_crc != copy->entries_crc)
		copy->faults |= GPT_FAULT_ENTRIES_CRC;
	copy->accepted = !(copy->faults & (GPT_FAULTS_DAMAGE | GPT_FAULT_ENTRIES_CRC));
	parse_entries(arena, gpt, copy);
}
