/* SPDX-License-Identifier: MIT */
/* gather: the steps of image_open, each filling its part of struct image.  Nobody else calls them.
 *
 * But for the first, none of them fails: what could not be looked at is UNREADABLE in the image.
 */
#ifndef IMAGE_GATHER_H
#define IMAGE_GATHER_H

#include "image/image.h"

/* The disk in the container.  False, with a message, when there is nothing that rules could judge; true with image->disk
 * NULL when the container is all that they can judge (then the table is UNREADABLE, for that reason). */
bool image_gather_disk(struct image *image, struct error *err, const char **ret_help);
/* What the whole container is asked for after everything was read from it. */
void image_gather_container(struct image *image);
void image_gather_table(struct image *image);   /* gpt, mbr, partitions */
/* For image_gather_esps: lists the partitions of the MBR in place of the GPT's, if firmware would go by them; and goes back. */
bool image_bypass_gpt(struct image *image);
void image_return_to_gpt(struct image *image);
void image_gather_esps(struct image *image);    /* needs the table */
void image_gather_loaders(struct image *image); /* needs the ESPs */
void image_weigh_architecture(struct image *image); /* needs all of them */
/* What is inside, if image_options asks for it; each needs those before it. */
void image_gather_filesystems(struct image *image); /* the superblocks of all partitions */
void image_gather_systems(struct image *image);
void image_close_filesystems(struct image *image);
void image_gather_boot_paths(struct image *image); /* each loader to its entries; needs file systems and systems */
void image_close_boot_paths(struct image *image);
/* Finds out whether the system that boots was seen, and looks further if it may be elsewhere: needs boot paths. */
void image_settle_systems(struct image *image);
void image_look_further(struct image *image);    /* for it: in what is not read in process */
void image_settle_releases(struct image *image); /* likewise: what was found missing may be where we could not look */
/* The kernels that are installed, beside those that boot entries named already, and every release's configuration. */
void image_gather_kernels(struct image *image); /* needs systems and boot paths */
void image_settle_boot_paths(struct image *image); /* what kernels' configurations make of command lines */

#endif
