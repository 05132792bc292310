/* SPDX-License-Identifier: MIT */
/* guestfs: the worker's dealings with libguestfs: started once for an image, when something must be read that we have no
 * reader for; keys of LUKS; what the user is told of it.
 */
#ifndef PROCESS_GUESTFS_H
#define PROCESS_GUESTFS_H

#include "fs/appliance.h"
#include "image/image.h"
#include "lint/lint.h"

struct guestfs {
	const struct lint_options *options; /* whose keys are used */
	/* The socket of a helper that was started; a descriptor or a negative errno with a message. */
	int (*start_helper)(struct guestfs *guestfs, struct error *err);

	/* guestfs.c's own; zero at first */
	struct image *image;
	bool tried;
	struct error error;
	int listener, socket;
	struct nbd_export *export;
	struct appliance *appliance;
	unsigned char *opened; /* by partition number + 1: its LUKS is open */
};

/* image_services' functions; `context` is a struct guestfs. */
int guestfs_list_volumes(void *context, struct image *image, struct helper_volume **ret, unsigned *ret_count,
			 struct error *err);
int guestfs_open_filesystem(void *context, struct image *image, const struct filesystem *filesystem, const char *subvolume,
			    struct fs **ret, struct error *err);

/* Ends it all; file systems that were opened are of no use any more. */
void guestfs_finish(struct guestfs *guestfs);

#endif
