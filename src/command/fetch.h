/* SPDX-License-Identifier: MIT */
/* fetch: what a command's IMAGE means: a file's name, an address, or the name of a reference image. */
#ifndef COMMAND_FETCH_H
#define COMMAND_FETCH_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

struct fetched {
	const char *path; /* of a file of this machine; the argument itself if it is a file's name */
	const char *note; /* what the user should know of where it comes from; NULL */
};

/* Gets it, with a progress line on standard error if that is a terminal and not `quiet`.  $VMLINT_REFERENCE_IMAGES names a list
 * that takes the place of ours.  0, or a negative errno with a message. */
int command_fetch(struct arena *arena, const char *argument, bool quiet, struct fetched *ret, struct error *err);

/* The names and descriptions of the reference images, a line each. */
const char *command_references(struct arena *arena);

#endif
