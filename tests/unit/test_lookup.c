/* SPDX-License-Identifier: MIT */
/* test_lookup: what looking up files costs, counted in questions to a file system and in what they are charged as. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/unseen.h"
#include "fs/fs.h"
#include "fs/listings.h"
#include "memory_fs.h"

static unsigned lists;

static int counting_readdir(struct fs *fs, struct arena *arena, uint64_t handle, struct fs_entry **ret, size_t *ret_count,
			    struct error *err)
{
	lists++;
	return memory_readdir(fs, arena, handle, ret, ret_count, err);
}

static const struct fs_ops counting_ops = { memory_stat, counting_readdir, memory_readlink, NULL, memory_pread, NULL, NULL };

/* A chain of links in /etc, each of which leads through the root 190 times before the next. */
static struct memory_fs *chain_of_links(struct arena *arena, unsigned links)
{
	struct memory_fs *m = memory_fs_new(arena);
	char path[64], *target;

	m->fs.ops = &counting_ops;
	memory_fs_add(m, arena, "/a/x", FS_FILE, "", 0);
	for (unsigned i = 0; i < links; i++) {
		target = arena_alloc(arena, 4096);
		strcpy(target, "/");
		for (unsigned k = 0; k < 190; k++)
			strcat(target, "a/../");
		sprintf(target + strlen(target), i + 1 < links ? "etc/f%u" : "a/x", i + 1);
		sprintf(path, "/etc/f%u", i);
		memory_fs_add(m, arena, arena_strdup(arena, path), FS_SYMLINK, target, strlen(target));
	}
	lists = 0;
	limits_begin_image();
	return m;
}

/* Each listing is charged, and what is charged has an end, from which on nothing is there and nothing is missing. */
static void budget(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct memory_fs *m = chain_of_links(arena, 38);
	struct fs_entry entry;
	struct error err;
	uint64_t one, left;
	unsigned n = 0;
	int r;

	(void)state;
	assert_int_equal(fs_resolve(&m->fs, arena, "/etc/f0", false, &entry, NULL, &err), 0);
	assert_int_equal(lists, 38 * 192 + 2);
	one = limit_spent(WORK_LOOKUPS);
	/* of each component of the 38 links, "..", too */
	assert_true(one >= 38ULL * 190 * 2 * COST_COMPONENT + lists * (uint64_t)COST_COMPARED);
	/* half is spent elsewhere: to spend all of it here would take longer than any other test */
	assert_int_equal(limit_spend(WORK_LOOKUPS, limit_of(WORK_LOOKUPS) / 2 - one, &err), 0);
	assert_int_equal(limit_spent(WORK_LOOKUPS), limit_of(WORK_LOOKUPS) / 2);
	left = limit_of(WORK_LOOKUPS) - limit_spent(WORK_LOOKUPS);
	assert_true(left / one >= 10);
	do {
		struct arena_mark mark = arena_mark(arena);

		r = fs_resolve(&m->fs, arena, "/etc/f0", false, &entry, NULL, &err);
		arena_release(arena, mark);
	} while (r == 0 && ++n < 100000);
	assert_int_equal(r, -EFBIG);
	assert_false(fs_is_answer(r));
	assert_in_range(n, left / one - 1, left / one);
	assert_non_null(unseen_with(EFBIG));
	/* neither is what was not looked up */
	n = lists;
	assert_int_equal(fs_resolve(&m->fs, arena, "/nothing", false, &entry, NULL, &err), -EFBIG);
	assert_int_equal(fs_lookup(&m->fs, arena, "/nothing", &entry, &err), -EFBIG);
	assert_true(lists <= n + 2);
	/* the next image has all of it */
	limits_begin_image();
	assert_int_equal(fs_lookup(&m->fs, arena, "/nothing", &entry, &err), -ENOENT);
	assert_int_equal(fs_lookup(&m->fs, arena, "/a/x", &entry, &err), 0);
	assert_string_equal(entry.name, "x");
}

/* As many components as the kernel would go through, and no more, whatever they are. */
static void components(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct memory_fs *m = chain_of_links(arena, 38);
	size_t size = 400000, most = 41 * 2048;
	struct fs_entry entry;
	struct error err;
	char *path = malloc(size);

	(void)state;
	path[0] = '\0';
	for (size_t i = 0; i < most + 10; i++)
		memcpy(path + 2 * i, "./", 3);
	assert_int_equal(fs_resolve(&m->fs, arena, path, false, &entry, NULL, &err), -EFBIG);
	path[2 * most] = '\0';
	assert_int_equal(fs_resolve(&m->fs, arena, path, false, &entry, NULL, &err), 0);
	assert_int_equal(entry.handle, m->fs.root);
	assert_int_equal(lists, 0);
	free(path);
}

/* Names of what was found and kept live on, as those of the file system's own listing may not. */
static void names_last(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct memory_fs *m = chain_of_links(arena, 2);
	struct fs_entry entry;
	struct error err;
	const char *path;

	(void)state;
	assert_int_equal(fs_resolve(&m->fs, arena, "/etc/f0", false, &entry, &path, &err), 0);
	assert_string_equal(entry.name, "x");
	assert_string_equal(path, "/a/x");
	assert_int_equal(fs_resolve(&m->fs, arena, "/etc/f0/y", false, &entry, &path, &err), -ENOTDIR);
	assert_int_equal(fs_resolve(&m->fs, arena, "/etc/none", false, &entry, &path, &err), -ENOENT);
	assert_string_equal(path, "/etc/none");
	assert_int_equal(fs_resolve(&m->fs, arena, "/", false, &entry, &path, &err), 0);
	assert_string_equal(entry.name, "");
}

/* Listings are copies, found by their directory alone, and there is room for so many in all tables together. */
static void listings(void **state)
{
	struct listings *first = listings_new(), *second = listings_new();
	size_t count = LIMIT_LISTINGS / 2 / (sizeof(struct fs_entry) + 8), n;
	struct fs_entry one = { .handle = 7, .name = "seven", .type = FS_FILE }, *entries, *list;

	(void)state;
	assert_false(listings_find(first, 1, &entries, &n));
	listings_keep(first, 1, &one, 1);
	listings_keep(first, 257, NULL, 0);
	assert_true(listings_find(first, 1, &entries, &n));
	assert_int_equal(n, 1);
	assert_ptr_not_equal(entries, &one);
	assert_ptr_not_equal(entries[0].name, one.name);
	assert_string_equal(entries[0].name, "seven");
	assert_true(listings_find(first, 257, &entries, &n));
	assert_int_equal(n, 0);
	assert_false(listings_find(second, 1, &entries, &n));
	list = calloc(count, sizeof(*list));
	for (size_t i = 0; i < count; i++)
		list[i] = one;
	listings_keep(first, 2, list, count);
	listings_keep(second, 2, list, count);
	assert_true(listings_find(first, 2, &entries, &n));
	assert_int_equal(n, count);
	assert_false(listings_find(second, 2, &entries, &n));
	listings_free(first);
	listings_keep(second, 2, list, count);
	assert_true(listings_find(second, 2, &entries, &n));
	listings_free(second);
	listings_free(NULL);
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(budget), cmocka_unit_test(components),
					    cmocka_unit_test(names_last), cmocka_unit_test(listings) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
