/* SPDX-License-Identifier: MIT */
/* test_program: what the kernel executes.  What it refuses was tried with Debian 12's (6.1): an /init of each kind. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "initrd_maker.h"
#include "linux/program.h"

#define PROGRAM 0100755
#define LINK 0120777
#define FOLDER 040755
#define ARM 40
#define X86_64 62
#define AARCH64 183
#define SIZE 0x200
#define LOADER "/lib/ld.so"

static void put(uint8_t *at, uint64_t value, size_t length)
{
	for (size_t i = 0; i < length; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* A program of two segments: what is loaded, and its interpreter's name, NULL for none. */
static void elf(uint8_t to[SIZE], uint16_t machine, const char *interpreter)
{
	bool is_64 = machine != ARM;
	size_t header = is_64 ? 64 : 52, bytes = is_64 ? 56 : 32, size = is_64 ? 8 : 4, at = is_64 ? 8 : 4;
	size_t length = is_64 ? 32 : 16;
	uint8_t *segment = to + header;

	memset(to, 0, SIZE);
	memcpy(to, "\x7f" "ELF", 4);
	to[4] = is_64 ? 2 : 1;
	to[5] = 1;
	put(to + 16, 3, 2);
	put(to + 18, machine, 2);
	put(to + (is_64 ? 32 : 28), header, size);
	put(to + (is_64 ? 54 : 42), bytes, 2);
	put(to + (is_64 ? 56 : 44), interpreter ? 2 : 1, 2);
	put(segment, 1, 4);
	put(segment + length, SIZE, size);
	if (!interpreter)
		return;
	segment += bytes;
	put(segment, 3, 4);
	put(segment + at, 0x100, size);
	put(segment + length, strlen(interpreter) + 1, size);
	memcpy(to + 0x100, interpreter, strlen(interpreter) + 1);
}

static void expect_script(const char *text, const char *interpreter)
{
	char name[PROGRAM_HEAD + 1];
	struct program program = program_read((const uint8_t *)text, strlen(text), strlen(text), name);

	if (interpreter ? program.kind != PROGRAM_SCRIPT : program.kind == PROGRAM_SCRIPT)
		fail_msg("\"%s\" is of kind %d", text, program.kind);
	if (interpreter)
		assert_string_equal(program.interpreter, interpreter);
}

static void scripts(void **state)
{
	char text[400] = "#!/";

	(void)state;
	expect_script("#!/bin/sh", "/bin/sh");
	expect_script("#!/bin/sh\n", "/bin/sh");
	expect_script("#! /bin/sh -e\necho\n", "/bin/sh");
	expect_script("#!\t/bin/busybox sh \n", "/bin/busybox");
	expect_script("#!bin/sh\n", "bin/sh");
	expect_script("#!/bin/sh\r\n", "/bin/sh\r");
	expect_script("#!", NULL);
	expect_script("#!  \n/bin/sh\n", NULL);
	expect_script("# !/bin/sh\n", NULL);
	expect_script("\n#!/bin/sh\n", NULL);
	expect_script("#", NULL);
	/* what the kernel does not read to its end is nobody's name */
	memset(text + 3, 'x', 300);
	assert_int_equal(program_read((const uint8_t *)text, strlen(text), strlen(text), (char[PROGRAM_HEAD + 1]){ 0 }).kind,
			 PROGRAM_OTHER);
	text[255] = ' ';
	assert_int_equal(program_read((const uint8_t *)text, strlen(text), strlen(text), (char[PROGRAM_HEAD + 1]){ 0 }).kind,
			 PROGRAM_SCRIPT);
}

static struct program read_elf(const uint8_t *data, size_t have, uint64_t size, char *name)
{
	/* what is read is all that there is */
	uint8_t *copy = malloc(have + !have);
	struct program program;

	memcpy(copy, data, have);
	program = program_read(copy, have, size, name);
	free(copy);
	return program;
}

static void elf_files(void **state)
{
	static const uint16_t machines[] = { ARM, X86_64, AARCH64 };
	char name[PROGRAM_HEAD + 1];
	struct program program;
	uint8_t data[SIZE];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		elf(data, machines[i], LOADER);
		program = read_elf(data, SIZE, SIZE, name);
		assert_int_equal(program.kind, PROGRAM_ELF);
		assert_int_equal(program.machine, machines[i]);
		assert_string_equal(program.interpreter, LOADER);
		elf(data, machines[i], NULL);
		program = read_elf(data, SIZE, SIZE, name);
		assert_int_equal(program.kind, PROGRAM_ELF);
		assert_null(program.interpreter);
	}
	/* every beginning of it is cut short, but for one that lacks no more than the rest of a page */
	elf(data, AARCH64, LOADER);
	for (size_t size = 4; size < 0x100 + sizeof(LOADER); size++)
		assert_int_equal(read_elf(data, size, size, name).kind, PROGRAM_FAULTY);
	assert_int_equal(read_elf(data, 0x100 + sizeof(LOADER), 0x100 + sizeof(LOADER), name).kind, PROGRAM_ELF);
	/* the rest of it was not read: no more is said */
	assert_int_equal(read_elf(data, 0x100, SIZE, name).kind, PROGRAM_OTHER);
	data[64 + 32] = data[64 + 33] = 0xff;
	assert_string_equal(read_elf(data, SIZE, SIZE, name).fault, "is cut short");
	assert_int_equal(read_elf(data, SIZE, 1 << 20, name).kind, PROGRAM_OTHER);
	/* the name lies beyond what is read */
	elf(data, AARCH64, LOADER);
	put(data + 64 + 56 + 8, 0x10000, 8);
	{
		static uint8_t page[PROGRAM_HEAD];

		memcpy(page, data, SIZE);
		program = read_elf(page, PROGRAM_HEAD, 0x20000, name);
		assert_int_equal(program.kind, PROGRAM_ELF);
		assert_null(program.interpreter);
		put(page + 64 + 56 + 8, UINT64_MAX - 1, 8);
		assert_int_equal(read_elf(page, PROGRAM_HEAD, 0x20000, name).kind, PROGRAM_FAULTY);
		/* a table of segments that lies there, too */
		put(page + 32, 0x10000, 8);
		assert_int_equal(read_elf(page, PROGRAM_HEAD, 0x20000, name).kind, PROGRAM_ELF);
		put(page + 32, UINT64_MAX - 1, 8);
		assert_string_equal(read_elf(page, PROGRAM_HEAD, 0x20000, name).fault, "is cut short");
	}
	elf(data, AARCH64, LOADER);
	put(data + 16, 1, 2);
	assert_string_equal(read_elf(data, SIZE, SIZE, name).fault, "is an ELF file of another kind than programs");
	elf(data, AARCH64, LOADER);
	data[0x100 + sizeof(LOADER) - 1] = 'x';
	assert_string_equal(read_elf(data, SIZE, SIZE, name).fault, "is a damaged ELF file");
	assert_int_equal(read_elf((const uint8_t *)"bFLT\0\0\0\4", 8, 8, name).kind, PROGRAM_OTHER);
}

static void add(struct maker *m, const char *name, unsigned mode, const void *body, size_t size)
{
	entry(m, name, mode, 1, body, size);
}

static void add_text(struct maker *m, const char *name, unsigned mode, const char *text)
{
	add(m, name, mode, text, strlen(text));
}

/* Why can the kernel not execute /init?  NULL: it can. */
static void expect(const struct maker *m, const char *fault)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct initrd_question q = { INITRD_PROGRAM, .name = "/init", .machine = AARCH64 };
	const struct initrd *initrd = ask(arena, m, &q, 1, false);

	assert_true(initrd->complete);
	if (!q.fault != !fault || (fault && strcmp(q.fault, fault) != 0))
		fail_msg("/init %s", q.fault ? q.fault : "is all right");
}

static void chains(void **state)
{
	static const struct initrd_options lenient = { .more_before = true };
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct initrd_question q = { INITRD_PROGRAM, .name = "/init", .machine = AARCH64 };
	uint8_t shell[SIZE], loader[SIZE], other[SIZE];
	struct maker m = make();
	struct initrd *initrd;
	struct error err;

	(void)state;
	elf(shell, AARCH64, LOADER);
	elf(loader, AARCH64, NULL);
	elf(other, X86_64, NULL);
	add_text(&m, "usr", FOLDER, "");
	add_text(&m, "usr/bin", FOLDER, "");
	add_text(&m, "usr/lib", FOLDER, "");
	add_text(&m, "bin", LINK, "usr/bin");
	add_text(&m, "lib", LINK, "/usr/lib");
	add_text(&m, "usr/bin/sh", LINK, "busybox");
	add(&m, "usr/bin/busybox", PROGRAM, shell, SIZE);
	add_text(&m, "usr/lib/ld.so", LINK, "ld-2.so");
	add(&m, "usr/lib/ld-2.so", PROGRAM, loader, SIZE);
	add_text(&m, "init", PROGRAM, "#! /bin/sh -e\n");
	expect(&m, NULL);
	add_text(&m, "init", 0100644, "#! /bin/sh -e\n");
	expect(&m, "may be executed by nobody (it has no x bit)");
	add_text(&m, "init", PROGRAM, "");
	expect(&m, "is empty");
	add_text(&m, "init", PROGRAM, "echo hello\n");
	expect(&m, "is neither an ELF file nor a script that begins with #!");
	add_text(&m, "init", PROGRAM, "#!/bin/bash\n");
	expect(&m, "is a script for /bin/bash, which is not there");
	/* one script for another, and no end */
	add_text(&m, "usr/bin/bash", PROGRAM, "#!bin/sh\n");
	expect(&m, NULL);
	add_text(&m, "init", PROGRAM, "#!/init\n");
	expect(&m, "is a script for /init, which is a script for /init, which is a script for /init, "
		   "which is a script for /init, which is a script for /init, which is one script too many behind each other");
	/* without the links of a merged /usr, as the kernel goes by it */
	add(&m, "init", PROGRAM, shell, SIZE);
	expect(&m, NULL);
	add_text(&m, "lib", LINK, "/nowhere");
	expect(&m, "needs /lib/ld.so, which is not there");
	add_text(&m, "lib", LINK, "usr/lib");
	add_text(&m, "usr/lib/ld-2.so", PROGRAM, "#!/bin/sh\n");
	expect(&m, "needs /lib/ld.so, which is no ELF file");
	add(&m, "usr/lib/ld-2.so", 0100600, loader, SIZE);
	expect(&m, "needs /lib/ld.so, which may be executed by nobody (it has no x bit)");
	add(&m, "usr/lib/ld-2.so", PROGRAM, other, SIZE);
	expect(&m, "needs /lib/ld.so, which is a program for another machine");
	/* nor is a 32-bit program's for the kernel's own */
	elf(other, ARM, LOADER);
	add(&m, "init", PROGRAM, other, SIZE);
	add(&m, "usr/lib/ld-2.so", PROGRAM, loader, SIZE);
	expect(&m, "needs /lib/ld.so, which is a program for another machine");
	add(&m, "init", PROGRAM, shell, SIZE);
	/* the loader needs no other one */
	elf(loader, AARCH64, "/nothing");
	add(&m, "usr/lib/ld-2.so", PROGRAM, loader, SIZE);
	expect(&m, NULL);
	/* 32 bits on a kernel of 64 */
	elf(other, ARM, NULL);
	add(&m, "init", PROGRAM, other, SIZE);
	expect(&m, NULL);
	/* what is in a hard link is not known */
	entry(&m, "init", PROGRAM, 2, "nothing", 7);
	expect(&m, NULL);
	/* a kernel's own initramfs may have the interpreter */
	add_text(&m, "init", PROGRAM, "#!/bin/bush\n");
	expect(&m, "is a script for /bin/bush, which is not there");
	assert_true(initrd_read(arena, view_memory(arena, m.b.data, m.b.size), &q, 1, &lenient, &initrd, &err) == 0);
	assert_null(q.fault);
	/* in an archive that is cut off, it may come */
	buffer_append(&m.b, "0707", 4);
	initrd = ask(arena, &m, &q, 1, false);
	assert_true(initrd->damaged);
	assert_int_equal(q.answer, INITRD_FOUND);
	assert_null(q.fault);
	buffer_free(&m.b);
}

static int broken(void *state, const char *path, struct program_file *ret, struct error *err)
{
	(void)path;
	(void)ret;
	(*(int *)state)++;
	return error_set(err, EIO, "no");
}

static void unreadable(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	const char *fault;
	struct error err;
	int calls = 0;

	(void)state;
	assert_int_equal(program_fault(arena, "/init", 0, broken, &calls, &fault, &err), -EIO);
	assert_null(fault);
	assert_int_equal(calls, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(scripts), cmocka_unit_test(elf_files), cmocka_unit_test(chains),
					    cmocka_unit_test(unreadable) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
