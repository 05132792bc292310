/* SPDX-License-Identifier: MIT */
/* death: why there is no verdict on an image, or a record, whose reader has ended, in the user's words. */
#ifndef PROCESS_DEATH_H
#define PROCESS_DEATH_H

#include "base/arena.h"

/* status: from waitpid; what: "image" or "record", which was read.  The text, "the reader was stopped by ...", lives in
 * the arena. */
const char *death_describe(struct arena *arena, int status, const char *what);

/* The same of a reader whose helper was ended by signal `number`. */
const char *death_of_helper(struct arena *arena, int number);

#endif
