/* SPDX-License-Identifier: MIT */
/* test_squashfs: the squashfs reader on a file system that mksquashfs made and that was then changed.
 * tests/differential/squashfs.bats compares good ones with their contents. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/unseen.h"
#include "fs/listings.h"
#include "fs/squashfs.h"
#include "linux_bytes.h"
#include "counting_view.h"
#include "visit.h"

static uint8_t *pristine;
static size_t size;

static int setup(void **state)
{
	(void)state;
	pristine = output_of("d=$(mktemp -d) && cd $d && mkdir -p tree/a/b && echo one >tree/a/b/c && ln -s b/c tree/a/link &&"
			     " ln -s / tree/top && seq 1 30000 >tree/numbers && (cd tree && seq 1 300 | xargs touch) &&"
			     " mksquashfs tree v -quiet -no-progress -comp zstd -noI >/dev/null && cat v && rm -rf $d",
			     &size);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(pristine);
	return 0;
}

static struct squashfs *open_it(struct arena *arena, const uint8_t *bytes, size_t length)
{
	struct squashfs *squashfs;
	struct error err;

	if (squashfs_open(arena, view_memory(arena, bytes, length), &squashfs, &err) < 0)
		fail_msg("%s", err.message);
	return squashfs;
}

static void good(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct squashfs *squashfs = open_it(arena, pristine, size);
	struct fs_entry entry;
	struct view *view;
	struct error err;
	const char *path;
	char data[8];

	(void)state;
	assert_int_equal(squashfs->fault, SQUASHFS_GOOD);
	assert_string_equal(squashfs->compression, "zstd");
	assert_false(squashfs->beyond_partition);
	assert_int_equal(fs_resolve(squashfs->fs, arena, "/top/a/link", false, &entry, &path, &err), 0);
	assert_string_equal(path, "/a/b/c");
	assert_int_equal(fs_file_view(squashfs->fs, arena, entry.handle, &view, &err), 0);
	assert_int_equal(view->size, 4);
	assert_int_equal(view_read(view, 1, data, 3, &err), 0);
	assert_memory_equal(data, "ne\n", 3);
	assert_true(squashfs->fs->ops->stat(squashfs->fs, UINT64_MAX, &(struct fs_stat){ 0 }, &err) < 0);
	squashfs_close(squashfs);
	squashfs_close(squashfs);
	squashfs_close(NULL);
}

/* A directory is read once; beyond what look-ups may cost, nothing is missing. */
static void lookups(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct view *view = counting(arena, view_memory(arena, pristine, size));
	struct squashfs *squashfs;
	struct fs_entry entry;
	struct error err;
	uint64_t one;
	unsigned n;

	(void)state;
	assert_int_equal(squashfs_open(arena, view, &squashfs, &err), 0);
	assert_int_equal(fs_resolve(squashfs->fs, arena, "/a/b/c", false, &entry, NULL, &err), 0);
	n = reads;
	one = limit_spent(WORK_LOOKUPS);
	for (int k = 0; k < 50; k++) {
		assert_int_equal(fs_resolve(squashfs->fs, arena, "/a/b/c", false, &entry, NULL, &err), 0);
		assert_int_equal(fs_resolve(squashfs->fs, arena, "/a/b/none", false, &entry, NULL, &err), -ENOENT);
	}
	assert_int_equal(reads, n);
	/* no list again, and no block */
	assert_in_range(limit_spent(WORK_LOOKUPS) - one, 100 * 3 * COST_COMPONENT,
			100 * (3 * COST_COMPONENT + 500 * COST_COMPARED));
	squashfs_close(squashfs);

	/* whatever is left when it is asked: what is there is never missing */
	assert_int_equal(squashfs_open(arena, view, &squashfs, &err), 0);
	for (uint64_t left = 0; left < 320000000; left += 2000000) {
		int r;

		limits_begin_image();
		assert_int_equal(limit_spend(WORK_LOOKUPS, limit_of(WORK_LOOKUPS) - left, &err), 0);
		r = fs_resolve(squashfs->fs, arena, "/a/b/c", false, &entry, NULL, &err);
		if (!left)
			assert_int_equal(r, -EFBIG);
		if (r < 0 && (r != -EFBIG || !unseen_with(EFBIG)))
			fail_msg("with %u left: %d, %s", (unsigned)left, r, err.message);
	}
	limits_begin_image();
	assert_int_equal(fs_resolve(squashfs->fs, arena, "/top/a/link", false, &entry, NULL, &err), 0);
	squashfs_close(squashfs);
}

static void superblocks(void **state)
{
	static const struct {
		size_t offset, length;
		enum squashfs_fault fault;
	} cases[] = {
		{ 0, 4, SQUASHFS_NO_MAGIC },   { 12, 4, SQUASHFS_CORRUPT },	{ 20, 2, SQUASHFS_UNSUPPORTED },
		{ 28, 2, SQUASHFS_UNSUPPORTED }, { 64, 8, SQUASHFS_CORRUPT },
		{ 72, 8, SQUASHFS_CORRUPT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
		uint8_t *copy = arena_memdup(arena, pristine, size);
		struct squashfs *squashfs;

		memset(copy + cases[i].offset, 0x7b, cases[i].length);
		squashfs = open_it(arena, copy, size);
		if (squashfs->fault != cases[i].fault)
			fail_msg("case %zu: fault %d (%s)", i, squashfs->fault, squashfs->problem ? squashfs->problem : "-");
		assert_null(squashfs->fs);
	}
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct squashfs *squashfs = open_it(arena, pristine, 5000);

	assert_true(squashfs->beyond_partition && !squashfs->fs);
	assert_int_equal(open_it(arena, pristine, 50)->fault, SQUASHFS_NO_MAGIC);
}

/* Random damage, which with -noI meets the inodes themselves: no crash, no hang, whatever is answered. */
static void damage(void **state)
{
	uint32_t seed = 3;

	(void)state;
	for (int round = 0; round < 300; round++) {
		ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
		uint8_t *copy = arena_memdup(arena, pristine, size);
		struct squashfs *squashfs;
		unsigned budget = 400;
		struct error err;

		for (int n = 0; n < 1 + round % 8; n++) {
			seed = seed * 1664525 + 1013904223;
			copy[n % 3 ? (seed >> 8) % size : 8 + (seed >> 8) % 88] = (uint8_t)(seed >> 3);
		}
		if (squashfs_open(arena, view_memory(arena, copy, size), &squashfs, &err) == 0 && squashfs->fs) {
			visit(squashfs->fs, arena, squashfs->fs->root, "security.selinux", &budget, 8);
			squashfs_close(squashfs);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(good), cmocka_unit_test(lookups),
					    cmocka_unit_test(superblocks), cmocka_unit_test(damage) };

	return cmocka_run_group_tests(tests, setup, teardown);
}
