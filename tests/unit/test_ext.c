/* SPDX-License-Identifier: MIT */
/* test_ext: the ext2/3/4 reader on file systems that mke2fs made and that were then changed in one place each.
 * tests/differential/ext.bats compares good ones with debugfs. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/unseen.h"
#include "fs/ext.h"
#include "fs/listings.h"
#include "counting_view.h"
#include "visit.h"

struct volume {
	uint8_t *bytes;
	size_t size;
};

static char folder[] = "/tmp/vmlint-test-ext-XXXXXX";
static struct volume pristine[2]; /* ext4 with metadata checksums, ext2 */

static void shell(const char *command)
{
	if (system(command) != 0)
		fail_msg("%s", command);
}

static struct volume make(const char *type)
{
	struct volume v;
	char command[512];
	struct stat st;
	int fd;

	snprintf(command, sizeof(command), 
		 "PATH=$PATH:/sbin:/usr/sbin; cd %s && rm -f v && mke2fs -q -F -t %s -b 1024 -d tree v 2M >/dev/null 2>&1",
		 folder, type);
	shell(command);
	snprintf(command, sizeof(command), "%s/v", folder);
	fd = open(command, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0 && !fstat(fd, &st));
	v.size = (size_t)st.st_size;
	v.bytes = malloc(v.size);
	assert_int_equal(read(fd, v.bytes, v.size), st.st_size);
	close(fd);
	return v;
}

static int setup(void **state)
{
	char command[512];

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(command, sizeof(command),
		 "cd %s && mkdir -p tree/a/b tree/many && echo one >tree/a/b/c && ln -s b/c tree/a/link && ln -s / tree/top &&"
		 " seq 1 60000 >tree/numbers && cd tree/many && seq 1 200 | xargs touch",
		 folder);
	shell(command);
	pristine[0] = make("ext4 -O ^has_journal,metadata_csum");
	pristine[1] = make("ext2");
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	free(pristine[0].bytes);
	free(pristine[1].bytes);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static struct volume copy_of(const struct volume *v)
{
	struct volume copy = { malloc(v->size), v->size };

	memcpy(copy.bytes, v->bytes, v->size);
	return copy;
}

static struct ext *open_it(struct arena *arena, const struct volume *v)
{
	struct error err = { 0 };
	struct ext *ext;

	if (ext_open(arena, view_memory(arena, v->bytes, v->size), &ext, &err) < 0)
		fail_msg("ext_open: %s", err.message);
	return ext;
}

static void good(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
		struct ext *ext = open_it(arena, &pristine[i]);
		struct fs_entry entry;
		const char *path;
		struct view *view;
		struct error err;
		char data[8];

		assert_int_equal(ext->fault, EXT_GOOD);
		assert_string_equal(ext->type, i ? "ext2" : "ext4");
		assert_int_equal(ext_has_feature(ext, "metadata_csum"), !i);
		assert_false(ext_has_feature(ext, "no such feature"));
		assert_true(ext->clean && !ext->errors && !ext->needs_recovery && !ext->beyond_partition);
		assert_int_equal(fs_resolve(ext->fs, arena, "/top/a/./link", false, &entry, &path, &err), 0);
		assert_string_equal(path, "/a/b/c");
		assert_string_equal(entry.name, "c");
		assert_int_equal(fs_file_view(ext->fs, arena, entry.handle, &view, &err), 0);
		assert_int_equal(view->size, 4);
		assert_int_equal(view_read(view, 0, data, 4, &err), 0);
		assert_memory_equal(data, "one\n", 4);
		assert_int_equal(fs_resolve(ext->fs, arena, "a/link", true, &entry, &path, &err), 0);
		assert_int_equal(entry.type, FS_SYMLINK);
		assert_string_equal(path, "/a/link");
		assert_int_equal(ext->fs->ops->stat(ext->fs, 1 << 30, &(struct fs_stat){ 0 }, &err), -EIO);
		assert_int_equal(ext->fs->ops->stat(ext->fs, 0, &(struct fs_stat){ 0 }, &err), -EIO);
		ext_close(ext);
		ext_close(ext);
	}
	ext_close(NULL);
}

static void superblocks(void **state)
{
	static const struct {
		size_t offset;
		uint8_t size;
		uint32_t value;
		enum ext_fault fault;
	} cases[] = {
		{ 56, 2, 0, EXT_NO_MAGIC },	{ 24, 4, 7, EXT_CORRUPT },	 { 24, 4, UINT32_MAX, EXT_CORRUPT },
		{ 32, 4, 0, EXT_CORRUPT },	{ 32, 4, 1, EXT_CORRUPT },	 { 40, 4, 0, EXT_CORRUPT },
		{ 4, 4, UINT32_MAX, EXT_CORRUPT }, { 20, 4, UINT32_MAX, EXT_CORRUPT }, { 96, 4, 8, EXT_JOURNAL_DEVICE },
		{ 96, 4, 0x80000000, EXT_UNSUPPORTED }, { 254, 2, 0xffff, EXT_CORRUPT }, { 336, 4, UINT32_MAX, EXT_CORRUPT },
		{ 76, 4, 9, EXT_CORRUPT }, { 88, 2, 3, EXT_CORRUPT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
		struct volume v = copy_of(&pristine[cases[i].fault == EXT_UNSUPPORTED]);
		struct ext *ext;

		for (int b = 0; b < cases[i].size; b++)
			v.bytes[1024 + cases[i].offset + (size_t)b] = (uint8_t)(cases[i].value >> 8 * b);
		ext = open_it(arena, &v);
		/* an unknown feature is told from a bad checksum only where there is none */
		if (ext->fault != cases[i].fault)
			fail_msg("case %zu: fault %d (%s)", i, ext->fault, ext->problem ? ext->problem : "-");
		assert_true(!ext->fs && (ext->problem || ext->fault == EXT_NO_MAGIC));
		ext_close(ext);
		free(v.bytes);
	}
}

static void cut_short(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct volume v = pristine[1];
	struct ext *ext;

	(void)state;
	v.size -= 512 * KiB;
	ext = open_it(arena, &v);
	assert_int_equal(ext->fault, EXT_GOOD);
	assert_true(ext->beyond_partition);
	ext_close(ext);
	v.size = 1500;
	assert_int_equal(open_it(arena, &v)->fault, EXT_NO_MAGIC);
	v.size = 2048;
	ext = open_it(arena, &v);
	assert_int_equal(ext->fault, EXT_CORRUPT);
}

static void journal(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct volume v = copy_of(&pristine[1]);
	struct ext *ext;

	(void)state;
	v.bytes[1024 + 92] |= 4;
	v.bytes[1024 + 96] |= 4;
	v.bytes[1024 + 58] = 2;
	ext = open_it(arena, &v);
	assert_int_equal(ext->fault, EXT_CORRUPT);
	ext_close(ext);
	/* on another device */
	v.bytes[1024 + 228] = 1;
	ext = open_it(arena, &v);
	assert_int_equal(ext->fault, EXT_GOOD);
	assert_true(ext->needs_recovery && ext->errors && !ext->clean);
	assert_string_equal(ext->type, "ext3");
	assert_non_null(strstr(ext->features, "needs_recovery"));
	ext_close(ext);
	free(v.bytes);
}

/* So much may still be spent on look-ups. */
static void leave(uint64_t picoseconds)
{
	limit_count(WORK_LOOKUPS, limit_of(WORK_LOOKUPS) - limit_spent(WORK_LOOKUPS) - picoseconds);
}

/* A directory is read once, and what look-ups may cost has an end: beyond it nothing is missing, and nothing is half there. */
static void lookups(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
		struct view *view = counting(arena, view_memory(arena, pristine[i].bytes, pristine[i].size));
		struct fs_entry numbers, entry, *entries;
		struct error err;
		struct ext *ext;
		char data[4];
		uint64_t one;
		unsigned n;
		size_t count;

		assert_int_equal(ext_open(arena, view, &ext, &err), 0);
		assert_int_equal(fs_resolve(ext->fs, arena, "/many/200", false, &entry, NULL, &err), 0);
		assert_int_equal(fs_resolve(ext->fs, arena, "/numbers", false, &numbers, NULL, &err), 0);
		/* of the list of 200 files, each; and in the end of what is found in it alone */
		assert_true(limit_spent(WORK_LOOKUPS) >= 200 * (COST_LISTED + COST_COMPARED));
		assert_int_equal(fs_resolve(ext->fs, arena, "/many/17", false, &entry, NULL, &err), 0);
		n = reads;
		one = limit_spent(WORK_LOOKUPS);
		for (int k = 0; k < 50; k++) {
			assert_int_equal(fs_resolve(ext->fs, arena, "/many/17", false, &entry, NULL, &err), 0);
			assert_int_equal(fs_resolve(ext->fs, arena, "/many/none", false, &entry, NULL, &err), -ENOENT);
		}
		assert_int_equal(reads, n);
		assert_in_range(limit_spent(WORK_LOOKUPS) - one, 100 * 200 * COST_COMPARED,
				100 * 220 * COST_COMPARED + 400 * COST_COMPONENT);

		leave(10000000);
		assert_int_equal(unseen_count, 0);
		/* 12 blocks and more that are mapped, and what they are read from */
		assert_int_equal(fs_resolve(ext->fs, arena, "/many/17", false, &entry, NULL, &err), 0);
		leave(1000);
		assert_int_equal(fs_resolve(ext->fs, arena, "/a/link", false, &entry, NULL, &err), -EFBIG);
		assert_int_equal(fs_resolve(ext->fs, arena, "/many/17", false, &entry, NULL, &err), -EFBIG);
		assert_int_equal(ext->fs->ops->pread(ext->fs, numbers.handle, 4000, data, 4, &err), -EFBIG);
		assert_non_null(unseen_with(EFBIG));

		limits_begin_image();
		assert_int_equal(fs_resolve(ext->fs, arena, "/a/link", false, &entry, NULL, &err), 0);
		assert_int_equal(ext->fs->ops->pread(ext->fs, numbers.handle, 0, data, 4, &err), 0);
		assert_memory_equal(data, "1\n2\n", 4);
		/* a list that would have been half of one was not kept */
		assert_int_equal(fs_resolve(ext->fs, arena, "/many", false, &entry, NULL, &err), 0);
		assert_int_equal(ext->fs->ops->readdir(ext->fs, arena, entry.handle, &entries, &count, &err), 0);
		assert_int_equal(count, 200);
		ext_close(ext);
	}
}

/* A list that ends within a directory is none. */
static void half_a_list(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct ext *ext = open_it(arena, &pristine[1]);
	struct fs_entry entry, *entries;
	struct error err;
	size_t count;

	(void)state;
	limits_begin_image();
	assert_int_equal(fs_resolve(ext->fs, arena, "/many", false, &entry, NULL, &err), 0);
	for (uint64_t left = 0; left < 100 * COST_LISTED; left += COST_LISTED) {
		limits_begin_image();
		assert_int_equal(limit_spend(WORK_LOOKUPS, limit_of(WORK_LOOKUPS) - left, &err), 0);
		assert_int_equal(ext->fs->ops->readdir(ext->fs, arena, entry.handle, &entries, &count, &err), -EFBIG);
		assert_non_null(strstr(err.message, "looking up"));
	}
	limits_begin_image();
	assert_int_equal(ext->fs->ops->readdir(ext->fs, arena, entry.handle, &entries, &count, &err), 0);
	assert_int_equal(count, 200);
	ext_close(ext);
}

static void change_entry(struct volume *v, const char *path, uint8_t type)
{
	const char *name = strrchr(path, '/') + 1;
	size_t length = strlen(name), found = 0;

	/* the name with its length and type in front is there once */
	for (size_t at = 0; at + length + 2 < v->size; at++)
		if (v->bytes[at] == length && v->bytes[at + 1] && v->bytes[at + 1] < 8 &&
		    !memcmp(v->bytes + at + 2, name, length)) {
			v->bytes[at + 1] = type;
			found++;
		}
	assert_int_equal(found, 1);
}

/* An entry of another type than its inode: Linux goes by the inode, and so is it here; but the file system is corrupt. */
static void types(void **state)
{
	static const struct {
		const char *path;
		uint8_t type;
		enum fs_type listed, actual;
		const char *resolved;
	} cases[] = {
		{ "/numbers", 2, FS_DIRECTORY, FS_FILE, "/numbers" },
		{ "/many", 1, FS_FILE, FS_DIRECTORY, "/many/17" },
		{ "/many", 7, FS_SYMLINK, FS_DIRECTORY, "/many/17" },
		{ "/numbers", 3, FS_OTHER, FS_FILE, "/numbers" },
		{ "/top", 2, FS_DIRECTORY, FS_SYMLINK, "/top/a/b/c" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
		struct volume v = copy_of(&pristine[1]);
		struct fs_entry entry;
		struct error err;
		struct ext *ext;

		change_entry(&v, cases[i].path, cases[i].type);
		ext = open_it(arena, &v);
		assert_false(ext->mismatch->found);
		assert_int_equal(fs_resolve(ext->fs, arena, "/a/b/c", false, &entry, NULL, &err), 0);
		assert_false(ext->mismatch->found);
		assert_int_equal(fs_resolve(ext->fs, arena, cases[i].resolved, false, &entry, NULL, &err), 0);
		assert_int_equal(entry.type, FS_FILE);
		assert_true(ext->mismatch->found && !ext->mismatch->deleted);
		assert_string_equal(ext->mismatch->name, cases[i].path + 1);
		assert_int_equal(ext->mismatch->listed, cases[i].listed);
		assert_int_equal(ext->mismatch->actual, cases[i].actual);
		/* a second time, when it is remembered */
		assert_int_equal(fs_lookup(ext->fs, arena, cases[i].path, &entry, &err), 0);
		assert_int_equal(entry.type, cases[i].actual);
		ext_close(ext);
		free(v.bytes);
	}
}

/* Without links, or a mode, it is none that the kernel would open. */
static void deleted(void **state)
{
	static const uint8_t fields[] = { 0, 26 };

	(void)state;
	for (size_t i = 0; i < sizeof(fields); i++) {
		ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
		struct volume v = copy_of(&pristine[1]);
		struct ext *ext = open_it(arena, &v);
		struct fs_entry entry;
		struct error err;
		size_t table = (size_t)v.bytes[2048 + 8] * 1024, size = v.bytes[1024 + 88] | (size_t)v.bytes[1024 + 89] << 8;

		assert_int_equal(fs_lookup(ext->fs, arena, "/numbers", &entry, &err), 0);
		ext_close(ext);
		memset(v.bytes + table + (entry.handle - 1) * size + fields[i], 0, 2);
		ext = open_it(arena, &v);
		assert_int_equal(fs_lookup(ext->fs, arena, "/numbers", &entry, &err), -EUCLEAN);
		assert_string_equal(err.message, "numbers: its inode is not in use");
		assert_true(ext->mismatch->found && ext->mismatch->deleted);
		assert_int_equal(fs_lookup(ext->fs, arena, "/a", &entry, &err), 0);
		ext_close(ext);
		free(v.bytes);
	}
}

/* Random damage to the metadata, which lie first: no crash, no hang, whatever is answered. */
static void damage(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 400; round++) {
		ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
		struct volume v = copy_of(&pristine[round % 2]);
		unsigned budget = 1000;
		struct fs_entry entry;
		struct error err;
		struct ext *ext;

		for (int n = 0; n < 1 + round % 8; n++) {
			seed = seed * 1664525 + 1013904223;
			v.bytes[1024 + (seed >> 8) % (n % 2 ? 400 * KiB : 60 * KiB)] = (uint8_t)(seed >> 3);
		}
		if (ext_open(arena, view_memory(arena, v.bytes, v.size), &ext, &err) == 0) {
			if (ext->fs) {
				visit(ext->fs, arena, ext->fs->root, "security.selinux", &budget, 8);
				(void)fs_resolve(ext->fs, arena, "/top/a/link", false, &entry, NULL, &err);
			}
			ext_close(ext);
		}
		free(v.bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),	   cmocka_unit_test(superblocks), cmocka_unit_test(cut_short),
		cmocka_unit_test(journal), cmocka_unit_test(damage),
		cmocka_unit_test(lookups), cmocka_unit_test(half_a_list), cmocka_unit_test(types), cmocka_unit_test(deleted),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
