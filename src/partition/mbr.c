/* SPDX-License-Identifier: MIT */
/* mbr: the records of LBA 0, and whether they are records at all. */
#include "partition/mbr.h"

#include <errno.h>
#include <string.h>

#include "base/cursor.h"
#include "base/limits.h"
#include "partition/mbr-internal.h"

bool mbr_type_extended(uint8_t type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

bool mbr_signature(const uint8_t sector[MBR_SIZE])
{
	return sector[510] == 0x55 && sector[511] == 0xaa;
}

bool mbr_parse_record(const uint8_t sector[MBR_SIZE], size_t index, struct mbr_partition *p)
{
	struct cursor c = cursor_make(sector, MBR_SIZE);
	const uint8_t *chs;

	*p = (struct mbr_partition){ .record_offset = MBR_RECORDS + index * MBR_RECORD_SIZE };
	cursor_seek(&c, MBR_RECORDS + index * MBR_RECORD_SIZE);
	p->status = cursor_u8(&c);
	chs = cursor_bytes(&c, 3);
	memcpy(p->chs_start, chs, 3);
	p->type = cursor_u8(&c);
	chs = cursor_bytes(&c, 3);
	memcpy(p->chs_end, chs, 3);
	p->first_lba_field = cursor_le32(&c);
	p->sectors = cursor_le32(&c);
	return p->type != MBR_TYPE_EMPTY;
}

void mbr_place(struct mbr_partition *p, uint64_t first_lba, const struct view *disk, uint32_t sector_size)
{
	/* first_lba is below 2^34 and sectors below 2^32: no product here reaches 2^48 */
	p->first_lba = first_lba;
	p->start = first_lba * sector_size;
	p->size = (uint64_t)p->sectors * sector_size;
	if (p->status != 0x00 && p->status != 0x80)
		p->faults |= MBR_FAULT_STATUS;
	if (!p->sectors)
		p->faults |= MBR_FAULT_EMPTY;
	if (!first_lba)
		p->faults |= MBR_FAULT_START;
	if (p->start > disk->size || p->size > disk->size - p->start)
		p->faults |= MBR_FAULT_PAST_DISK;
}

static bool power_of_two(uint32_t n)
{
	return n && (n & (n - 1)) == 0;
}

/* The name of the file system whose boot sector this may be, NULL for none.  GRUB's and other boot code leaves the BIOS
 * parameter block empty, and so is not taken for one. */
static const char *volume_name(const uint8_t sector[MBR_SIZE])
{
	struct cursor c = cursor_make(sector, MBR_SIZE);
	uint32_t sector_size, cluster, reserved, fats, media;

	if (memcmp(sector + 3, "NTFS    ", 8) == 0)
		return "NTFS";
	if (memcmp(sector + 3, "EXFAT   ", 8) == 0)
		return "exFAT";
	if (sector[0] != 0xeb && sector[0] != 0xe9)
		return NULL;
	cursor_seek(&c, 11);
	sector_size = cursor_le16(&c);
	cluster = cursor_u8(&c);
	reserved = cursor_le16(&c);
	fats = cursor_u8(&c);
	cursor_seek(&c, 21);
	media = cursor_u8(&c);
	if (sector_size >= 512 && sector_size <= 4096 && power_of_two(sector_size) && power_of_two(cluster) && reserved &&
	    fats && (media == 0xf0 || media >= 0xf8))
		return "FAT";
	return NULL;
}

/* Do the four records make sense as a table?  mkfs.vfat --mbr writes one that starts at LBA 0, to please a BIOS. */
static bool records_plausible(const uint8_t sector[MBR_SIZE])
{
	bool any = false;

	for (size_t i = 0; i < MBR_RECORD_COUNT; i++) {
		struct mbr_partition p;

		if (!mbr_parse_record(sector, i, &p))
			continue;
		if ((p.status != 0x00 && p.status != 0x80) || !p.first_lba_field || !p.sectors)
			return false;
		any = true;
	}
	return any;
}

static bool share_sectors(const struct mbr_partition *a, const struct mbr_partition *b)
{
	return a->sectors && b->sectors && a->first_lba < b->first_lba + b->sectors && b->first_lba < a->first_lba + a->sectors;
}

static void find_overlaps(struct mbr_partition *partitions, size_t count, size_t primary_count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = i + 1; j < count; j++) {
			/* what is logical lies in an extended one by design */
			if (i < primary_count && j >= primary_count && mbr_type_extended(partitions[i].type))
				continue;
			if (share_sectors(&partitions[i], &partitions[j])) {
				partitions[i].faults |= MBR_FAULT_OVERLAP;
				partitions[j].faults |= MBR_FAULT_OVERLAP;
			}
		}
	}
}

static void read_table(struct arena *arena, struct view *disk, uint32_t sector_size, const uint8_t sector[MBR_SIZE],
		       struct mbr *mbr)
{
	struct mbr_partition *partitions = ARENA_ARRAY(arena, MBR_RECORD_COUNT + LIMIT_MBR_LOGICAL, struct mbr_partition);
	struct cursor c = cursor_make(sector, MBR_SIZE);
	size_t count = 0, others = 0;

	cursor_seek(&c, 440);
	mbr->disk_signature = cursor_le32(&c);
	for (size_t i = 0; i < MBR_RECORD_COUNT; i++) {
		struct mbr_partition *p = &partitions[count];

		if (!mbr_parse_record(sector, i, p))
			continue;
		p->number = (unsigned)i + 1;
		mbr_place(p, p->first_lba_field, disk, sector_size);
		if (p->type != MBR_TYPE_PROTECTIVE)
			others++;
		else if (p->first_lba == 1 && !mbr->protective)
			mbr->protective = p;
		else if (p->first_lba != 1 && !mbr->ee_elsewhere)
			mbr->ee_elsewhere = p;
		count++;
	}
	mbr->hybrid = others && (mbr->protective || mbr->ee_elsewhere);
	mbr->primary_count = count;
	mbr->partitions = partitions;
	mbr->partition_count = mbr_read_logical(arena, disk, sector_size, mbr, partitions, count);
	find_overlaps(partitions, mbr->partition_count, count);
}

int mbr_read(struct arena *arena, struct view *disk, uint32_t sector_size, const struct mbr **ret, struct error *err)
{
	struct mbr *mbr = ARENA_NEW(arena, struct mbr);
	uint8_t sector[MBR_SIZE];
	int r;

	*ret = mbr;
	if (disk->size < MBR_SIZE)
		return 0;
	r = view_read(disk, 0, sector, MBR_SIZE, err);
	if (r < 0)
		return error_prefix(err, r, "master boot record");
	if (!mbr_signature(sector))
		return 0;
	mbr->superfloppy = records_plausible(sector) ? NULL : volume_name(sector);
	mbr->kind = mbr->superfloppy ? MBR_SUPERFLOPPY : MBR_TABLE;
	if (mbr->kind == MBR_TABLE)
		read_table(arena, disk, sector_size, sector, mbr);
	return 0;
}
