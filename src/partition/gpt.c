/* SPDX-License-Identifier: MIT */
/* gpt: which sector size the disk has, where the backup is, and the two copies put together. */
#include "partition/gpt-internal.h"

#include <errno.h>

#include "base/limits.h"
#include "partition/mbr.h"

static const uint32_t sector_sizes[] = { 512, 4096 };
#define SECTOR_SIZES (sizeof(sector_sizes) / sizeof(sector_sizes[0]))

/* How much a header speaks for the sector size with which it was found. */
enum {
	WEIGHT_SIGNATURE = 1,
	WEIGHT_MY_LBA = 2,
	WEIGHT_CHECKSUM = 8,
};

struct candidate {
	uint32_t sector_size;
	uint64_t last_lba;
	struct gpt_copy primary, backup; /* the headers at the first and the last place */
	unsigned weight;
	bool checksum; /* at least one header's is right */
};

static unsigned weigh(const struct gpt_copy *copy)
{
	unsigned weight = 0;

	if (copy->found) {
		weight += WEIGHT_SIGNATURE;
		if (!(copy->faults & GPT_FAULT_MY_LBA))
			weight += WEIGHT_MY_LBA;
		if (!(copy->faults & (GPT_FAULT_HEADER_SIZE | GPT_FAULT_HEADER_CRC)))
			weight += WEIGHT_CHECKSUM;
	}
	return weight;
}

static struct candidate look(struct arena *arena, struct view *disk, uint32_t sector_size)
{
	struct candidate c = { .sector_size = sector_size };
	uint64_t sectors = disk->size / sector_size;
	unsigned primary, backup;

	c.last_lba = sectors ? sectors - 1 : 0;
	gpt_read_header(arena, disk, sector_size, GPT_PRIMARY_LBA, &c.primary);
	if (c.last_lba > GPT_PRIMARY_LBA)
		gpt_read_header(arena, disk, sector_size, c.last_lba, &c.backup);
	else
		c.backup = (struct gpt_copy){ .lba = c.last_lba,
					      .offset = c.last_lba * sector_size,
					      .faults = GPT_FAULT_SIGNATURE };
	primary = weigh(&c.primary);
	backup = weigh(&c.backup);
	/* the primary's place is the more telling one: a backup of either size may be a leftover */
	c.weight = 2 * primary + backup;
	c.checksum = primary >= WEIGHT_CHECKSUM || backup >= WEIGHT_CHECKSUM;
	return c;
}

static const struct candidate *choose(const struct candidate candidates[SECTOR_SIZES], struct gpt *gpt)
{
	const struct candidate *best = &candidates[0], *forced = NULL;

	for (size_t i = 0; i < SECTOR_SIZES; i++) {
		if (candidates[i].weight > best->weight)
			best = &candidates[i];
		if (candidates[i].sector_size == gpt->forced_sector_size)
			forced = &candidates[i];
	}
	gpt->both_sector_sizes = candidates[0].checksum && candidates[1].checksum;
	gpt->sector_size_known = best->weight > 0;
	if (!forced || forced == best)
		return best;
	/* Without any header, or with as good a table for either size, the caller's word counts. */
	if (!best->weight || forced->checksum || (forced->weight && !best->checksum))
		return forced;
	gpt->sector_size_contradicted = true;
	return best;
}

static bool intact(const struct gpt_copy *copy)
{
	return copy->found && !(copy->faults & GPT_FAULTS_DAMAGE);
}

/* The backup is wanted at the last LBA; if it is not there, where else the disk says that it is. */
static void find_backup(struct arena *arena, struct view *disk, const struct mbr *mbr, struct gpt *gpt)
{
	struct gpt_copy other;
	uint64_t lba;

	if (gpt->backup.found || gpt->backup.header_error) {
		gpt->backup_place = gpt->backup.found ? GPT_BACKUP_AT_END : GPT_BACKUP_NOWHERE;
		return;
	}
	lba = gpt->primary.found ? gpt->primary.alternate_lba : 0;
	if (lba > GPT_PRIMARY_LBA && lba < gpt->last_lba) {
		gpt_read_header(arena, disk, gpt->sector_size, lba, &other);
		if (other.found) {
			gpt->backup = other;
			gpt->backup_place = GPT_BACKUP_AT_ALTERNATE;
			return;
		}
	}
	lba = mbr->protective ? mbr->protective->sectors : 0;
	if (lba > GPT_PRIMARY_LBA && lba < gpt->last_lba && !intact(&gpt->primary)) {
		gpt_read_header(arena, disk, gpt->sector_size, lba, &other);
		if (intact(&other)) {
			gpt->backup = other;
			gpt->backup_place = GPT_BACKUP_BY_MBR;
		}
	}
}

/* A backup without a primary, on a disk that says in LBA 0 that it is something else: firmware does not look for a GPT there, and
 * the disk had one once. */
static bool is_leftover(const struct gpt *gpt, const struct mbr *mbr)
{
	if (gpt->primary.found || gpt->primary.header_error || !gpt->backup.found)
		return false;
	return mbr->kind == MBR_SUPERFLOPPY || (mbr->partition_count && !mbr->protective && !mbr->ee_elsewhere);
}

static void judge_size(struct gpt *gpt)
{
	const struct gpt_copy *primary = &gpt->primary;
	uint64_t needed;

	if (gpt->backup_place == GPT_BACKUP_AT_ALTERNATE || gpt->backup_place == GPT_BACKUP_BY_MBR) {
		gpt->grown = true;
		return;
	}
	if (!intact(primary) || primary->faults & GPT_FAULT_ALTERNATE_LBA)
		return;
	/* ALTERNATE_LBA would be set if this overflowed, or if the backup were at the end */
	if (primary->alternate_lba > gpt->last_lba && !gpt->backup.header_error &&
	    !__builtin_mul_overflow(primary->alternate_lba + 1, (uint64_t)gpt->sector_size, &needed)) {
		gpt->truncated = true;
		gpt->needed_bytes = needed;
	} else if (primary->alternate_lba < gpt->last_lba && primary->alternate_lba > GPT_PRIMARY_LBA &&
		   !gpt->backup.header_error) {
		gpt->grown = true;
	}
}

/* How far a copy that is not accepted can still be believed; 0: not at all.  What a damaged header leads to may be anything,
 * but it is the entries if their checksum says so. */
static unsigned credit(const struct gpt_copy *copy)
{
	if (!copy->found || !copy->entries_read)
		return 0;
	return (copy->faults & GPT_FAULT_ENTRIES_CRC ? 0 : 2) + (copy->faults & GPT_FAULTS_DAMAGE ? 0 : 1);
}

static void choose_copy(struct gpt *gpt)
{
	unsigned primary = credit(&gpt->primary), backup = credit(&gpt->backup);

	gpt->bootable_table = gpt->primary.accepted ||
			      (gpt->backup.accepted && gpt->backup_place == GPT_BACKUP_AT_END);
	if (primary && primary >= backup)
		gpt->used = &gpt->primary;
	else if (backup)
		gpt->used = &gpt->backup;
	if (gpt->used) {
		gpt->partitions = gpt->used->partitions;
		gpt->partition_count = gpt->used->partition_count;
	}
}

int gpt_read(struct arena *arena, struct view *disk, uint32_t sector_size, const struct gpt **ret, struct error *err)
{
	struct candidate candidates[SECTOR_SIZES];
	struct gpt *gpt = ARENA_NEW(arena, struct gpt);
	const struct candidate *chosen;
	const struct mbr *mbr;
	int r;

	for (size_t i = 0; i < SECTOR_SIZES; i++)
		candidates[i] = look(arena, disk, sector_sizes[i]);
	gpt->forced_sector_size = sector_size;
	chosen = choose(candidates, gpt);
	gpt->sector_size = chosen->sector_size;
	gpt->disk_size = disk->size;
	gpt->last_lba = chosen->last_lba;
	gpt->primary = chosen->primary;
	gpt->backup = chosen->backup;
	r = mbr_read(arena, disk, gpt->sector_size, &mbr, err);
	if (r < 0)
		return r;
	find_backup(arena, disk, mbr, gpt);

	gpt->leftover = is_leftover(gpt, mbr);
	gpt->present = (gpt->primary.found || gpt->backup.found) && !gpt->leftover;
	if (!gpt->present) {
		const struct error *unread = gpt->primary.header_error ? gpt->primary.header_error :
									 gpt->backup.header_error;

		/* nobody knows whether a table stands where we could not look */
		if (unread && !gpt->leftover)
			return error_set(err, unread->code, "partition table: %s", unread->message);
		*ret = gpt;
		return 0;
	}
	gpt_judge_header(gpt, &gpt->primary, true);
	gpt_judge_header(gpt, &gpt->backup, false);
	judge_size(gpt);
	gpt_read_entries(arena, disk, gpt, &gpt->primary);
	gpt_read_entries(arena, disk, gpt, &gpt->backup);
	choose_copy(gpt);
	gpt_compare_partitions(arena, gpt);
	gpt_compare_copies(arena, gpt);
	*ret = gpt;
	return 0;
}
