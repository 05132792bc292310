/* SPDX-License-Identifier: MIT */
/* test_esp: how many FATs are opened in search of an EFI system partition that no entry of the table says is one. */
#include <errno.h>

#include "base/unseen.h"
#include "fat_volume.h"

#include "image/gather.h"
#include "partition/gpt.h"
#include "partition/mbr.h"

#define STRIDE (16 * MiB)
#define MOST 200

/* A disk with the same volume at each multiple of STRIDE. */
struct disk {
	struct view view;
	const struct volume *volume;
	bool opened[MOST];
};

static int disk_read(struct view *view, uint64_t offset, void *data, size_t length, struct error *err)
{
	struct disk *disk = view->state;
	uint64_t at = offset % STRIDE, n;

	(void)err;
	memset(data, 0, length);
	n = at < disk->volume->size ? disk->volume->size - at : 0;
	memcpy(data, disk->volume->bytes + at, n < length ? n : length);
	/* the table itself */
	if (at >= disk->volume->fat && n)
		disk->opened[offset / STRIDE] = true;
	return 0;
}

/* Searches among `count` partitions; returns how many FATs were read. */
static unsigned search(struct image *image, struct disk *disk, struct partition *partitions, unsigned count)
{
	static const struct view_ops ops = { .read = disk_read };
	static struct gpt gpt;
	static struct mbr mbr;
	unsigned opened = 0;

	memset(disk->opened, 0, sizeof(disk->opened));
	disk->view = (struct view){ .ops = &ops, .size = MOST * STRIDE, .state = disk };
	*image = (struct image){ .arena = disk->volume->arena, .disk = &disk->view, .gpt = &gpt, .mbr = &mbr, .have_table = HAVE,
				 .partitions = partitions, .partition_count = count };
	limits_begin_image();
	image_gather_esps(image);
	for (unsigned i = 0; i < MOST; i++)
		opened += disk->opened[i];
	return opened;
}

static void many(void **state)
{
	static const struct mbr_partition other = { .type = 0x83 };
	struct volume v = make(16, 20000);
	struct disk disk = { .volume = &v };
	struct partition partitions[MOST];
	struct image image;

	(void)state;
	assert_true(v.size < STRIDE);
	memcpy(cluster(&v, 4) + 64, "NOTHING ", 8);
	for (unsigned i = 0; i < MOST; i++)
		partitions[i] = (struct partition){ .number = (int)i + 1, .start = i * STRIDE, .size = STRIDE, .mbr = &other };
	/* so many are an answer */
	assert_int_equal(search(&image, &disk, partitions, 20), 20);
	assert_int_equal(image.esp_count, 0);
	assert_int_equal(unseen_count, 0);
	/* more are none */
	assert_int_equal(search(&image, &disk, partitions, LIMIT_FILESYSTEMS), LIMIT_FILESYSTEMS);
	assert_int_equal(image.esp_count, 0);
	assert_int_equal(unseen_count, 0);
	assert_int_equal(search(&image, &disk, partitions, MOST), LIMIT_FILESYSTEMS + 1);
	assert_int_equal(image.esp_count, 1);
	assert_int_equal(image.esps[0].have, UNREADABLE);
	assert_int_equal(image.esps[0].error.code, EFBIG);
	assert_non_null(unseen_with(EFBIG));
	/* one that many entries have is one */
	for (unsigned i = 0; i < MOST; i++)
		partitions[i].start = 5 * STRIDE;
	assert_int_equal(search(&image, &disk, partitions, MOST), 1);
	assert_int_equal(image.esp_count, 0);
	assert_int_equal(unseen_count, 0);
	/* that one may be it, and is found once */
	memcpy(cluster(&v, 4) + 64, "BOOTAA64", 8);
	assert_int_equal(search(&image, &disk, partitions, MOST), 1);
	assert_int_equal(image.esp_count, 1);
	assert_int_equal(image.esps[0].have, HAVE);
	done(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(many) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
