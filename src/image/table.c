/* SPDX-License-Identifier: MIT */
/* table: the partition tables of an image, and the one list of partitions that everything else uses. */
#include <stdlib.h>

#include "image/gather.h"
#include "partition/gpt.h"
#include "partition/mbr.h"

static void list_gpt(struct image *image)
{
	const struct gpt *gpt = image->gpt;
	struct partition *list = ARENA_ARRAY(image->arena, gpt->partition_count, struct partition);

	for (size_t i = 0; i < gpt->partition_count; i++) {
		const struct gpt_partition *p = &gpt->partitions[i];

		list[i] = (struct partition){ .number = (int)p->number, .start = p->start, .size = p->size, .gpt = p };
	}
	image->partitions = list;
	image->partition_count = (unsigned)gpt->partition_count;
}

static void list_mbr(struct image *image)
{
	const struct mbr *mbr = image->mbr;
	struct partition *list = ARENA_ARRAY(image->arena, mbr->partition_count, struct partition);
	unsigned count = 0;

	for (size_t i = 0; i < mbr->partition_count; i++) {
		const struct mbr_partition *p = &mbr->partitions[i];

		if (p->type == MBR_TYPE_PROTECTIVE || mbr_type_extended(p->type))
			continue;
		list[count++] = (struct partition){ .number = (int)p->number, .start = p->start, .size = p->size, .mbr = p };
	}
	image->partitions = list;
	image->partition_count = count;
}

/* EDK2 (PartitionValidMbr) refuses all of an MBR for one primary record that is not on the disk or shares sectors. */
static bool mbr_has_partitions(const struct mbr *mbr)
{
	bool own = false;

	for (size_t i = 0; i < mbr->primary_count; i++) {
		const struct mbr_partition *p = &mbr->partitions[i];

		if (p->faults & (MBR_FAULT_EMPTY | MBR_FAULT_PAST_DISK | MBR_FAULT_OVERLAP))
			return false;
		if (p->type != MBR_TYPE_PROTECTIVE)
			own = true;
	}
	return own;
}

bool image_bypass_gpt(struct image *image)
{
	image->gpt_bypassed = image->have_table == HAVE && image->gpt->present && !image->mbr->protective &&
			      mbr_has_partitions(image->mbr);
	if (image->gpt_bypassed)
		list_mbr(image);
	return image->gpt_bypassed;
}

void image_return_to_gpt(struct image *image)
{
	image->gpt_bypassed = false;
	list_gpt(image);
}

void image_gather_table(struct image *image)
{
	int r = gpt_read(image->arena, image->disk, image->sector_size_option, &image->gpt, &image->table_error);

	if (r == 0)
		r = mbr_read(image->arena, image->disk, image->gpt->sector_size, &image->mbr, &image->table_error);
	if (r < 0) {
		image->have_table = UNREADABLE;
		image->gpt = NULL;
		image->mbr = NULL;
		return;
	}
	if (image->gpt->present)
		list_gpt(image);
	else if (image->mbr->kind == MBR_TABLE)
		list_mbr(image);
	image->have_table = image->gpt->present || image->mbr->kind == MBR_TABLE ? HAVE : ABSENT;
}

struct view *image_partition_view(struct image *image, const struct partition *partition)
{
	return view_slice(image->arena, image->disk, partition->start, partition->size);
}

const struct partition *image_partition(const struct image *image, int number)
{
	for (unsigned i = 0; i < image->partition_count; i++) {
		if (image->partitions[i].number == number)
			return &image->partitions[i];
	}
	return NULL;
}
