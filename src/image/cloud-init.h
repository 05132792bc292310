/* SPDX-License-Identifier: MIT */
/* cloud-init: will the system in an image ask a volume of NoCloud what to do when it boots? */
#ifndef IMAGE_CLOUD_INIT_H
#define IMAGE_CLOUD_INIT_H

#include "image/image.h"

enum cloud_init { CLOUD_INIT_UNKNOWN, CLOUD_INIT_ABSENT, CLOUD_INIT_PRESENT };

/* Of an image whose system was gathered.  ABSENT, too, where it is disabled or told to ask others than NoCloud; UNKNOWN where the
 * root could not be looked at, or does not show itself. */
enum cloud_init image_cloud_init(struct image *image);

#endif
