/* SPDX-License-Identifier: MIT */
/* test_grub_module: which files GRUB takes for modules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "boot/grub_module.h"
#include "test-arena.h"

static const char names[] = "\0.shstrtab\0.modname\0.moddeps";
static const char dependencies[] = "extcmd\0crypto\0boot";

struct elf {
	uint8_t bytes[1024];
	size_t size, table;
};

static void put(uint8_t *at, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

/* Four sections: none, names, .modname, .moddeps; their table is what ends the file. */
static struct elf make(bool wide, unsigned int machine)
{
	struct elf e = { .size = 512, .table = 512 };
	static const struct {
		uint32_t name;
		uint64_t offset, size;
	} sections[] = { { 0, 0, 0 }, { 1, 64, sizeof(names) }, { 11, 128, 7 }, { 20, 160, sizeof(dependencies) } };

	memcpy(e.bytes, "\177ELF", 4);
	e.bytes[4] = wide ? 2 : 1;
	e.bytes[5] = 1;
	put(e.bytes + 16, 1, 2);
	put(e.bytes + 18, machine, 2);
	put(e.bytes + (wide ? 40 : 32), e.table, wide ? 8 : 4);
	put(e.bytes + (wide ? 58 : 46), wide ? 64 : 40, 2);
	put(e.bytes + (wide ? 60 : 48), 4, 2);
	put(e.bytes + (wide ? 62 : 50), 1, 2);
	memcpy(e.bytes + 64, names, sizeof(names));
	memcpy(e.bytes + 128, "normal", 7);
	memcpy(e.bytes + 160, dependencies, sizeof(dependencies));
	for (size_t i = 0; i < 4; i++) {
		uint8_t *at = e.bytes + e.table + i * (wide ? 64 : 40);

		put(at, sections[i].name, 4);
		put(at + 4, i ? 1 : 0, 4);
		put(at + (wide ? 24 : 16), sections[i].offset, wide ? 8 : 4);
		put(at + (wide ? 32 : 20), sections[i].size, wide ? 8 : 4);
	}
	e.size += 4 * (wide ? 64 : 40);
	return e;
}

static struct grub_module_file read_module(const struct elf *e, const char *cpu)
{
	struct grub_module_file module;
	struct error err;

	assert_int_equal(grub_module_read(arena, view_memory(arena, e->bytes, e->size), cpu, "normal", &module, &err), 0);
	return module;
}

static void test_good(void **state)
{
	(void)state;
	for (int wide = 0; wide < 2; wide++) {
		struct elf e = make(wide, wide ? 183 : 40);
		struct grub_module_file module = read_module(&e, wide ? "arm64" : "arm");

		assert_null(module.fault);
		assert_string_equal(module.dependencies[0], "extcmd");
		assert_string_equal(module.dependencies[1], "crypto");
		assert_string_equal(module.dependencies[2], "boot");
		assert_null(module.dependencies[3]);
	}
}

static void test_faults(void **state)
{
	static const struct {
		size_t offset;
		uint64_t value;
		int bytes;
		const char *fault;
	} cases[] = {
		{ 0, 0, 1, "is no ELF file" },
		{ 4, 1, 1, "is for another machine (ELF's number 183)" },
		{ 16, 2, 2, "is no relocatable ELF file" },
		{ 18, 62, 2, "is for another machine (ELF's number 62)" },
		{ 40, UINT64_MAX, 8, "is cut short: its table of sections lies behind its end" },
		{ 58, 0, 2, "has no table of sections" },
		{ 60, 0, 2, "has no table of sections" },
		{ 60, 5, 2, "is cut short: its table of sections goes on to byte 832 of 768" },
		{ 62, 9, 2, "has no table of sections" },
		{ 128, 'N', 1, "is the module Normal" },
		{ 64 + 12, 'X', 1, "does not say which module it is" },
		{ 512 + 2 * 64 + 24, 4096, 8, "is cut short: its section .modname ends behind it" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct elf e = make(true, 183);
		struct grub_module_file module;

		put(e.bytes + cases[i].offset, cases[i].value, cases[i].bytes);
		module = read_module(&e, "arm64");
		assert_non_null(module.fault);
		assert_string_equal(module.fault, cases[i].fault);
	}
}

/* Cut anywhere; what is compressed is not looked into. */
static void test_sizes(void **state)
{
	struct elf e = make(true, 183);
	size_t whole = e.size;

	(void)state;
	for (e.size = 0; e.size < whole; e.size++)
		assert_non_null(read_module(&e, "arm64").fault);
	e.size = whole;
	memcpy(e.bytes, "\x1f\x8b", 2);
	assert_null(read_module(&e, "arm64").fault);
	assert_null(read_module(&e, "arm64").dependencies[0]);
}

/* The first section of a name is GRUB's; and what is read is paid for. */
static void test_again(void **state)
{
	struct elf e = make(true, 183);
	struct grub_module_file module;

	(void)state;
	/* .modname's record says .moddeps too, before the one that does */
	put(e.bytes + 512 + 2 * 64, 20, 4);
	limits_begin_image();
	module = read_module(&e, "arm64");
	assert_string_equal(module.dependencies[0], "normal");
	assert_null(module.dependencies[1]);
	assert_string_equal(module.fault, "does not say which module it is");
	assert_true(limit_spent(WORK_GRUB) >= 4 * 64 + sizeof(names) + 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_good, setup, teardown),
		cmocka_unit_test_setup_teardown(test_faults, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sizes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_again, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
