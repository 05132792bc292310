/* SPDX-License-Identifier: MIT */
/* watch: did a file change while it was read?  Then what was read at one time does not belong to what was read at another. */
#ifndef PROCESS_WATCH_H
#define PROCESS_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/arena.h"

struct watch {
	int fd;           /* the watch's own; -1: nothing is watched */
	const char *name; /* of a file beside the image; NULL: the image itself */
	int64_t size;     /* bytes; -1: cannot be told */
	struct timespec modified; /* of a device it tells of its node alone, and is not compared */
	bool is_device;
	uint64_t writes;          /* that a device has had; UINT64_MAX: not known */
	uint64_t to_disk;         /* of a partition: those that its disk has had by itself */
};

/* Remembers how the file is.  fd stays the caller's. */
struct watch watch_begin(int fd, const char *name);

/* NULL, or a sentence that says how the file has changed since.  A write within the clock tick of the one before
 * watch_begin (4 ms at most) is not seen, nor is one to a device that the kernel still keeps in
 * memory, or that somebody makes past this machine's kernel. */
const char *watch_changed(struct arena *arena, const struct watch *watch);

void watch_end(struct watch *watch);

#endif
