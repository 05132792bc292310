/* SPDX-License-Identifier: MIT */
/* counting_view: a view that counts the reads of another one, for tests of what is read again and of what look-ups cost. */
#ifndef TESTS_UNIT_COUNTING_VIEW_H
#define TESTS_UNIT_COUNTING_VIEW_H

#include "base/limits.h"
#include "block/view.h"

static unsigned reads;

static int counting_read(struct view *view, uint64_t offset, void *data, size_t length, struct error *err)
{
	reads++;
	return view_read(view->state, offset, data, length, err);
}

/* Counts from nothing, as what look-ups cost does then.  In the arena; `inner` must outlive it. */
static struct view *counting(struct arena *arena, struct view *inner)
{
	static const struct view_ops ops = { .read = counting_read };
	struct view *view = ARENA_NEW(arena, struct view);

	*view = (struct view){ .ops = &ops, .size = inner->size, .state = inner };
	limits_begin_image();
	reads = 0;
	return view;
}

#endif
