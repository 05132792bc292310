/* SPDX-License-Identifier: MIT */
/* gpt-fixture: a sound disk for each test of the GPT reader, and the reader's result for it.  Included once by a test program. */
#ifndef TESTS_GPT_FIXTURE_H
#define TESTS_GPT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "disk-bytes.h"
#include "partition/gpt.h"

static struct arena *arena;
static struct disk d;

static inline int setup(void **state)
{
	(void)state;
	arena = arena_new(64 * MiB);
	d = make_disk(512, 400, 128, 128);
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	free(d.bytes);
	return 0;
}

static inline const struct gpt *read_bytes(const void *bytes, size_t size, uint32_t sector_size)
{
	const struct gpt *gpt = NULL;
	struct error err;

	assert_int_equal(gpt_read(arena, view_memory(arena, bytes, size), sector_size, &gpt, &err), 0);
	assert_non_null(gpt);
	return gpt;
}

static inline const struct gpt *read_disk(void)
{
	return read_bytes(d.bytes, d.size, 0);
}

#endif
