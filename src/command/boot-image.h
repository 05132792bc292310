/* SPDX-License-Identifier: MIT */
/* boot-image: `vmlint boot IMAGE`: an image of the user's is fetched and linted before it is booted. */
#ifndef COMMAND_BOOT_IMAGE_H
#define COMMAND_BOOT_IMAGE_H

#include <stdbool.h>

#include "base/error.h"
#include "lint/lint.h"

struct boot_options;

/* Where the checks run. */
enum boot_inside {
	BOOT_INSIDE,  /* in the image, by cloud-init */
	BOOT_TRY,	    /* so, if it can be had: nobody knows whether the image has cloud-init */
	BOOT_BESIDE,  /* in the appliance, which has the image as a second disk */
};

struct boot_image {
	const char *argument;	    /* as the user named it; NULL: there is none */
	const char *shown;	    /* the same, without a password */
	const char *path, *format;  /* of a file, and QEMU's name of its container */
	const char *program;	    /* vmlint-guest, for inside */
	const char *note;	    /* of where it comes from, or NULL */
	struct lint_result *lint;   /* what is wrong with it */
	enum boot_inside inside;
	bool force;		    /* boot it although lint finds errors */
	bool stops;		    /* it is not booted */
};

/* Fetches options->image.argument and lints it; sets the rest of it, and the machine by its architecture.  0, or a negative errno
 * with a message: nothing can be done with it, not even report what lint says. */
int boot_image_prepare(struct boot_options *options, struct error *err);

#endif
