/* SPDX-License-Identifier: MIT */
/* opinion: asks libfdisk what it makes of the partition table. */
#include <unistd.h>

#include "image/image.h"
#include "partition/fdisk.h"

const char *const *image_second_opinion(struct image *image)
{
	const char **failed = ARENA_ARRAY(image->arena, 2, const char *);
	const struct fdisk_opinion *opinion;
	struct error err;
	int fd, r;

	if (image->have_table == UNREADABLE || !image->gpt)
		return failed;
	fd = fdisk_memory_file(&err);
	if (fd < 0) {
		failed[0] = arena_printf(image->arena, "libfdisk could not be asked: %s", err.message);
		return failed;
	}
	r = fdisk_ask_opinion(image->arena, image->disk, image->gpt->sector_size, fd, &opinion, &err);
	close(fd);
	if (r < 0) {
		failed[0] = arena_printf(image->arena, "libfdisk could not be asked: %s", err.message);
		return failed;
	}
	return fdisk_compare(image->arena, opinion, image->gpt, image->mbr);
}
