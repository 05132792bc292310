/* SPDX-License-Identifier: MIT */
/* gpt-header: one GPT header, its fields and the verdict on each (UEFI 2.6, section 5.3.2, table 20). */
#include "partition/gpt-internal.h"

#include <inttypes.h>
#include <string.h>

#include "base/crc32.h"
#include "base/cursor.h"
#include "base/limits.h"

#define CRC_FIELD 16
#define SECTOR_MAXIMUM 4096

/* The first byte from `from` on that is not zero, or size. */
static uint32_t first_nonzero(const uint8_t *sector, uint32_t from, uint32_t size)
{
	while (from < size && !sector[from])
		from++;
	return from;
}

static void parse_fields(const uint8_t *sector, struct gpt_copy *copy)
{
	struct cursor c = cursor_make(sector, GPT_HEADER_MINIMUM);

	cursor_skip(&c, GPT_SIGNATURE_SIZE);
	copy->revision = cursor_le32(&c);
	copy->header_size = cursor_le32(&c);
	copy->header_crc = cursor_le32(&c);
	copy->reserved = cursor_le32(&c);
	copy->my_lba = cursor_le64(&c);
	copy->alternate_lba = cursor_le64(&c);
	copy->first_usable_lba = cursor_le64(&c);
	copy->last_usable_lba = cursor_le64(&c);
	copy->disk_guid = guid_read(&c);
	copy->entries_lba = cursor_le64(&c);
	copy->entry_count = cursor_le32(&c);
	copy->entry_size = cursor_le32(&c);
	copy->entries_crc = cursor_le32(&c);
}

/* The CRC is taken over header_size bytes with the CRC field itself as zero. */
static uint32_t header_crc(const uint8_t *sector, uint32_t size)
{
	static const uint8_t zero[4];
	uint32_t crc = crc32_update(0, sector, CRC_FIELD);

	crc = crc32_update(crc, zero, sizeof(zero));
	return crc32_update(crc, sector + CRC_FIELD + 4, size - CRC_FIELD - 4);
}

static bool entry_size_valid(uint32_t size)
{
	return size >= 128 && (size & (size - 1)) == 0;
}

void gpt_read_header(struct arena *arena, struct view *disk, uint32_t sector_size, uint64_t lba, struct gpt_copy *copy)
{
	uint8_t sector[SECTOR_MAXIMUM];
	struct error err;
	uint64_t offset;

	*copy = (struct gpt_copy){ .lba = lba };
	if (__builtin_mul_overflow(lba, (uint64_t)sector_size, &offset))
		offset = UINT64_MAX;
	copy->offset = offset;
	if (offset > disk->size || sector_size > disk->size - offset) {
		copy->faults = GPT_FAULT_SIGNATURE;
		return;
	}
	if (view_read(disk, offset, sector, sector_size, &err) < 0) {
		copy->header_error = arena_memdup(arena, &err, sizeof(err));
		return;
	}
	if (memcmp(sector, GPT_SIGNATURE, GPT_SIGNATURE_SIZE) != 0) {
		copy->faults = GPT_FAULT_SIGNATURE;
		return;
	}
	copy->found = true;
	parse_fields(sector, copy);

	if (copy->header_size < GPT_HEADER_MINIMUM || copy->header_size > sector_size) {
		copy->faults |= GPT_FAULT_HEADER_SIZE;
	} else {
		copy->computed_header_crc = header_crc(sector, copy->header_size);
		if (copy->computed_header_crc != copy->header_crc)
			copy->faults |= GPT_FAULT_HEADER_CRC;
		copy->trailing = first_nonzero(sector, copy->header_size, sector_size);
		if (copy->trailing < sector_size)
			copy->faults |= GPT_FAULT_RESERVED;
	}
	if (copy->reserved)
		copy->faults |= GPT_FAULT_RESERVED;
	if (copy->revision != 0x00010000)
		copy->faults |= GPT_FAULT_REVISION;
	if (copy->my_lba != lba)
		copy->faults |= GPT_FAULT_MY_LBA;
	if (guid_is_zero(&copy->disk_guid))
		copy->faults |= GPT_FAULT_DISK_GUID;
	if (!entry_size_valid(copy->entry_size))
		copy->faults |= GPT_FAULT_ENTRY_SIZE;
	if (!copy->entry_count)
		copy->faults |= GPT_FAULT_ENTRY_COUNT;
}

uint64_t gpt_array_sectors(const struct gpt_copy *copy, uint32_t sector_size)
{
	/* the product of two 32-bit numbers cannot overflow 64 bits, nor can the sum */
	return ((uint64_t)copy->entry_count * copy->entry_size + sector_size - 1) / sector_size;
}

/* Where the array of entries may lie: behind the primary header or before the backup header, and out of the usable range. When it
 * does not, the field is blamed that is not where every tool puts it. */
static void judge_array(const struct gpt *gpt, struct gpt_copy *copy, bool is_primary)
{
	uint64_t sectors = gpt_array_sectors(copy, gpt->sector_size);
	uint64_t start = copy->entries_lba, end, usual;
	uint64_t first = copy->first_usable_lba, last = copy->last_usable_lba;

	if (!sectors)
		return;
	if (start < 2 || start > gpt->last_lba || start == copy->lba) {
		copy->faults |= GPT_FAULT_ENTRIES_LBA;
		return;
	}
	/* how many sectors it takes is then not known, and that is the one thing to say */
	if (copy->faults & GPT_FAULT_ENTRY_SIZE)
		return;
	usual = is_primary ? copy->lba + 1 : copy->lba - GPT_ARRAY_MINIMUM / gpt->sector_size;
	if (__builtin_add_overflow(start, sectors - 1, &end) || end > gpt->last_lba ||
	    (start < copy->lba && end >= copy->lba)) {
		copy->faults |= start == usual ? GPT_FAULT_ENTRY_COUNT : GPT_FAULT_ENTRIES_LBA;
		return;
	}
	if (first > last || end < first || start > last)
		return;
	usual = is_primary ? copy->lba + 1 : copy->lba - sectors;
	if (start != usual)
		copy->faults |= GPT_FAULT_ENTRIES_LBA;
	else if (!is_primary)
		copy->faults |= GPT_FAULT_LAST_USABLE;
	else if (first < start + (GPT_ARRAY_MINIMUM + gpt->sector_size - 1) / gpt->sector_size)
		copy->faults |= GPT_FAULT_FIRST_USABLE;
	else
		copy->faults |= GPT_FAULT_ENTRY_COUNT;
}

/* The usable range against the other copy's array, which is as long as this one and stands where tools put it. */
static void judge_usable(const struct gpt *gpt, struct gpt_copy *copy, bool is_primary)
{
	uint64_t first = copy->first_usable_lba, last = copy->last_usable_lba;
	uint64_t header = is_primary ? copy->alternate_lba : copy->lba;
	uint64_t sectors = gpt_array_sectors(copy, gpt->sector_size);

	/* last + 1 == first: a table without any room, odd but sound */
	if (first > last && first - last > 1) {
		copy->faults |= first > gpt->last_lba || first >= header ? GPT_FAULT_FIRST_USABLE : GPT_FAULT_LAST_USABLE;
		return;
	}
	if (first < 3)
		copy->faults |= GPT_FAULT_FIRST_USABLE;
	if (copy->faults & (GPT_FAULT_ENTRY_COUNT | GPT_FAULT_ENTRY_SIZE | GPT_FAULT_ENTRIES_LBA))
		sectors = 0;
	if (is_primary) {
		if (copy->faults & GPT_FAULT_ALTERNATE_LBA || copy->alternate_lba <= GPT_PRIMARY_LBA)
			header = gpt->last_lba;
		if (last >= header || (sectors && sectors < header && last > header - sectors - 1))
			copy->faults |= GPT_FAULT_LAST_USABLE;
	} else {
		if (last >= header)
			copy->faults |= GPT_FAULT_LAST_USABLE;
		if (sectors && first < 2 + sectors)
			copy->faults |= GPT_FAULT_FIRST_USABLE;
	}
}

void gpt_judge_header(const struct gpt *gpt, struct gpt_copy *copy, bool is_primary)
{
	uint64_t end;

	if (!copy->found)
		return;
	if (!is_primary) {
		if (copy->alternate_lba != GPT_PRIMARY_LBA)
			copy->faults |= GPT_FAULT_ALTERNATE_LBA;
	} else if (copy->alternate_lba != gpt->last_lba) {
		/* Elsewhere than at the end: a disk that has grown or was cut, unless the place makes no sense or the
		 * backup is at the end all the same. */
		bool overflows = __builtin_mul_overflow(copy->alternate_lba, (uint64_t)gpt->sector_size, &end) ||
				 end > INT64_MAX;
		/* some builders mean by this that there is no backup, and there is none */
		bool none = copy->alternate_lba <= GPT_PRIMARY_LBA;

		if (gpt->backup_place == GPT_BACKUP_AT_END || overflows || (none && gpt->backup_place != GPT_BACKUP_NOWHERE) ||
		    (copy->alternate_lba >= copy->first_usable_lba && copy->alternate_lba <= copy->last_usable_lba))
			copy->faults |= GPT_FAULT_ALTERNATE_LBA;
	}
	judge_array(gpt, copy, is_primary);
	judge_usable(gpt, copy, is_primary);
}

void gpt_fault_range(const struct gpt_copy *copy, enum gpt_fault fault, uint64_t *ret_offset, uint32_t *ret_length)
{
	static const struct {
		enum gpt_fault fault;
		uint8_t offset, length;
	} fields[] = {
		{ GPT_FAULT_SIGNATURE, 0, 8 },      { GPT_FAULT_REVISION, 8, 4 },      { GPT_FAULT_HEADER_SIZE, 12, 4 },
		{ GPT_FAULT_HEADER_CRC, 16, 4 },    { GPT_FAULT_RESERVED, 20, 4 },     { GPT_FAULT_MY_LBA, 24, 8 },
		{ GPT_FAULT_ALTERNATE_LBA, 32, 8 }, { GPT_FAULT_FIRST_USABLE, 40, 8 }, { GPT_FAULT_LAST_USABLE, 48, 8 },
		{ GPT_FAULT_DISK_GUID, 56, 16 },    { GPT_FAULT_ENTRIES_LBA, 72, 8 },  { GPT_FAULT_ENTRY_COUNT, 80, 4 },
		{ GPT_FAULT_ENTRY_SIZE, 84, 4 },    { GPT_FAULT_ENTRIES_CRC, 88, 4 },
	};

	*ret_offset = copy->offset;
	*ret_length = GPT_HEADER_MINIMUM;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (fields[i].fault == fault) {
			*ret_offset = copy->offset + fields[i].offset;
			*ret_length = fields[i].length;
		}
	}
	/* behind the header rather than within it */
	if (fault == GPT_FAULT_RESERVED && !copy->reserved) {
		*ret_offset = copy->offset + copy->trailing;
		*ret_length = 1;
	}
}
