/* SPDX-License-Identifier: MIT */
/* names: a set of strings, each with the number under which it was added, for quick look-up. */
#ifndef LINUX_NAMES_H
#define LINUX_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define NAMES_NONE UINT32_MAX

struct name {
	const char *text; /* not NUL-terminated */
	uint32_t length, hash;
};

struct names {
	struct arena *arena;
	struct name *list; /* in the order in which they were added */
	uint32_t count, capacity;
	uint32_t *slots; /* number + 1, 0 for an empty one; slot_count is a power of two */
	uint32_t slot_count;
};

/* An empty set whose memory is the arena's. */
struct names names_make(struct arena *arena);

/* The number of the name, or NAMES_NONE. */
uint32_t names_find(const struct names *names, const char *text, size_t length);

/* The number of the name, which is added if it is new (its number is names->count before the call then).  The text is not
 * copied.  Callers bound how many they add. */
uint32_t names_add(struct names *names, const char *text, size_t length);

#endif
