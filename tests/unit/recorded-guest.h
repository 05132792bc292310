/* SPDX-License-Identifier: MIT */
/* recorded-guest: reads the records of real machines in tests/guest. */
#ifndef TESTS_RECORDED_GUEST_H
#define TESTS_RECORDED_GUEST_H

#include <stdlib.h>

#include "guest/gather.h"
#include "guest/record.h"
#include "test-arena.h"

/* tests/guest/NAME.record; lives in the arena */
static const struct guest *recorded_guest(const char *name)
{
	const struct guest *guest;
	struct error err;
	size_t size;
	char *path = arena_printf(arena, "tests/guest/%s.record", name), *text = file_read(path, 1 * MiB, &size);

	if (!text)
		fail_msg("%s cannot be read: tests run in the top folder", path);
	assert_int_equal(guest_read(arena, text, size, &guest, &err), 0);
	free(text);
	return guest;
}

#endif
