/* SPDX-License-Identifier: MIT */
/* keeper: the parent keeps a worker's memory files (block/window.h), so that a worker can write to no file, and what is in them
 * has a bound.
 */
#ifndef PROCESS_KEEPER_H
#define PROCESS_KEEPER_H

#include "base/error.h"
#include "block/window.h"

/* The parent's side. */
struct keeper {
	int files[WINDOW_PURPOSES];       /* descriptors; negative: none */
	uint64_t written[WINDOW_PURPOSES]; /* bytes since the file was emptied */
	struct error error;               /* the first failure since it was asked for; code 0: none */
};

void keeper_open(struct keeper *keeper);
void keeper_close(struct keeper *keeper);

/* Does what a message of RECORD_MEMORY says.  -EPROTO with a message for what no honest worker sends; what fails here is kept for
 * the worker to ask for. */
int keeper_take(struct keeper *keeper, const void *data, size_t size, struct error *err);

/* The worker's side: from here on the files are the parent's at the far end of `socket`.  Descriptors to be kept go into
 * `ret_files` (negative: none).  `wait` asks the parent whether all has gone well. */
void keeper_use(const struct keeper *keeper, int socket, int (*wait)(struct error *err), int ret_files[WINDOW_PURPOSES]);

#endif
