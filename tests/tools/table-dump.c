/* SPDX-License-Identifier: MIT */
/* table-dump: prints what the readers make of a disk's partition table, for tests/differential/table.bats.
 *
 *   table-dump DISK     the label, then a line for each partition: number, first LBA, sectors, type, GUID, attributes, name;
 *                       then "faults" if there are any
 *   table-dump -v DISK  before that a line on each copy of a GPT: was it found, would EDK2 take it, its faults, is it used
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "partition/gpt.h"
#include "partition/mbr.h"

static void dump_gpt(const struct gpt *gpt)
{
	bool faults = gpt->primary.faults || gpt->backup.faults || gpt->differences || gpt->overlap_count;
	char type[GUID_TEXT_SIZE], unique[GUID_TEXT_SIZE];

	printf("gpt %s %" PRIu32 "\n", guid_format(&gpt->used->disk_guid, unique), gpt->sector_size);
	for (size_t i = 0; i < gpt->partition_count; i++) {
		const struct gpt_partition *p = &gpt->partitions[i];

		printf("%" PRIu32 " %" PRIu64 " %" PRIu64 " %s %s %" PRIx64 " %s\n", p->number, p->first_lba,
		       p->last_lba - p->first_lba + 1, guid_format(&p->type, type), guid_format(&p->unique, unique),
		       p->attributes, p->name);
		faults = faults || p->faults;
	}
	if (faults)
		puts("faults");
}

static void dump_copies(const struct gpt *gpt)
{
	const struct gpt_copy *copies[] = { &gpt->primary, &gpt->backup };
	static const char *const names[] = { "primary", "backup" };

	for (int i = 0; i < 2; i++)
		printf("copy %s at %" PRIu64 " found %d accepted %d faults %" PRIx32 " used %d\n", names[i], copies[i]->lba,
		       copies[i]->found, copies[i]->accepted, copies[i]->faults, gpt->used == copies[i]);
	printf("present %d leftover %d truncated %d grown %d\n", gpt->present, gpt->leftover, gpt->truncated, gpt->grown);
}

static void dump_mbr(const struct mbr *mbr)
{
	bool faults = mbr->chain != MBR_CHAIN_COMPLETE;

	printf("dos 0x%08" PRIx32 "\n", mbr->disk_signature);
	for (size_t i = 0; i < mbr->partition_count; i++) {
		const struct mbr_partition *p = &mbr->partitions[i];

		printf("%u %" PRIu64 " %" PRIu32 " %x %s\n", p->number, p->first_lba, p->sectors, p->type,
		       p->status == 0x80 ? "active" : "-");
		faults = faults || p->faults;
	}
	if (faults)
		puts("faults");
}

int main(int argc, char **argv)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	const struct gpt *gpt;
	const struct mbr *mbr;
	struct view *disk;
	struct error err;
	struct stat st;
	bool verbose = argc == 3 && !strcmp(argv[1], "-v");
	int fd = argc == 2 || verbose ? open(argv[argc - 1], O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0 || fstat(fd, &st) < 0) {
		fprintf(stderr, "usage: table-dump [-v] DISK\n");
		return 2;
	}
	disk = view_file(arena, fd, (uint64_t)st.st_size);
	if (gpt_read(arena, disk, 0, &gpt, &err) < 0 || mbr_read(arena, disk, gpt->sector_size, &mbr, &err) < 0) {
		fprintf(stderr, "table-dump: %s\n", err.message);
		return 2;
	}
	if (verbose)
		dump_copies(gpt);
	if (gpt->present && gpt->used)
		dump_gpt(gpt);
	else if (mbr->kind == MBR_TABLE)
		dump_mbr(mbr);
	else
		puts("none");
	return 0;
}
