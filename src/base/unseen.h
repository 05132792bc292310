/* SPDX-License-Identifier: MIT */
/* unseen: what could not be looked at, for a limit or since reading failed, kept until the end of the image.
 *
 * A net below the rules: a caller that takes "could not look" for "is not there" would let a defect pass in silence.
 * lint-image.c goes through it in the end.  One process reads one image.
 */
#ifndef BASE_UNSEEN_H
#define BASE_UNSEEN_H

#include "base/error.h"

/* Different ones, in their order; past so many the last stands for all others. */
#define UNSEEN_MOST 16
extern struct error unseen[UNSEEN_MOST];
extern unsigned unseen_count;

/* Keeps a copy, unless it was kept before: the same, or what this one quotes. */
void unseen_note(const struct error *err);

/* The first that is kept with this code, a positive errno; NULL: none. */
const struct error *unseen_with(int code);

/* For a new image: nothing. */
void unseen_begin(void);

#endif
