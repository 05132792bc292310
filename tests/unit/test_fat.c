/* SPDX-License-Identifier: MIT */
/* test_fat: what the FAT reader says of volumes that are wrong in one place each.  The volumes are laid out here by
 * hand, from the specification; tests/differential/fat.bats compares good volumes with other people's tools. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "fs/fat.h"
#include "fs/probe.h"

/* A volume under construction: 512-byte sectors, one to a cluster. */
struct volume {
	int type;
	uint32_t clusters, reserved, fat_sectors, root_entries;
	size_t size, fat, root, data;
	uint8_t *bytes;
	struct arena *arena;
	struct fat *fat_result;
};

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v);
	put16(p + 2, v >> 16);
}

static void set_copy(struct volume *v, unsigned int copy, uint32_t cluster, uint32_t value)
{
	uint8_t *table = v->bytes + v->fat + (size_t)copy * v->fat_sectors * 512;

	if (v->type == 32) {
		put32(table + cluster * 4, value);
	} else if (v->type == 16) {
		put16(table + cluster * 2, value);
	} else {
		uint8_t *p = table + cluster * 3 / 2;

		if (cluster & 1) {
			p[0] = (uint8_t)((p[0] & 0x0f) | (value & 0x0f) << 4);
			p[1] = (uint8_t)(value >> 4);
		} else {
			p[0] = (uint8_t)value;
			p[1] = (uint8_t)((p[1] & 0xf0) | (value >> 8 & 0x0f));
		}
	}
}

static void set(struct volume *v, uint32_t cluster, uint32_t value)
{
	set_copy(v, 0, cluster, value);
	set_copy(v, 1, cluster, value);
}

#define END 0x0fffffffU

static uint8_t *cluster(struct volume *v, uint32_t number)
{
	return v->bytes + v->data + (size_t)(number - 2) * 512;
}

/* Entry `index` of the directory at `directory`. */
static uint8_t *entry(uint8_t *directory, unsigned int index, const char name[12], uint8_t attributes, uint32_t first,
		      uint32_t size)
{
	uint8_t *p = directory + (size_t)index * 32;

	memset(p, 0, 32);
	memcpy(p, name, 11);
	p[11] = attributes;
	put16(p + 20, first >> 16);
	put16(p + 26, first);
	put32(p + 28, size);
	return p;
}

/* EFI/BOOT/BOOTAA64.EFI of 1200 bytes in clusters 10, 11 and 12; EFI in 3, BOOT in 4, the root of FAT32 in 2. */
static struct volume make(int type, uint32_t clusters)
{
	struct volume v = { .type = type, .clusters = clusters };
	uint32_t table = type == 12 ? (clusters + 2) * 3 / 2 + 1 : (clusters + 2) * (type == 16 ? 2U : 4U);
	uint8_t *root, *b;

	v.reserved = type == 32 ? 32 : 1;
	v.fat_sectors = (table + 511) / 512;
	v.root_entries = type == 32 ? 0 : 64;
	v.fat = v.reserved * 512;
	v.root = v.fat + 2UL * v.fat_sectors * 512;
	v.data = v.root + v.root_entries * 32;
	v.size = v.data + (size_t)clusters * 512;
	v.bytes = calloc(1, v.size);
	v.arena = arena_new(LIMIT_ARENA_BYTES);

	b = v.bytes;
	memcpy(b, "\xeb\x58\x90test    ", 11);
	put16(b + 11, 512);
	b[13] = 1;
	put16(b + 14, v.reserved);
	b[16] = 2;
	put16(b + 17, v.root_entries);
	b[21] = 0xf8;
	put32(b + 32, (uint32_t)(v.size / 512));
	if (type == 32) {
		put32(b + 36, v.fat_sectors);
		put32(b + 44, 2);
		put16(b + 48, 1);
		put16(b + 50, 6);
		b[66] = 0x29;
		memcpy(b + 71, "LABEL      FAT32   ", 19);
	} else {
		put16(b + 22, v.fat_sectors);
		b[38] = 0x29;
		memcpy(b + 43, type == 12 ? "LABEL      FAT12   " : "LABEL      FAT16   ", 19);
	}
	b[510] = 0x55;
	b[511] = 0xaa;
	if (type == 32) {
		memcpy(b + 6 * 512, b, 512);
		put32(b + 512, 0x41615252);
		put32(b + 512 + 484, 0x61417272);
		put32(b + 512 + 488, UINT32_MAX);
		put32(b + 512 + 508, 0xaa550000);
	}
	set(&v, 0, 0x0ffffff8);
	set(&v, 1, END);
	if (type == 32)
		set(&v, 2, END);
	root = type == 32 ? cluster(&v, 2) : v.bytes + v.root;
	entry(root, 0, "VOLUME     ", 0x08, 0, 0);
	entry(root, 1, "EFI        ", 0x10, 3, 0);
	set(&v, 3, END);
	entry(cluster(&v, 3), 0, ".          ", 0x10, 3, 0);
	entry(cluster(&v, 3), 1, "..         ", 0x10, 0, 0);
	entry(cluster(&v, 3), 2, "BOOT       ", 0x10, 4, 0);
	set(&v, 4, END);
	entry(cluster(&v, 4), 0, ".          ", 0x10, 4, 0);
	entry(cluster(&v, 4), 1, "..         ", 0x10, 3, 0);
	entry(cluster(&v, 4), 2, "BOOTAA64EFI", 0x20, 10, 1200);
	set(&v, 10, 11);
	set(&v, 11, 12);
	set(&v, 12, END);
	memset(cluster(&v, 10), 'x', 1200);
	return v;
}

static struct fat *open_size(struct volume *v, size_t size)
{
	struct error err;

	if (fat_open(v->arena, view_memory(v->arena, v->bytes, size), &v->fat_result, &err) < 0)
		fail_msg("fat_open: %s", err.message);
	return v->fat_result;
}

static struct fat *open_it(struct volume *v)
{
	return open_size(v, v->size);
}

static void done(struct volume *v)
{
	arena_free(v->arena);
	free(v->bytes);
}

static void good(const struct fat *fat)
{
	assert_int_equal(fat->boot.fault, FAT_BOOT_GOOD);
	assert_true(fat->boot.signature);
	assert_int_equal(fat->copies_differing, 0);
	assert_int_equal(fat->problem_count, 0);
	assert_false(fat->dirty || fat->hard_errors || fat->media_differs || fat->mirroring_off || fat->fat_too_small ||
		     fat->backup_differs || fat->backup_beyond || fat->from_backup);
	assert_null(fat->limited);
}

static void good_volumes(void **state)
{
	static const struct {
		int type;
		uint32_t clusters;
		enum fat_type expected;
	} cases[] = { { 12, 100, FAT_12 },   { 12, 4084, FAT_12 }, { 16, 4085, FAT_16 }, { 16, 65524, FAT_16 },
		      { 32, 65525, FAT_32 }, { 32, 300, FAT_32 },  { 32, 65524, FAT_32 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct volume v = make(cases[i].type, cases[i].clusters);
		struct fat *fat = open_it(&v);
		struct fs_entry found;
		struct fs_stat st;
		struct error err;
		struct view *view;
		char content[1200];

		good(fat);
		assert_int_equal(fat->type, cases[i].expected);
		assert_int_equal(fat->clusters, cases[i].clusters);
		assert_int_equal(fat->free_clusters, cases[i].clusters - (cases[i].type == 32 ? 6 : 5));
		assert_string_equal(fat->label, "VOLUME");
		assert_string_equal(fat->boot.label, "LABEL");
		assert_int_equal(fat->files, 1);
		assert_int_equal(fat->directories, 2);
		assert_int_equal(fat->fsinfo_good, cases[i].type == 32);
		assert_int_equal(fs_lookup(fat->fs, v.arena, "/efi/Boot//bootaa64.EFI", &found, &err), 0);
		assert_string_equal(found.name, "BOOTAA64.EFI");
		assert_string_equal(fat_path(fat, v.arena, found.handle), "/EFI/BOOT/BOOTAA64.EFI");
		assert_int_equal(fat_file_offset(fat, found.handle), v.data + 8 * 512);
		assert_int_equal(fat->fs->ops->stat(fat->fs, found.handle, &st, &err), 0);
		assert_int_equal(st.size, 1200);
		assert_int_equal(fs_file_view(fat->fs, v.arena, found.handle, &view, &err), 0);
		assert_int_equal(view_read(view, 1, content, 1199, &err), 0);
		assert_int_equal(content[1198], 'x');
		assert_true(view_read(view, 1000, content, 201, &err) < 0);
		assert_true(fs_lookup(fat->fs, v.arena, "/EFI/BOOT/BOOTAA64.EFI/x", &found, &err) < 0);
		assert_true(fs_lookup(fat->fs, v.arena, "/EFI/BOOT/BOOTX64.EFI", &found, &err) < 0);
		assert_int_equal(fs_lookup(fat->fs, v.arena, "/", &found, &err), 0);
		assert_int_equal(found.type, FS_DIRECTORY);
		done(&v);
	}
}

static void long_names(void **state)
{
	/* "Loader entry.conf" with an e acute and a character beyond the BMP, alias LOADER~1.CON */
	static const uint16_t units[26] = { 'L',    'o',    'a',    'd',    0xe9,   'r',    ' ',    0xd83d, 0xde00,
					    '.',    'c',    'o',    'n',    'f',    0,      0xffff, 0xffff, 0xffff,
					    0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff };
	static const uint8_t places[13] = { 1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30 };

	(void)state;
	/* 0: right; then: checksum wrong, order wrong, first one missing, the short entry replaced */
	for (int broken = 0; broken < 5; broken++) {
		struct volume v = make(16, 5000);
		uint8_t *root = v.bytes + v.root, *p, sum = 0;
		const char *alias = broken == 4 ? "OTHER   TXT" : "LOADER~1CON";
		struct fs_entry found;
		struct error err;
		struct fat *fat;

		for (int i = 0; i < 11; i++)
			sum = (uint8_t)(((sum & 1) << 7) + (sum >> 1) + (uint8_t) "LOADER~1CON"[i]);
		for (unsigned int n = 0; n < 2; n++) {
			p = entry(root, 3 - n, "           ", 0x0f, 0, 0);
			p[0] = (uint8_t)(n + 1 + (n == 1 ? 0x40 : 0));
			p[13] = sum;
			for (unsigned int i = 0; i < 13; i++)
				put16(p + places[i], units[n * 13 + i]);
		}
		if (broken == 1)
			root[3 * 32 + 13] ^= 1;
		if (broken == 2)
			root[3 * 32] = 2;
		if (broken == 3)
			root[2 * 32] = 0xe5;
		entry(root, 4, alias, 0x20, 0, 0);
		entry(root, 5, "NEXT    TXT", 0x20, 0, 0)[12] = 0x08;
		entry(root, 6,
		      "\x05"
		      "BC     TXT",
		      0x20, 0, 0)[12] = 0x10;
		fat = open_it(&v);
		good(fat);
		if (!broken) {
			assert_int_equal(fs_lookup(fat->fs, v.arena, "/loader~1.con", &found, &err), 0);
			assert_string_equal(found.name, "Load\xc3\xa9r \xf0\x9f\x98\x80.conf");
			assert_string_equal(found.alias, "LOADER~1.CON");
			assert_int_equal(
				fs_lookup(fat->fs, v.arena, "/load\xc3\xa9R \xf0\x9f\x98\x80.CONF", &found, &err), 0);
		} else {
			assert_int_equal(
				fs_lookup(fat->fs, v.arena, broken == 4 ? "/other.txt" : "/loader~1.con", &found, &err),
				0);
			assert_string_equal(found.name, broken == 4 ? "OTHER.TXT" : "LOADER~1.CON");
			assert_null(found.alias);
		}
		assert_int_equal(fat->orphaned_long_names != 0, broken != 0);
		assert_int_equal(fs_lookup(fat->fs, v.arena, "/NEXT.TXT", &found, &err), 0);
		assert_string_equal(found.name, "next.TXT");
		assert_int_equal(fs_lookup(fat->fs, v.arena,
					   "/\xef\xbf\xbd"
					   "BC.TXT",
					   &found, &err),
				 0);
		assert_string_equal(found.name, "\xef\xbf\xbd"
						"BC.txt");
		done(&v);
	}
}

static void boot_sectors(void **state)
{
	static const struct {
		int type;
		unsigned int at, size;
		uint32_t value;
		enum fat_boot_fault fault;
	} cases[] = {
		{ 16, 11, 2, 513, FAT_BOOT_SECTOR_SIZE },    { 16, 11, 2, 256, FAT_BOOT_SECTOR_SIZE },
		{ 16, 11, 2, 8192, FAT_BOOT_SECTOR_SIZE },   { 16, 13, 1, 3, FAT_BOOT_CLUSTER_SIZE },
		{ 16, 13, 1, 0, FAT_BOOT_CLUSTER_SIZE },     { 16, 14, 2, 0, FAT_BOOT_RESERVED },
		{ 16, 16, 1, 0, FAT_BOOT_FAT_COUNT },        { 16, 32, 4, 0, FAT_BOOT_TOTAL },
		{ 16, 21, 1, 0x42, FAT_BOOT_MEDIA },         { 16, 17, 2, 0, FAT_BOOT_ROOT_ENTRIES },
		{ 16, 22, 2, 0xffff, FAT_BOOT_LAYOUT },      { 32, 42, 2, 1, FAT_BOOT_VERSION },
		{ 32, 36, 4, UINT32_MAX, FAT_BOOT_LAYOUT },  { 32, 44, 4, 1, FAT_BOOT_ROOT_CLUSTER },
		{ 32, 44, 4, 70002, FAT_BOOT_ROOT_CLUSTER }, { 32, 36, 4, 0, FAT_BOOT_FAT_SIZE },
		{ 32, 17, 2, 16, FAT_BOOT_ROOT_ENTRIES },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		/* with and without FAT32's backup */
		for (int backup = 0; backup < 2; backup++) {
			struct volume v = make(cases[i].type, cases[i].type == 16 ? 5000 : 70000);
			struct fat *fat;

			for (unsigned int n = 0; n < cases[i].size; n++)
				v.bytes[cases[i].at + n] = (uint8_t)(cases[i].value >> 8 * n);
			if (!backup)
				memset(v.bytes + 6 * 512, 0, 512);
			fat = open_it(&v);
			assert_int_equal(fat->primary.fault, cases[i].fault);
			assert_true(fat->claims_fat);
			if (backup && cases[i].type == 32) {
				assert_true(fat->from_backup);
				assert_int_equal(fat->type, FAT_32);
				assert_int_equal(fat->files, 1);
			} else {
				assert_int_equal(fat->type, FAT_NONE);
				assert_null(fat->fs);
			}
			done(&v);
		}
	}
}

static void sizes_and_backup(void **state)
{
	struct volume v = make(32, 70000);
	struct fat *fat;

	(void)state;
	fat = open_size(&v, v.size - 1000 * 512);
	assert_int_equal(fat->volume_size, v.size);
	assert_int_equal(fat->view_size, v.size - 1000 * 512);
	assert_int_equal(fat->problem_count, 0);
	/* the file itself cut off */
	fat = open_size(&v, v.data + 9 * 512);
	assert_int_equal(fat->problem_count, 1);
	assert_int_equal(fat->problems[0].kind, FAT_CLUSTER_BEYOND_VIEW);
	fat = open_size(&v, v.data - 512);
	assert_int_equal(fat->primary.fault, FAT_BOOT_BEYOND_VIEW);
	assert_int_equal(open_size(&v, 511)->primary.fault, FAT_BOOT_SHORT);
	assert_int_equal(open_size(&v, 0)->primary.fault, FAT_BOOT_SHORT);

	/* dirty bit, label and boot code in one of the two alone are usual */
	v.bytes[65] = 1;
	memcpy(v.bytes + 71, "OTHER", 5);
	v.bytes[100] = 0x90;
	fat = open_it(&v);
	assert_false(fat->backup_differs);
	assert_true(fat->dirty);
	v.bytes[65] = 0;
	v.bytes[6 * 512 + 36]++;
	fat = open_it(&v);
	assert_true(fat->backup_differs);
	assert_int_equal(fat->backup_first_difference, 36);
	v.bytes[6 * 512 + 36]--;
	v.bytes[6 * 512 + 511] = 0;
	fat = open_it(&v);
	assert_true(fat->backup_differs);
	v.bytes[6 * 512 + 511] = 0xaa;
	put16(v.bytes + 50, 40);
	assert_true(open_it(&v)->backup_beyond);
	put16(v.bytes + 50, 0);
	assert_false(open_it(&v)->backup_expected);
	put16(v.bytes + 50, 6);
	v.bytes[511] = 0;
	fat = open_it(&v);
	assert_false(fat->boot.signature);
	assert_int_equal(fat->type, FAT_32);

	memset(v.bytes, 0, 512);
	fat = open_it(&v);
	assert_int_equal(fat->primary.fault, FAT_BOOT_EMPTY);
	assert_true(fat->from_backup);
	done(&v);
}

static void tables(void **state)
{
	static const int types[] = { 12, 16, 32 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		uint32_t clusters = types[i] == 12 ? 4000 : 66000 - 2000 * (types[i] == 16);
		struct volume v = make(types[i], clusters);
		struct fat *fat;

		set_copy(&v, 1, 11, 13);
		set_copy(&v, 1, clusters + 1, END);
		fat = open_it(&v);
		assert_int_equal(fat->copies_differing, 1);
		assert_int_equal(fat->copies[0].number, 1);
		assert_int_equal(fat->copies[0].differences, 2);
		assert_int_equal(fat->copies[0].first_cluster, 11);
		assert_int_equal(fat->copies[0].here, 13);
		assert_int_equal(fat->copies[0].there, 12);
		assert_int_equal(fat->copies[0].offset, v.fat + v.fat_sectors * 512 +
								(types[i] == 12   ? 16
								 : types[i] == 16 ? 22
										  : 44));
		assert_int_equal(fat->problem_count, 0);
		set_copy(&v, 1, 11, 12);
		set_copy(&v, 1, clusters + 1, 0);
		good(open_it(&v));
		/* bytes behind the last entry mean nothing, nor do FAT32's upper four bits */
		v.bytes[v.fat + v.fat_sectors * 512 - 1] = 7;
		if (types[i] == 32)
			v.bytes[v.fat + 11 * 4 + 3] = 0xf0;
		good(open_it(&v));
		/* nor do the dirty bits, but they are told */
		if (types[i] != 12) {
			set_copy(&v, 0, 1, types[i] == 32 ? 0x07ffffff : 0x7fff);
			fat = open_it(&v);
			assert_int_equal(fat->copies_differing, 0);
			assert_true(fat->dirty);
			assert_false(fat->hard_errors);
			set_copy(&v, 0, 1, types[i] == 32 ? 0x0bffffff : 0xbfff);
			fat = open_it(&v);
			assert_false(fat->dirty);
			assert_true(fat->hard_errors);
			set_copy(&v, 0, 1, END);
		}
		set(&v, 0, 0x0ffffff0);
		assert_true(open_it(&v)->media_differs);
		done(&v);
	}
}

static void mirroring(void **state)
{
	struct volume v = make(32, 66000);
	struct fat *fat;

	(void)state;
	/* the second copy alone is good */
	put16(v.bytes + 40, 0x81);
	put16(v.bytes + 6 * 512 + 40, 0x81);
	set_copy(&v, 0, 11, 11);
	fat = open_it(&v);
	assert_true(fat->mirroring_off);
	assert_int_equal(fat->active_fat, 1);
	assert_false(fat->active_fat_missing);
	assert_int_equal(fat->copies_differing, 0);
	assert_int_equal(fat->problem_count, 0);
	put16(v.bytes + 40, 0x82);
	fat = open_it(&v);
	assert_true(fat->active_fat_missing);
	assert_int_equal(fat->problem_count, 1);
	/* without the bit, the number means nothing */
	put16(v.bytes + 40, 0x01);
	fat = open_it(&v);
	assert_false(fat->mirroring_off);
	assert_int_equal(fat->copies_differing, 1);
	done(&v);
}

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

static void a_table_too_small(void **state)
{
	struct volume v = make(16, 5000);
	struct fat *fat;

	(void)state;
	/* the same place for root and data, but FATs of one sector each */
	put16(v.bytes + 22, 1);
	put16(v.bytes + 14, (uint32_t)(1 + 2 * v.fat_sectors - 2));
	fat = open_it(&v);
	assert_int_equal(fat->type, FAT_16);
	assert_true(fat->fat_too_small);
	assert_int_equal(fat->clusters, 5000);
	assert_int_equal(fat->usable_clusters, 254);
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
		cmocka_unit_test(good_volumes),
		cmocka_unit_test(long_names),
		cmocka_unit_test(boot_sectors),
		cmocka_unit_test(sizes_and_backup),
		cmocka_unit_test(tables),
		cmocka_unit_test(mirroring),
		cmocka_unit_test(chains),
		cmocka_unit_test(a_large_table),
		cmocka_unit_test(a_table_too_small),
		cmocka_unit_test(deep_directories),
		cmocka_unit_test(probes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
