/* SPDX-License-Identifier: MIT */
/* test_fat_check: what the walk over a FAT volume finds wrong with chains and directories; and the probe. */
#include <errno.h>

#include "fat_volume.h"
#include "fs/fat-internal.h"
#include "fs/probe.h"

static void one_problem(struct volume *v, enum fat_problem_kind kind, const char *path, uint32_t from, uint32_t value)
{
	struct fat *fat = open_it(v);

	assert_int_equal(fat->problem_count, 1);
	assert_int_equal(fat->problems[0].kind, kind);
	assert_string_equal(fat->problems[0].path, path);
	assert_int_equal(fat->problems[0].cluster, from);
	assert_int_equal(fat->problems[0].value, value);
	assert_int_not_equal(fat->problems[0].offset, 0);
}

static void chains(void **state)
{
	static const int types[] = { 12, 16, 32 };
	static const char file[] = "/EFI/BOOT/BOOTAA64.EFI";

	(void)state;
	for (int i = 0; i < 3; i++) {
		uint32_t clusters = types[i] == 12 ? 100 : types[i] == 16 ? 5000 : 66000;
		struct volume v = make(types[i], clusters);
		struct fs_entry found;
		struct error err;
		struct fat *fat;
		struct view *view;
		char data[1200];

		set(&v, 12, 10);
		one_problem(&v, FAT_CHAIN_LOOPS, file, 12, 10);
		set(&v, 12, 12);
		one_problem(&v, FAT_CHAIN_LOOPS, file, 12, 12);
		set(&v, 12, 4);
		one_problem(&v, FAT_CHAIN_CROSSES, file, 12, 4);
		assert_string_equal(v.fat_result->problems[0].other, "/EFI/BOOT");
		set(&v, 12, clusters + 2);
		one_problem(&v, FAT_CHAIN_LEAVES, file, 12, clusters + 2);
		set(&v, 12, 0);
		one_problem(&v, FAT_CHAIN_FREE, file, 12, 0);
		set(&v, 12, 0x0ffffff7);
		one_problem(&v, FAT_CHAIN_BAD, file, 12, UINT32_MAX - 1);
		set(&v, 12, 1);
		one_problem(&v, FAT_CHAIN_BAD, file, 12, UINT32_MAX - 2);
		set(&v, 12, END);
		set(&v, 11, END);
		one_problem(&v, FAT_CHAIN_SHORT, file, 10, 2);
		assert_int_equal(v.fat_result->problems[0].expected, 3);
		assert_int_equal(fs_lookup(v.fat_result->fs, v.arena, file, &found, &err), 0);
		assert_int_equal(fs_file_view(v.fat_result->fs, v.arena, found.handle, &view, &err), 0);
		assert_int_equal(view_read(view, 0, data, 1024, &err), 0);
		assert_true(view_read(view, 0, data, 1025, &err) < 0);
		set(&v, 11, 12);

		/* two files and one chain; one that starts nowhere; one without a chain */
		entry(cluster(&v, 4), 3, "TWIN    EFI", 0x20, 11, 1000);
		one_problem(&v, FAT_CHAIN_CROSSES, "/EFI/BOOT/TWIN.EFI", 0, 11);
		assert_string_equal(v.fat_result->problems[0].other, file);
		entry(cluster(&v, 4), 3, "TWIN    EFI", 0x20, clusters + 2, 1000);
		one_problem(&v, FAT_CHAIN_LEAVES, "/EFI/BOOT/TWIN.EFI", 0, clusters + 2);
		entry(cluster(&v, 4), 3, "TWIN    EFI", 0x20, 0, 1000);
		one_problem(&v, FAT_CHAIN_SHORT, "/EFI/BOOT/TWIN.EFI", 0, 0);
		entry(cluster(&v, 4), 3, "EMPTY   EFI", 0x20, 0, 0);
		assert_int_equal(open_it(&v)->problem_count, 0);

		/* directories: none, itself, its parent, full of noise */
		entry(cluster(&v, 4), 3, "SUB        ", 0x10, 0, 0);
		one_problem(&v, FAT_DIRECTORY_START, "/EFI/BOOT/SUB", 0, 0);
		entry(cluster(&v, 4), 3, "SUB        ", 0x10, 4, 0);
		one_problem(&v, FAT_CHAIN_CROSSES, "/EFI/BOOT/SUB", 0, 4);
		entry(cluster(&v, 4), 3, "SUB        ", 0x10, 3, 0);
		one_problem(&v, FAT_CHAIN_CROSSES, "/EFI/BOOT/SUB", 0, 3);
		assert_string_equal(v.fat_result->problems[0].other, "/EFI");
		set(&v, 20, END);
		memset(cluster(&v, 20), 0x01, 512);
		entry(cluster(&v, 4), 3, "SUB        ", 0x10, 20, 0);
		fat = open_it(&v);
		assert_int_equal(fat->problem_count, 1);
		assert_int_equal(fat->problems[0].kind, FAT_DIRECTORY_NAME);
		assert_string_equal(fat->problems[0].path, "/EFI/BOOT/SUB");
		done(&v);
	}
}

/* More entries than fit in the cache of pages, jumped about in. */
static void a_large_table(void **state)
{
	struct volume v = make(32, 400000);
	uint32_t at = 13;
	struct fat *fat;

	(void)state;
	entry(cluster(&v, 4), 3, "JUMPS   BIN", 0x20, at, 3000 * 512);
	for (uint32_t i = 1; i < 3000; i++) {
		uint32_t next = 20 + (i % 2 ? 399000 - i : i);

		set(&v, at, next);
		at = next;
	}
	set(&v, at, END);
	fat = open_it(&v);
	good(fat);
	assert_int_equal(fat->free_clusters, 400000 - 6 - 3000);
	set(&v, at, 13);
	fat = open_it(&v);
	assert_int_equal(fat->problem_count, 1);
	assert_int_equal(fat->problems[0].kind, FAT_CHAIN_LOOPS);
	done(&v);
}

/* A file whose clusters jump about, in a table larger than the cache, read by somebody who marks the arena. */
static void reading_allocates_nothing(void **state)
{
	struct volume v = make(32, 400000);
	static char first[3000 * 512], second[3000 * 512];
	struct fs_entry found;
	struct arena_mark mark;
	struct view *view;
	struct error err;
	struct fat *fat;
	uint32_t at = 13;

	(void)state;
	entry(cluster(&v, 4), 3, "JUMPS   BIN", 0x20, at, 3000 * 512);
	for (uint32_t i = 1; i < 3000; i++) {
		/* two pages of the table by turns that have the same place in the cache */
		uint32_t next = 20 + i + (i % 2 ? FAT_CACHE_PAGES * (FAT_PAGE / 4) : 0);

		set(&v, at, next);
		memset(cluster(&v, next), (int)i, 512);
		at = next;
	}
	set(&v, at, END);
	fat = open_it(&v);
	assert_int_equal(fs_lookup(fat->fs, v.arena, "/EFI/BOOT/JUMPS.BIN", &found, &err), 0);
	assert_int_equal(fs_file_view(fat->fs, v.arena, found.handle, &view, &err), 0);
	mark = arena_mark(v.arena);
	memset(arena_alloc(v.arena, 3 * MiB), 0xa5, 3 * MiB);
	assert_int_equal(view_read(view, 0, first, sizeof(first), &err), 0);
	arena_release(v.arena, mark);
	memset(arena_alloc(v.arena, 3 * MiB), 0xa5, 3 * MiB);
	assert_int_equal(view_read(view, 0, second, sizeof(second), &err), 0);
	assert_memory_equal(first, second, sizeof(first));
	assert_int_equal(first[2999 * 512], (char)2999);
	done(&v);
}

static void seeking_is_bounded(void **state)
{
	struct volume v = make(32, 400000);
	struct fs_entry found;
	struct view *views[2];
	struct error err = { 0 };
	struct fat *fat;
	int r = 0;
	char c;

	(void)state;
	entry(cluster(&v, 4), 3, "LONG    BIN", 0x20, 13, 380000 * 512);
	entry(cluster(&v, 4), 4, "SAME    BIN", 0x20, 13, 380000 * 512);
	for (uint32_t i = 13; i < 13 + 380000; i++)
		set(&v, i, i + 1);
	set(&v, 13 + 380000, END);
	fat = open_it(&v);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(fs_lookup(fat->fs, v.arena, i ? "/EFI/BOOT/SAME.BIN" : "/EFI/BOOT/LONG.BIN", &found, &err), 0);
		assert_int_equal(fs_file_view(fat->fs, v.arena, found.handle, &views[i], &err), 0);
	}
	/* backwards in one file costs little */
	for (uint64_t i = 0; i < 2000; i++)
		assert_int_equal(view_read(views[0], (379999 - i * 100) * 512, &c, 1, &err), 0);
	/* by turns in two, each time from the start; in the end nobody goes on reading */
	for (int i = 0; i < 200 && !r; i++)
		r = view_read(views[i % 2], 379999 * 512, &c, 1, &err);
	assert_int_equal(r, -EFBIG);
	assert_non_null(strstr(err.message, "limit"));
	done(&v);
}

static void deep_directories(void **state)
{
	struct volume v = make(16, 5000);
	struct fat *fat;

	(void)state;
	for (uint32_t i = 0; i < 60; i++) {
		entry(i ? cluster(&v, 100 + i) : cluster(&v, 4), i ? 0 : 3, "DEEPER     ", 0x10, 101 + i, 0);
		set(&v, 101 + i, END);
	}
	fat = open_it(&v);
	assert_int_equal(fat->problem_count, 0);
	assert_non_null(fat->limited);
	done(&v);
}

static void probes(void **state)
{
	static const struct {
		uint64_t offset;
		const char *bytes;
		size_t length;
		enum fs_kind kind;
	} cases[] = {
		{ 0, "XFSB", 4, FS_KIND_XFS },
		{ 1080, "\x53\xef", 2, FS_KIND_EXT },
		{ 65600, "_BHRfS_M", 8, FS_KIND_BTRFS },
		{ 3, "NTFS    ", 8, FS_KIND_NTFS },
		{ 512, "LABELONE", 8, FS_KIND_LVM2 },
		{ 0, "LUKS\xba\xbe", 6, FS_KIND_LUKS },
		{ 4086, "SWAPSPACE2", 10, FS_KIND_SWAP },
		{ 32769, "CD001", 5, FS_KIND_ISO9660 },
		{ 3 * 65536, "\xfc\x4e\x2b\xa9", 4, FS_KIND_MD_RAID },
	};
	static uint8_t bytes[300000];
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct fs_probe probe;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		memset(bytes, 0, sizeof(bytes));
		memcpy(bytes + cases[i].offset, cases[i].bytes, cases[i].length);
		assert_int_equal(fs_probe(view_memory(arena, bytes, sizeof(bytes)), &probe, &err), 0);
		assert_int_equal(probe.kind, cases[i].kind);
	}
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(fs_probe(view_memory(arena, bytes, sizeof(bytes)), &probe, &err), 0);
	assert_int_equal(probe.kind, FS_KIND_EMPTY);
	assert_int_equal(fs_probe(view_memory(arena, bytes, 0), &probe, &err), 0);
	bytes[7] = 1;
	assert_int_equal(fs_probe(view_memory(arena, bytes, 10), &probe, &err), 0);
	assert_int_equal(probe.kind, FS_KIND_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chains),
		cmocka_unit_test(a_large_table),
		cmocka_unit_test(reading_allocates_nothing),
		cmocka_unit_test(seeking_is_bounded),
		cmocka_unit_test(deep_directories),
		cmocka_unit_test(probes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
