/* SPDX-License-Identifier: MIT */
/* image: opens the container and gathers the facts, in the order in which firmware would come by them. */
#include "image/image.h"

#include "base/limits.h"
#include "image/gather.h"

struct image *image_open(struct arena *arena, const char *name, struct view *file, const struct image_options *options,
			 const struct image_services *services, struct error *err, const char **ret_help)
{
	struct image *image = ARENA_NEW(arena, struct image);

	*ret_help = NULL;
	limits_begin_image();
	image->arena = arena;
	image->name = name;
	image->file = file;
	image->services = *services;
	image->sector_size_option = options->sector_size;
	image->thorough = options->thorough;
	image->verbose = options->verbose;
	image->reader = options->reader;
	if (!image_gather_disk(image, err, ret_help))
		return NULL;
	if (image->disk) {
		image_gather_table(image);
		image_gather_esps(image);
		image_gather_loaders(image);
		image_weigh_architecture(image);
	}
	if (options->architecture)
		image->architecture = options->architecture;
	if (options->system) {
		image->has_system_facts = true;
		image_gather_filesystems(image);
		image_gather_systems(image);
		image_gather_boot_paths(image);
		image_settle_systems(image);
		image_gather_kernels(image);
		image_settle_boot_paths(image);
	}
	image_gather_container(image);
	return image;
}

void image_close(struct image *image)
{
	if (!image)
		return;
	image_close_boot_paths(image);
	image_close_filesystems(image);
}
