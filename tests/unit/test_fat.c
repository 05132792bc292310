/* SPDX-License-Identifier: MIT */
/* test_fat: what the FAT reader says of boot sectors, tables and names that are wrong in one place each.
 * tests/differential/fat.bats compares good volumes with other people's tools. */
#include <errno.h>

#include "fat_volume.h"

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
			/* GRUB knows one name of a file */
			assert_int_equal(fs_resolve_as_grub(fat->fs, v.arena, "/loader~1.con", &found, &err), -ENOENT);
			assert_int_equal(fs_resolve_as_grub(fat->fs, v.arena, "/load\xc3\xa9r \xf0\x9f\x98\x80.CONF", &found,
							    &err), 0);
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

/* An entry with a long name of up to 13 characters before it, or without one; returns the index behind it. */
static unsigned named(uint8_t *directory, unsigned index, const char *name, const char *alias, uint32_t first, uint32_t size)
{
	static const uint8_t places[13] = { 1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30 };
	size_t length = name ? strlen(name) : 0;
	uint8_t sum = 0, *p;

	if (name) {
		for (int i = 0; i < 11; i++)
			sum = (uint8_t)(((sum & 1) << 7) + (sum >> 1) + (uint8_t)alias[i]);
		p = entry(directory, index++, "           ", 0x0f, 0, 0);
		p[0] = 0x41;
		p[13] = sum;
		for (size_t i = 0; i < 13; i++)
			put16(p + places[i], i < length ? (uint8_t)name[i] : i == length ? 0 : 0xffff);
	}
	entry(directory, index, alias, 0x20, first, size);
	return index + 1;
}

/* The first entry of a name, long or short, is the file; that another one has it too is a clash. */
static void clashes(void **state)
{
	static const struct {
		const char *names[2], *aliases[2];
		const char *path; /* NULL: what is asked for is not there */
		const char *clash; /* NULL: there is none */
		bool hidden;
	} cases[] = {
		{ { "junk.bin", "x.efi" }, { "X       EFI", "X~1     EFI" }, "/junk.bin", "x.efi", true },
		{ { "x.efi", "junk.bin" }, { "X~1     EFI", "X       EFI" }, "/x.efi", "X.EFI", false },
		{ { NULL, NULL }, { "X       EFI", "X       EFI" }, "/X.EFI", "X.EFI", true },
		{ { "X.efi", "x.EFI" }, { "X~1     EFI", "X~2     EFI" }, "/X.efi", "x.EFI", true },
		{ { "junk.bin", "more.bin" }, { "J~1     BIN", "J~1     BIN" }, NULL, "J~1.BIN", false },
		/* good ones: a name that is its own short name, short names in an unknown code page */
		{ { "x.efi", "X.efi2" }, { "X       EFI", "XEF~1   EFI" }, "/x.efi", NULL, false },
		{ { NULL, NULL }, { "\x81       EFI", "\x82       EFI" }, NULL, NULL, false },
		{ { "junk.bin", "junk.bi" }, { "JUNK    BIN", "JUNK    BI " }, NULL, NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct volume v = make(16, 5000);
		uint8_t *root = v.bytes + v.root;
		struct fs_entry found;
		struct error err;
		unsigned index = 2;
		struct fat *fat;
		int r;

		for (int k = 0; k < 2; k++)
			index = named(root, index, cases[i].names[k], cases[i].aliases[k], 0, 0);
		fat = open_it(&v);
		good(fat);
		r = fs_lookup(fat->fs, v.arena, "/X.EFI", &found, &err);
		assert_int_equal(r, cases[i].path ? 0 : -ENOENT);
		if (cases[i].path)
			assert_string_equal(fat_path(fat, v.arena, found.handle), cases[i].path);
		assert_int_equal(fat->clash.count, cases[i].clash != NULL);
		if (cases[i].clash) {
			assert_string_equal(fat->clash.name, cases[i].clash);
			assert_int_equal(fat->clash.hidden, cases[i].hidden);
			assert_int_equal(fat->clash.offset, v.root + (index - 1) * 32);
		}
		done(&v);
	}
}

/* As many names as a directory may have, and one of them again. */
static void many_names(void **state)
{
	struct volume v = make(16, 5000);
	char name[16];
	struct fat *fat;

	(void)state;
	for (unsigned i = 0; i < 61; i++) {
		snprintf(name, sizeof(name), "FILE%-4uTXT", i < 60 ? i : 7);
		entry(v.bytes + v.root, 2 + i, name, 0x20, 0, 0);
	}
	fat = open_it(&v);
	good(fat);
	assert_int_equal(fat->clash.count, 1);
	assert_string_equal(fat->clash.path, "/FILE7.TXT");
	done(&v);
}

/* Each listing is made anew, however often one asks: it is paid for each time, until there is nothing to pay with. */
static void listings_cost(void **state)
{
	struct volume v = make(16, 5000);
	struct fs_entry *entries, found;
	struct error err;
	struct fat *fat;
	size_t count;
	uint64_t one;

	(void)state;
	for (unsigned i = 2; i < 64; i++) {
		char name[12];

		(void)snprintf(name, sizeof(name), "F%07uTXT", i);
		entry(v.bytes + v.root, i, name, 0x20, 0, 0);
	}
	fat = open_it(&v);
	limits_begin_image();
	assert_int_equal(fat->fs->ops->readdir(fat->fs, v.arena, fat->fs->root, &entries, &count, &err), 0);
	assert_int_equal(count, 63);
	one = limit_spent(WORK_LOOKUPS);
	assert_true(one > 0);
	limit_count(WORK_LOOKUPS, limit_of(WORK_LOOKUPS) - 3 * one);
	assert_int_equal(fat->fs->ops->readdir(fat->fs, v.arena, fat->fs->root, &entries, &count, &err), 0);
	assert_int_equal(fat->fs->ops->readdir(fat->fs, v.arena, fat->fs->root, &entries, &count, &err), 0);
	assert_int_equal(fat->fs->ops->readdir(fat->fs, v.arena, fat->fs->root, &entries, &count, &err), -EFBIG);
	assert_int_equal(fs_lookup(fat->fs, v.arena, "/EFI", &found, &err), -EFBIG);
	limits_begin_image();
	assert_int_equal(fs_lookup(fat->fs, v.arena, "/EFI", &found, &err), 0);
	done(&v);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_volumes),      cmocka_unit_test(long_names), cmocka_unit_test(clashes),
		cmocka_unit_test(many_names), cmocka_unit_test(listings_cost), cmocka_unit_test(boot_sectors),
		cmocka_unit_test(sizes_and_backup),  cmocka_unit_test(tables),     cmocka_unit_test(mirroring),
		cmocka_unit_test(a_table_too_small),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
