/* SPDX-License-Identifier: MIT */
/* weigh: which architecture is this image for?  Everything it holds has a say, so that one wrong file does not decide. */
#include "efi/pe.h"
#include "image/gather.h"

/* A name is a statement of intent; a header may be the very mistake that we are to find. */
#define WEIGHT_NAME 4
#define WEIGHT_MACHINE 1

void image_weigh_architecture(struct image *image)
{
	unsigned weight[ARCHITECTURE_COUNT] = { 0 };

	for (unsigned i = 0; i < image->loader_count; i++) {
		const struct loader *l = &image->loaders[i];

		weight[l->architecture] += WEIGHT_NAME;
		if (l->have == HAVE)
			weight[architecture_of_machine(l->pe->machine)] += WEIGHT_MACHINE;
	}
	image->architecture = ARCHITECTURE_UNKNOWN;
	for (int a = ARCHITECTURE_UNKNOWN + 1; a < ARCHITECTURE_COUNT; a++) {
		unsigned best = image->architecture ? weight[image->architecture] : 0;

		if (architectures[a].selectable && weight[a] > best)
			image->architecture = (enum architecture)a;
	}
}
