/* SPDX-License-Identifier: MIT */
/* image: opens the container and gathers the facts, in the order in which firmware would come by them. */
#include "image/image.h"

#include "block/qcow2.h"
#include "image/gather.h"

/* The disk in the container; false with a message when there is none that could be judged. */
static bool open_disk(struct image *image, struct error *err)
{
	unsigned char start[8] = { 0 };
	size_t length = image->file->size < sizeof(start) ? (size_t)image->file->size : sizeof(start);

	if (view_read(image->file, 0, start, length, err) < 0)
		return false;
	if (!qcow2_probe(start, length)) {
		image->format = "raw";
		image->disk = image->file;
		return true;
	}
	image->format = "qcow2";
	if (qcow2_open(image->arena, image->file, &image->qcow2, err) < 0)
		return false;
	image->disk = qcow2_view(image->qcow2);
	return true;
}

struct image *image_open(struct arena *arena, const char *name, struct view *file, const struct image_options *options,
			 const struct image_services *services, struct error *err, const char **ret_help)
{
	struct image *image = ARENA_NEW(arena, struct image);

	*ret_help = NULL;
	image->arena = arena;
	image->name = name;
	image->file = file;
	image->services = *services;
	image->sector_size_option = options->sector_size;
	image->thorough = options->thorough;
	image->verbose = options->verbose;
	if (!open_disk(image, err))
		return NULL;
	if (image->disk) {
		image_gather_table(image);
		image_gather_esps(image);
		image_gather_loaders(image);
		image_weigh_architecture(image);
	}
	if (options->architecture)
		image->architecture = options->architecture;
	return image;
}
