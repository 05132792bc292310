/* SPDX-License-Identifier: MIT */
/* mbr-logical: the chain of extended boot records.
 *
 * Each has two records: a logical partition, counted from this boot record, and the next boot record, counted from the start of
 * the extended partition.  The chain comes from the image: it is followed for a bounded number of steps and never back to a
 * record that was seen.
 */
#include "partition/mbr-internal.h"

#include "base/limits.h"

struct chain {
	struct view *disk;
	uint32_t sector_size;
	const struct mbr_partition *extended;
	uint64_t seen[LIMIT_MBR_LOGICAL]; /* LBAs of the boot records, over all extended partitions */
	size_t seen_count;
};

static bool was_seen(const struct chain *chain, uint64_t lba)
{
	for (size_t i = 0; i < chain->seen_count; i++)
		if (chain->seen[i] == lba)
			return true;
	return false;
}

static enum mbr_chain read_boot_record(struct arena *arena, struct chain *chain, uint64_t lba, uint8_t sector[MBR_SIZE],
				       struct mbr *mbr)
{
	uint64_t offset = lba * chain->sector_size; /* lba is below 2^34 */
	struct error err;

	mbr->chain_offset = offset;
	if (was_seen(chain, lba))
		return MBR_CHAIN_LOOP;
	if (chain->seen_count == LIMIT_MBR_LOGICAL)
		return MBR_CHAIN_LIMIT;
	chain->seen[chain->seen_count++] = lba;
	if (lba < chain->extended->first_lba || lba - chain->extended->first_lba >= chain->extended->sectors ||
	    offset > chain->disk->size || MBR_SIZE > chain->disk->size - offset)
		return MBR_CHAIN_OUTSIDE;
	if (view_read(chain->disk, offset, sector, MBR_SIZE, &err) < 0) {
		mbr->chain_error = arena_memdup(arena, &err, sizeof(err));
		return MBR_CHAIN_UNREADABLE;
	}
	return mbr_signature(sector) ? MBR_CHAIN_COMPLETE : MBR_CHAIN_SIGNATURE;
}

static size_t follow(struct arena *arena, struct chain *chain, struct mbr *mbr, struct mbr_partition *partitions, size_t count)
{
	uint64_t first = chain->extended->first_lba, extended_end = first + chain->extended->sectors, lba = first;
	uint8_t sector[MBR_SIZE];

	for (;;) {
		struct mbr_partition next, *p = &partitions[count];
		enum mbr_chain broken = read_boot_record(arena, chain, lba, sector, mbr);

		if (broken != MBR_CHAIN_COMPLETE) {
			mbr->chain = broken;
			return count;
		}
		/* an empty first record is usual where the first logical partition was deleted */
		if (mbr_parse_record(sector, 0, p)) {
			p->number = (unsigned)(MBR_RECORD_COUNT + 1 + count - mbr->primary_count);
			p->record_offset += lba * chain->sector_size;
			mbr_place(p, lba + p->first_lba_field, chain->disk, chain->sector_size);
			if (p->first_lba <= lba || p->first_lba + p->sectors > extended_end)
				p->faults |= MBR_FAULT_OUTSIDE;
			count++;
		}
		if (!mbr_parse_record(sector, 1, &next) || !mbr_type_extended(next.type))
			return count;
		lba = first + next.first_lba_field;
	}
}

size_t mbr_read_logical(struct arena *arena, struct view *disk, uint32_t sector_size, struct mbr *mbr,
			struct mbr_partition *partitions, size_t count)
{
	struct chain chain = { .disk = disk, .sector_size = sector_size };
	size_t primaries = count;

	for (size_t i = 0; i < primaries && mbr->chain == MBR_CHAIN_COMPLETE; i++) {
		if (!mbr_type_extended(partitions[i].type))
			continue;
		chain.extended = &partitions[i];
		count = follow(arena, &chain, mbr, partitions, count);
	}
	if (mbr->chain == MBR_CHAIN_COMPLETE)
		mbr->chain_offset = 0;
	return count;
}
