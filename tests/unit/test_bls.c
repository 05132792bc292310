/* SPDX-License-Identifier: MIT */
/* test_bls: Boot Loader Specification entries, versions, systemd-boot's order and default. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "boot/bls.h"
#include "memory_fs.h"
#include "test-arena.h"

static const struct boot_source source = { .device = "hd0,gpt1", .partition = 1,
					     .path = "/loader/entries/x.conf" };

static void test_entry(void **state)
{
	static const char text[] = "# Boot Loader Specification type#1 entry\n"
				   "title      Debian GNU/Linux 13 (trixie)\n"
				   "version    6.12.38+deb13-arm64\n"
				   "machine-id 6a9857a393724b7a981ebb5b8495b9ea\n"
				   "sort-key   debian\n"
				   "options    root=UUID=aa-bb ro\n"
				   "linux      /6a98/6.12/linux\n"
				   "initrd     /6a98/6.12/initrd.img-1\n"
				   "\n"
				   "\tinitrd\t/second  \n"
				   "options    \"console=ttyAMA0\"\n"
				   "nothing\n"
				   "architecture aa64";
	struct bls_entry entry = bls_parse_entry(arena, &source, "x+2-1.conf", text, sizeof(text) - 1);
	const struct bls_line *line;
	struct boot_text options;

	(void)state;
	assert_string_equal(entry.id, "x.conf");
	assert_int_equal(entry.tries_left, 2);
	assert_int_equal(entry.tries_done, 1);
	assert_string_equal(entry.title->value.text, "Debian GNU/Linux 13 (trixie)");
	assert_string_equal(entry.kernel->value.text, "/6a98/6.12/linux");
	assert_int_equal(entry.kernel->key_place.line, 7);
	assert_int_equal(boot_text_place(&entry.kernel->value, 0).column, 12);
	line = bls_next(&entry, "initrd", NULL);
	assert_string_equal(line->value.text, "/6a98/6.12/initrd.img-1");
	line = bls_next(&entry, "initrd", line);
	assert_string_equal(line->value.text, "/second");
	assert_int_equal(boot_text_place(&line->value, 0).line, 10);
	assert_int_equal(boot_text_place(&line->value, 0).column, 9);
	assert_null(bls_next(&entry, "initrd", line));
	assert_null(bls_next(&entry, "nothing", NULL));
	options = bls_options(arena, &entry);
	assert_string_equal(options.text, "root=UUID=aa-bb ro console=ttyAMA0");
	assert_int_equal(boot_text_place(&options, 0).line, 6);
	assert_int_equal(boot_text_place(&options, 19).line, 11);
	assert_int_equal(boot_text_place(&options, 19).column, 13);
	assert_string_equal(entry.architecture->value.text, "aa64");
}

static void test_counters(void **state)
{
	static const struct {
		const char *file, *id;
		int left, done;
	} cases[] = {
		{ "a.conf", "a.conf", -1, -1 },       { "a+3.conf", "a.conf", 3, 0 },
		{ "a+3-0.conf", "a.conf", 3, 0 },     { "a+0-3.conf", "a.conf", 0, 3 },
		{ "a+b.conf", "a+b.conf", -1, -1 },   { "a+3-.conf", "a+3-.conf", -1, -1 },
		{ "6.1+deb13.conf", "6.1+deb13.conf", -1, -1 }, { "6.1+deb13+2.conf", "6.1+deb13.conf", 2, 0 },
		{ "a+99999999999.conf", "a+99999999999.conf", -1, -1 }, { "+1.conf", ".conf", 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int left, done;

		assert_string_equal(bls_id(arena, cases[i].file, ".conf", &left, &done), cases[i].id);
		assert_int_equal(left, cases[i].left);
		assert_int_equal(done, cases[i].done);
	}
}

/* Each row ascends, as `systemd-analyze compare-versions` of systemd 252 says. */
static void test_versions(void **state)
{
	static const char *const ascending[][8] = {
		{ "122.1", "123~rc1-1", "123", "123-a", "123-a.1", "123-1", "123-1.1", "123^post1" },
		{ "123.a-1", "123.1-1", "123a-1", "124-1" },
		{ "5.11.0-1.fc33", "5.11.0-9.fc33", "5.11.0-10.fc33", "5.11.0-10.fc34" },
		{ "6.1.0-9-arm64", "6.1.0-10-arm64", "6.1.0-56-arm64", "6.12.38+deb13-arm64" },
		{ "", "1", "01.1", "2" },
		{ "a", "ab", "b", "1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ascending) / sizeof(*ascending); i++) {
		for (size_t j = 0; j + 1 < 8 && ascending[i][j + 1]; j++) {
			if (bls_compare_versions(ascending[i][j], ascending[i][j + 1]) != -1 ||
			    bls_compare_versions(ascending[i][j + 1], ascending[i][j]) != 1)
				fail_msg("%s is not before %s", ascending[i][j], ascending[i][j + 1]);
		}
	}
	assert_int_equal(bls_compare_versions("123", "0123"), 0);
	assert_int_equal(bls_compare_versions("1_2", "1_2"), 0);
	assert_int_equal(bls_compare_versions(NULL, ""), 0);
	/* as systemd has it, what follows a '-' is newer than nothing */
	assert_int_equal(bls_compare_versions("5.12", "5.12-rc1"), -1);
}

static void test_volume(void **state)
{
	struct memory_fs *m = memory_fs_new(arena);
	const struct bls_volume *volume;
	const struct bls_entry **menu;
	const struct bls_line *line;
	struct error err;
	size_t count;

	(void)state;
	memory_fs_file(m, arena, "/loader/entries/a-6.1.conf", "title A\nversion 6.1\nsort-key a\nlinux /l\n");
	memory_fs_file(m, arena, "/loader/entries/a-6.12.conf", "title A\nversion 6.12\nsort-key a\nlinux /l\n");
	memory_fs_file(m, arena, "/loader/entries/a-6.13+0-3.conf", "title A\nversion 6.13\nsort-key a\nlinux /l\n");
	memory_fs_file(m, arena, "/loader/entries/old.conf", "title Old\nlinux /l\n");
	memory_fs_file(m, arena, "/loader/entries/x64.conf", "sort-key 0\narchitecture X64\nlinux /l\n");
	memory_fs_file(m, arena, "/loader/entries/empty.conf", "title Nothing\n");
	memory_fs_file(m, arena, "/loader/entries/.hidden.conf", "linux /l\n");
	memory_fs_file(m, arena, "/loader/entries/auto-x.conf", "linux /l\n");
	memory_fs_file(m, arena, "/loader/entries/readme", "linux /l\n");
	memory_fs_file(m, arena, "/EFI/Linux/debian-6.12+3.efi", "MZ");
	memory_fs_file(m, arena, "/loader/loader.conf", "timeout 3\n#default a\ndefault A-6.1.*\nconsole-mode keep\n");
	assert_int_equal(bls_read(arena, &m->fs, "hd0,gpt1", 1, &volume, &err), 0);
	assert_int_equal(volume->entry_count, 7);
	menu = bls_menu(arena, &volume, 1, "aa64", &count);
	assert_int_equal(count, 5);
	assert_string_equal(menu[0]->id, "a-6.12.conf");
	assert_string_equal(menu[1]->id, "a-6.1.conf");
	assert_string_equal(menu[2]->id, "old.conf");
	assert_string_equal(menu[3]->id, "debian-6.12.efi");
	assert_int_equal(menu[3]->type, BLS_TYPE2);
	assert_int_equal(menu[3]->tries_left, 3);
	assert_string_equal(menu[4]->id, "a-6.13.conf");
	assert_ptr_equal(bls_default(menu, count, volume, &line), menu[1]);
	assert_int_equal(line->key_place.line, 3);
	menu = bls_menu(arena, &volume, 1, "x64", &count);
	assert_int_equal(count, 6);
	assert_string_equal(menu[0]->id, "x64.conf");
	m->broken = true;
	assert_true(bls_read(arena, &m->fs, "hd0,gpt1", 1, &volume, &err) < 0);
}

static void put(char **p, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		*(*p)++ = (char)(value >> (8 * i));
}

/* A PE image of two sections, .osrel and .cmdline. */
static char *make_uki(const char *osrel, const char *cmdline, size_t *ret_size)
{
	const char *const contents[] = { osrel, cmdline }, *const names[] = { ".osrel", ".cmdline" };
	char *image = arena_alloc(arena, 8192), *p = image;

	memcpy(p, "MZ", 2);
	p = image + 60;
	put(&p, 64, 4);
	memcpy(p, "PE\0\0", 4);
	p += 4;
	put(&p, 0xaa64, 2);
	put(&p, 2, 2);
	p += 12;
	put(&p, 112, 2); /* SizeOfOptionalHeader */
	put(&p, 0x22, 2);
	put(&p, 0x20b, 2);
	p += 30;
	put(&p, 4096, 4); /* SectionAlignment */
	put(&p, 512, 4);
	p += 16;
	put(&p, 12288, 4); /* SizeOfImage */
	put(&p, 1024, 4);
	p += 4;
	put(&p, 10, 2);
	p = image + 64 + 24 + 112;
	for (unsigned int i = 0; i < 2; i++) {
		char *start = p;

		memcpy(p, names[i], strlen(names[i]));
		p += 8;
		put(&p, strlen(contents[i]), 4);
		put(&p, 4096 * (i + 1), 4);
		put(&p, 1024, 4);
		put(&p, 1024 * (i + 1), 4);
		p = start + 40;
		memcpy(image + 1024 * (i + 1), contents[i], strlen(contents[i]));
	}
	*ret_size = 3072;
	return image;
}

static void test_uki(void **state)
{
	struct memory_fs *m = memory_fs_new(arena);
	const struct bls_volume *volume;
	const struct bls_entry **menu;
	struct boot_text options;
	struct boot_place place;
	struct error err;
	size_t count, size;
	char *image;

	(void)state;
	image = make_uki("NAME=\"Debian GNU/Linux\"\nID=debian\nVERSION_ID=\"13\"\nIMAGE_VERSION=9\n", "root=LABEL=a rw",
			 &size);
	memory_fs_add(m, arena, "/EFI/Linux/zz.efi", FS_FILE, image, size);
	image = make_uki("PRETTY_NAME='Debian 13'\nID=debian\nIMAGE_VERSION=10\n", "quiet", &size);
	memory_fs_add(m, arena, "/EFI/Linux/aa+1.efi", FS_FILE, image, size);
	memory_fs_file(m, arena, "/EFI/Linux/text.efi", "no image");
	assert_int_equal(bls_read(arena, &m->fs, "hd0,gpt1", 1, &volume, &err), 0);
	menu = bls_menu(arena, &volume, 1, "aa64", &count);
	assert_int_equal(count, 3);
	assert_string_equal(menu[0]->id, "aa.efi");
	assert_string_equal(menu[0]->title->value.text, "Debian 13");
	assert_string_equal(menu[1]->id, "zz.efi");
	assert_string_equal(menu[1]->title->value.text, "Debian GNU/Linux");
	assert_string_equal(menu[1]->version->value.text, "9");
	assert_string_equal(menu[1]->sort_key->value.text, "debian");
	assert_int_equal(menu[1]->version->key_place.line, 4);
	assert_int_equal(menu[1]->version->key_place.column, 15);
	options = bls_options(arena, menu[1]);
	assert_string_equal(options.text, "root=LABEL=a rw");
	place = boot_text_place(&options, 13);
	assert_string_equal(place.source->path, "/EFI/Linux/zz.efi");
	assert_string_equal(place.source->section, ".cmdline");
	assert_int_equal(place.column, 14);
	assert_false(menu[2]->readable);
	assert_null(menu[2]->title);
}

/* An entry beyond our limits may be the one that boots: that is said, and it is not taken for one that starts nothing. */
static void test_limits(void **state)
{
	struct memory_fs *m = memory_fs_new(arena);
	char *lines = arena_alloc(arena, 3000 * 16), *p = lines, *zeros = arena_alloc(arena, LIMIT_BLS_FILE + 1);
	const struct bls_volume *volume;
	struct error err;

	(void)state;
	memory_fs_file(m, arena, "/loader/entries/a.conf", "linux /a\n");
	memory_fs_add(m, arena, "/loader/entries/folder.conf", FS_DIRECTORY, NULL, 0);
	assert_int_equal(bls_read(arena, &m->fs, NULL, 1, &volume, &err), 0);
	assert_int_equal(volume->unread.code, 0);

	for (int i = 0; i < 3000; i++)
		p = stpcpy(p, "initrd /i\n");
	strcpy(p, "linux /b\n");
	memory_fs_file(m, arena, "/loader/entries/b.conf", lines);
	assert_int_equal(bls_read(arena, &m->fs, NULL, 1, &volume, &err), 0);
	assert_int_equal(volume->entry_count, 2);
	assert_int_equal(volume->entries[1].error.code, EFBIG);
	assert_string_equal(volume->unread.message, "/loader/entries/b.conf: b.conf has more than 512 lines");

	m = memory_fs_new(arena);
	memory_fs_add(m, arena, "/loader/entries/c.conf", FS_FILE, zeros, LIMIT_BLS_FILE + 1);
	assert_int_equal(bls_read(arena, &m->fs, NULL, 1, &volume, &err), 0);
	assert_int_equal(volume->unread.code, EFBIG);
}

static void test_nothing(void **state)
{
	struct memory_fs *m = memory_fs_new(arena);
	const struct bls_volume *volume;
	const struct bls_line *line;
	struct error err;
	size_t count;

	(void)state;
	assert_int_equal(bls_read(arena, &m->fs, NULL, 1, &volume, &err), 0);
	assert_int_equal(volume->entry_count, 0);
	assert_null(volume->loader_conf);
	assert_int_equal(volume->loader_error.code, 0);
	assert_null(bls_default(bls_menu(arena, &volume, 1, NULL, &count), 0, volume, &line));
}

static void test_patterns(void **state)
{
	static const struct {
		const char *pattern, *id;
		bool match;
	} cases[] = {
		{ "x.conf", "x.conf", true },      { "x", "x.conf", false },     { "*", "x.conf", true },
		{ "*.conf", "x.conf", true },      { "x?conf", "x.conf", true }, { "[a-x].conf", "x.conf", true },
		{ "[a-w].conf", "x.conf", false }, { "[x", "x.conf", false },    { "\\*.conf", "x.conf", false },
		{ "*-6.1*", "debian-6.1.conf", true }, { "*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
		{ "X.CONF", "x.conf", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bls_entry first = { .id = "first.zzz" }, second = { .id = cases[i].id };
		const struct bls_entry *menu[] = { &first, &second };
		struct bls_volume volume = { 0 };
		const struct bls_line *line;
		char text[128];
		bool truncated;

		snprintf(text, sizeof(text), "default %s\n", cases[i].pattern);
		volume.loader_lines = bls_parse_lines(arena, &source, text, strlen(text), &volume.loader_line_count,
						      &truncated);
		(void)bls_default(menu, 2, &volume, &line);
		assert_int_equal(bls_default(menu + 1, 1, &volume, &line) && line, cases[i].match);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_entry, setup, teardown),
		cmocka_unit_test_setup_teardown(test_counters, setup, teardown),
		cmocka_unit_test_setup_teardown(test_versions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_volume, setup, teardown),
		cmocka_unit_test_setup_teardown(test_uki, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_patterns, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
