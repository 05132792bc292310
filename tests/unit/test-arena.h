/* SPDX-License-Identifier: MIT */
/* test-arena: the arena that all tests of one program share, with its set-up and its end. */
#ifndef TESTS_TEST_ARENA_H
#define TESTS_TEST_ARENA_H

#include "base/arena.h"
#include "base/limits.h"

static struct arena *arena;

static int setup(void **state)
{
	(void)state;
	arena = arena_new(64 * MiB);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

#endif
