/* SPDX-License-Identifier: MIT */
/* releases: what kernels.c, releases.c and drivers.c share and nobody else sees. */
#ifndef IMAGE_RELEASES_H
#define IMAGE_RELEASES_H

#include "image/image.h"
#include "image/kernels.h"

/* A folder of modules that was looked into. */
struct module_folder {
	struct module_folder *next;
	const char *path; /* below the release's folder, without slashes at its ends */
	const struct fs_entry *entries;
	size_t count;
	bool unreadable;
};

struct release_state {
	struct image *image;
	struct kernel_release *release;
	const struct kernel_file *file; /* the first kernel of this release; NULL: none */
	uint64_t modules_handle;        /* of the folder, in the system's tree */
	bool config_read, modules_read, aliases_read;
	struct modules *modules;
	struct module_folder *folders;
};

/* The release of that name, made when this is first called for it.  `beside` is the file system of a kernel of it, or NULL: a
 * system that it belongs to is preferred. */
struct kernel_release *image_release(struct image *image, const char *name, const struct filesystem *beside);

/* Adds modules.alias to the lists: a long one, which soft dependencies alone need. */
void release_read_aliases(const struct kernel_release *release);


#endif
