/* SPDX-License-Identifier: MIT */
/* test_grub_core: the objects inside a GRUB binary and tar memory disks, laid out here by hand;
 * tests/differential/grub.bats reads real binaries. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "boot/grub_core.h"
#include "boot/tar.h"

struct bytes {
	uint8_t data[64 * 1024];
	size_t size;
};

static struct arena *arena;
static struct bytes file;

static int setup(void **state)
{
	(void)state;
	arena = arena_new(64 * MiB);
	memset(&file, 0, sizeof(file));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void put(uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		file.data[file.size++] = (uint8_t)(value >> (8 * i));
}

static void put_bytes(const void *data, size_t size)
{
	memcpy(file.data + file.size, data, size);
	file.size += size;
}

/* The area begins 512 bytes into the file; its size is put in at the end. */
static void begin_area(bool wide)
{
	file.size = 512;
	put(0x676d696d, 4);
	if (wide)
		put(0, 4);
	put(wide ? 24 : 12, wide ? 8 : 4);
	put(0, wide ? 8 : 4);
}

static void end_area(bool wide)
{
	size_t end = file.size;

	file.size = 512 + (wide ? 16 : 8);
	put(end - 512, wide ? 8 : 4);
	file.size = end;
}

static void object(uint32_t type, const void *data, size_t size)
{
	put(type, 4);
	put(8 + size, 4);
	put_bytes(data, size);
}

/* An ELF file with three sections: none, names, .modname. */
static void module(const char *name, bool wide, const void *more, size_t more_size)
{
	static const char names[] = "\0.shstrtab\0.modname";
	size_t header = wide ? 64 : 52, entry = wide ? 64 : 40, length = strlen(name) + 1;
	size_t names_at = header, name_at = names_at + sizeof(names), table = name_at + length;
	size_t start, offsets[] = { 0, names_at, name_at }, sizes[] = { 0, sizeof(names), length };
	uint32_t titles[] = { 0, 1, 11 };

	put(0, 4);
	put(8 + table + 3 * entry + more_size, 4);
	start = file.size;
	put_bytes("\177ELF", 4);
	put(wide ? 2 : 1, 1);
	put(1, 1);
	file.size = start + (wide ? 40 : 32);
	put(table, wide ? 8 : 4);
	file.size = start + (wide ? 58 : 46);
	put(entry, 2);
	put(3, 2);
	put(1, 2);
	file.size = start + header;
	put_bytes(names, sizeof(names));
	put_bytes(name, length);
	for (int i = 0; i < 3; i++) {
		put(titles[i], 4);
		file.size += wide ? 20 : 12;
		put(offsets[i], wide ? 8 : 4);
		put(sizes[i], wide ? 8 : 4);
		file.size += wide ? 24 : 16;
	}
	put_bytes(more, more_size);
}

static const struct grub_core *read_core(bool wide, size_t section_size)
{
	struct pe_section *sections = ARENA_ARRAY(arena, 2, struct pe_section);
	struct pe *pe = ARENA_NEW(arena, struct pe);
	const struct grub_core *core;
	struct error err;

	sections[0] = (struct pe_section){ .name = ".text", .raw_offset = 0, .raw_size = 512 };
	sections[1] = (struct pe_section){ .name = "mods", .raw_offset = 512, .raw_size = (uint32_t)section_size };
	pe->machine = wide ? PE_MACHINE_AARCH64 : PE_MACHINE_ARM_THUMB;
	pe->is_pe32_plus = wide;
	pe->sections = sections;
	pe->section_count = 2;
	assert_int_equal(grub_core_read(arena, view_memory(arena, file.data, file.size), pe, &core, &err), 0);
	return core;
}

static void test_objects(void **state)
{
	static const bool widths[] = { true, false };

	(void)state;
	for (int i = 0; i < 2; i++) {
		static const char greeting[] = "x\0GNU GRUB  version %s\0" "2.06-13+deb12u1\0prefix";
		struct boot_device device = { .name = "hd0,gpt1" };
		const struct grub_core *core;
		struct grub_start start;
		bool wide = widths[i];

		memset(&file, 0, sizeof(file));
		begin_area(wide);
		module("ext2", wide, "", 0);
		module("normal", wide, greeting, sizeof(greeting));
		object(3, "/EFI/debian\0\0\0\0", 16);
		object(2, "normal (memdisk)/grub.cfg\n\0\0", 28);
		object(4, "key", 4);
		object(0, "not an ELF file", 16);
		end_area(wide);
		core = read_core(wide, file.size - 512);
		assert_true(core->present);
		assert_int_equal(core->fault, GRUB_CORE_GOOD);
		assert_string_equal(core->cpu, wide ? "arm64" : "arm");
		assert_int_equal(core->module_count, 2);
		assert_int_equal(core->nameless_count, 1);
		assert_true(grub_core_has(core, "ext2"));
		assert_true(grub_core_has(core, "normal"));
		assert_false(grub_core_has(core, "xfs"));
		assert_null(core->modules[2]);
		assert_string_equal(core->prefix, "/EFI/debian");
		assert_string_equal(core->config, "normal (memdisk)/grub.cfg\n");
		assert_int_equal(core->config_size, 26);
		assert_memory_equal(file.data + core->config_offset, "normal (", 8);
		assert_memory_equal(file.data + core->prefix_offset, "/EFI", 4);
		assert_null(core->memdisk);
		assert_string_equal(core->version, "2.06-13+deb12u1");
		start = grub_core_start(core, &device, "/EFI/BOOT");
		assert_string_equal(start.prefix, "/EFI/debian");
		assert_false(start.memdisk_unreadable);
	}
}

static void test_faults(void **state)
{
	const struct grub_core *core;
	size_t end;

	(void)state;
	assert_false(read_core(true, 0)->present);
	file.size = 1024;
	assert_false(read_core(true, 512)->present);

	begin_area(true);
	module("ext2", true, "", 0);
	put(0, 4);
	put(0x7fffffff, 4);
	end_area(true);
	core = read_core(true, file.size - 512);
	assert_int_equal(core->fault, GRUB_CORE_OBJECT);
	assert_int_equal(core->fault_offset, file.size - 8);
	assert_int_equal(core->module_count, 1);

	begin_area(true);
	put(0, 4);
	put(0, 4);
	end_area(true);
	assert_int_equal(read_core(true, file.size - 512)->fault, GRUB_CORE_OBJECT);

	begin_area(true);
	end_area(true);
	end = file.size;
	file.size = 512 + 16;
	put(UINT64_MAX, 8);
	file.size = end;
	assert_int_equal(read_core(true, file.size - 512)->fault, GRUB_CORE_AREA);
	file.size = 512 + 12;
	assert_int_equal(read_core(true, 12)->fault, GRUB_CORE_AREA);
}

static void tar_entry(const char *name, char type, const char *content, const char *target)
{
	uint8_t *header = file.data + file.size;
	unsigned int sum = 0;

	snprintf((char *)header, 100, "%s", name);
	snprintf((char *)header + 100, 8, "0000644");
	snprintf((char *)header + 124, 12, "%011o", (unsigned int)strlen(content));
	header[156] = (uint8_t)type;
	if (target)
		snprintf((char *)header + 157, 100, "%s", target);
	memcpy(header + 257, "ustar\0" "00", 8);
	memset(header + 148, ' ', 8);
	for (int i = 0; i < 512; i++)
		sum += header[i];
	snprintf((char *)header + 148, 8, "%06o", sum);
	file.size += 512;
	memcpy(file.data + file.size, content, strlen(content));
	file.size += (strlen(content) + 511) / 512 * 512;
}

static void test_tar(void **state)
{
	struct fs *fs;
	struct fs_entry entry;
	struct error err;
	size_t size;
	char *text;
	bool cut;

	(void)state;
	file.size = 0;
	tar_entry("boot/", '5', "", NULL);
	tar_entry("./boot/grub/grub.cfg", '0', "set a=1\n", NULL);
	tar_entry("link", '2', "", "boot/grub/grub.cfg");
	tar_entry("ignored", '1', "", "boot");
	tar_entry("././@LongLink", 'L', "a/very/long/name", NULL);
	tar_entry("a/very", '0', "long", NULL);
	file.size += 1024;
	assert_int_equal(tar_open(arena, view_memory(arena, file.data, file.size), &fs, &cut, &err), 0);
	assert_non_null(fs);
	assert_false(cut);
	assert_int_equal(boot_read_file(fs, arena, "/boot/grub/grub.cfg", 100, &text, &size, &err), 0);
	assert_string_equal(text, "set a=1\n");
	assert_int_equal(boot_read_file(fs, arena, "/link", 100, &text, &size, &err), 0);
	assert_string_equal(text, "set a=1\n");
	assert_int_equal(boot_read_file(fs, arena, "/a/very/long/name", 100, &text, &size, &err), 0);
	assert_string_equal(text, "long");
	assert_int_equal(fs_resolve(fs, arena, "/ignored", false, &entry, NULL, &err), -ENOENT);
	assert_int_equal(boot_read_file(fs, arena, "/boot", 100, &text, &size, &err), -EISDIR);
	assert_int_equal(boot_read_file(fs, arena, "/link", 7, &text, &size, &err), -EFBIG);

	/* cut in the middle of a file */
	assert_int_equal(tar_open(arena, view_memory(arena, file.data, 512 * 2 + 4), &fs, &cut, &err), 0);
	assert_non_null(fs);
	assert_true(cut);
	/* no archive at all */
	file.data[0] ^= 1;
	assert_int_equal(tar_open(arena, view_memory(arena, file.data, file.size), &fs, &cut, &err), 0);
	assert_null(fs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_objects, setup, teardown),
		cmocka_unit_test_setup_teardown(test_faults, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tar, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
