/* SPDX-License-Identifier: MIT */
/* gather: the steps of image_open, each filling its part of struct image.  Nobody else calls them.
 *
 * None of them fails: what could not be looked at is UNREADABLE in the image.
 */
#ifndef IMAGE_GATHER_H
#define IMAGE_GATHER_H

#include "image/image.h"

void image_gather_table(struct image *image);   /* gpt, mbr, partitions */
void image_gather_esps(struct image *image);    /* needs the table */
void image_gather_loaders(struct image *image); /* needs the ESPs */
void image_weigh_architecture(struct image *image); /* needs all of them */

#endif
