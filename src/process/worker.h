/* SPDX-License-Identifier: MIT */
/* worker: the process that reads one image, or the record of one guest, and judges it. */
#ifndef PROCESS_WORKER_H
#define PROCESS_WORKER_H

#include <stdint.h>

#include "lint/lint.h"
#include "process/keeper.h"

enum worker_subject { WORKER_IMAGE, WORKER_RECORD };

/* Reads the image or the record in `fd` (open for reading, `size` bytes), runs the rules, sends the result over `socket`
 * and returns the process's exit status.  Called in a process of its own, right after fork.  keeper: the parent's memory
 * files. */
int worker_run(enum worker_subject subject, const char *name, int fd, uint64_t size, int socket, const struct keeper *keeper,
	       const struct lint_options *options);

#endif
