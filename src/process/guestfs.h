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
	/* The listening socket of a new export, and then the helper's socket; a descriptor or a negative errno with a message. */
	int (*make_export)(struct guestfs *guestfs, struct error *err);
	int (*start_helper)(struct guestfs *guestfs, struct error *err);
	/* Why there will be no KVM (code 0), or no libguestfs at all (code not 0): for the images that follow.  May be NULL. */
	void (*tell)(struct guestfs *guestfs, int code, const char *why);

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
