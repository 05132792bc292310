/* SPDX-License-Identifier: MIT */
/* test_initrd: archives written here by hand, member by member.  tests/differential/initrd.bats has real ones. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <zlib.h>
#include <zstd.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "linux/initrd.h"

#include "initrd_maker.h"

static void gz(struct maker *to, const struct maker *from)
{
	uint8_t *packed = malloc(from->b.size + 1000);
	z_stream z = { 0 };

	deflateInit2(&z, 6, Z_DEFLATED, 31, 8, 0);
	z.next_in = (Bytef *)from->b.data;
	z.avail_in = (unsigned)from->b.size;
	z.next_out = packed;
	z.avail_out = (unsigned)from->b.size + 1000;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	buffer_append(&to->b, packed, z.total_out);
	deflateEnd(&z);
	free(packed);
}

static void zst(struct maker *to, const struct maker *from)
{
	size_t capacity = ZSTD_compressBound(from->b.size), n;
	uint8_t *packed = malloc(capacity);

	n = ZSTD_compress(packed, capacity, from->b.data, from->b.size, 1);
	assert_false(ZSTD_isError(n));
	buffer_append(&to->b, packed, n);
	free(packed);
}

/* Early microcode in the open, then a gzip member, zeros, a zstd member, and one more in the open. */
static struct maker usual(void)
{
	struct maker all = make(), main = make(), more = make();

	file(&all, "kernel/x86/microcode/GenuineIntel.bin", "microcode");
	trailer(&all);
	zeros(&all, 512 - all.b.size % 512);
	entry(&main, ".", 040755, 2, "", 0);
	file(&main, "init", "#!/bin/sh\n");
	entry(&main, "lib", 0120777, 1, "usr/lib", 7);
	folders(&main, "usr/lib/modules/6.1.0-9/kernel/drivers/block/x");
	entry(&main, "usr/lib/modules/6.1.0-9/kernel/drivers/block/virtio_blk.ko.xz", FILE_MODE, 1, "\xfd" "7zXZ", 6);
	folders(&main, "etc/x");
	file(&main, "./etc/conf", "content of a file");
	entry(&main, "etc/link-a", FILE_MODE, 2, "", 0);
	entry(&main, "etc/link-b", FILE_MODE, 2, "shared", 6);
	trailer(&main);
	gz(&all, &main);
	zeros(&all, 13);
	folders(&more, "usr/lib/modules/6.12.1/kernel/fs/ext4/x");
	file(&more, "lib/modules/6.12.1/kernel/fs/ext4/ext4.ko.zst", "\x28\xb5\x2f\xfd");
	trailer(&more);
	zeros(&more, 256);
	zst(&all, &more);
	align(&all);
	zeros(&all, 8);
	file(&all, "last", "x");
	buffer_free(&main.b);
	buffer_free(&more.b);
	return all;
}

static void questions(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct maker m = usual();
	struct initrd_question q[] = {
		{ INITRD_PATH, .name = "/init" },
		{ INITRD_MODULE, .name = "virtio-blk" },
		{ INITRD_CONTENT, .name = "etc/conf", .limit = 7 },
		{ INITRD_CONTENT, .name = "/etc/conf", .limit = 1000 },
		{ INITRD_MODULE, .name = "ext4", .release = "6.1.0-9" },
		{ INITRD_MODULE, .name = "ext4", .release = "6.12.1" },
		{ INITRD_PATH, .name = "lib" },
		{ INITRD_CONTENT, .name = "etc/link-a", .limit = 100 },
		{ INITRD_PATH, .name = "lib/modules/6.1.0-9/kernel/drivers/block/virtio_blk.ko.xz" },
		{ INITRD_PATH, .name = "/usr/lib/modules/6.12.1/kernel/fs/ext4/ext4.ko.zst" },
		{ INITRD_MODULE, .name = "virtio_bl" },
		{ INITRD_PATH, .name = "last" },
		{ INITRD_FOLDER, .name = "/etc", .but = "conf" },
		{ INITRD_FOLDER, .name = "usr/lib/modules/6.12.1/kernel/fs/ext4", .but = "ext4.ko.zst" },
		{ INITRD_FOLDER, .name = "lib/modules/6.12.1/kernel/fs/ext4" },
		/* no file of its own */
		{ INITRD_FOLDER, .name = "lib/modules" },
	};
	struct initrd *initrd = ask(arena, &m, q, sizeof(q) / sizeof(q[0]), false);
	static const enum initrd_answer answers[] = { 1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 2, 1, 2 };

	(void)state;
	for (size_t i = 0; i < sizeof(q) / sizeof(q[0]); i++)
		if (q[i].answer != answers[i])
			fail_msg("%s: answer %d", q[i].name, q[i].answer);
	assert_int_equal(q[2].content_size, 7);
	assert_int_equal(q[3].content_size, 17);
	assert_memory_equal(q[3].content, "content of a file", 17);
	assert_string_equal(q[3].path, "./etc/conf");
	assert_string_equal(q[6].target, "usr/lib");
	assert_int_equal(q[7].content_size, 6);
	assert_memory_equal(q[7].content, "shared", 6);
	assert_int_equal(q[1].member, 1);
	assert_int_equal(q[11].member, 3);

	assert_true(initrd->complete && !initrd->damaged);
	assert_int_equal(initrd->member_count, 4);
	assert_true(initrd->members[0].microcode && !initrd->members[1].microcode);
	assert_int_equal(initrd->members[1].compression, COMPRESSION_GZIP);
	assert_int_equal(initrd->members[1].offset, 512);
	assert_int_equal(initrd->members[2].compression, COMPRESSION_ZSTD);
	assert_int_equal(initrd->members[3].entries, 1);
	assert_true(initrd->members[2].trailer && !initrd->members[3].trailer);
	assert_int_equal(initrd->release_count, 2);
	assert_string_equal(initrd->releases[0], "6.1.0-9");
	assert_string_equal(initrd->releases[1], "6.12.1");
	buffer_free(&m.b);
}

/* As init/initramfs.c takes them: a path in any way of writing it, and no entry at all where the name is too long. */
static void names(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct maker m = make();
	struct initrd_question q[] = {
		{ INITRD_PATH, .name = "/etc/conf" },
		{ INITRD_MODULE, .name = "virtio_blk", .release = "6.1.0-9" },
		{ INITRD_PATH, .name = "last" },
		{ INITRD_FOLDER, .name = "/etc" },
		{ INITRD_PATH, .name = "" },
		{ INITRD_PATH, .name = "nothing" },
	};
	char *name = malloc(4300);
	struct initrd *initrd;

	(void)state;
	memset(name, 'x', 4300);
	name[4299] = '\0';
	file(&m, name, "content of some bytes");
	entry(&m, ".", 040755, 2, "", 0);
	entry(&m, "./etc", 040755, 2, "", 0);
	file(&m, "./etc/.///./conf", "text");
	folders(&m, "usr/lib/modules/6.1.0-9/x");
	entry(&m, "usr//lib/./modules//6.1.0-9/.//virtio_blk.ko.xz", FILE_MODE, 1, "\xfd" "7zXZ", 6);
	/* of no byte, as the header says; two of padding follow */
	file(&m, "", "");
	m.b.data[m.b.size - 2 - 16 + 7] = '0';
	name[4095] = '\0';
	file(&m, name, "");
	file(&m, "//last", "");
	trailer(&m);
	initrd = ask(arena, &m, q, 6, true);
	assert_true(initrd->complete && !initrd->damaged);
	assert_int_equal(initrd->members[0].entries, 12);
	for (size_t i = 0; i < 6; i++)
		if (q[i].answer != (i < 4 ? INITRD_FOUND : i == 5 ? INITRD_NOT_FOUND : q[i].answer))
			fail_msg("%s: answer %d", q[i].name, q[i].answer);
	assert_string_equal(q[0].path, "./etc/.///./conf");
	assert_string_equal(initrd->releases[0], "6.1.0-9");
	free(name);
	buffer_free(&m.b);
}

static void no_modules(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct maker m = make();
	struct initrd_question q[] = {
		{ INITRD_MODULE, .name = "a" }, { INITRD_MODULE, .name = "b" }, { INITRD_MODULE, .name = "c" },
		{ INITRD_PATH, .name = "nothing" }, { INITRD_MODULE, .name = "fifo" },
	};
	struct initrd *initrd;

	(void)state;
	folders(&m, "lib/modules/1/updates/x");
	entry(&m, "lib/modules/1/fifo.ko", S_IFIFO | 0644, 1, "", 0);
	file(&m, "lib/modules/1/a.ko", "text");
	file(&m, "lib/modules/1/b.ko", "text");
	entry(&m, "lib/modules/1/c.ko", FILE_MODE, 2, "", 0);
	entry(&m, "lib/modules/1/updates/a.ko.gz", FILE_MODE, 1, "\x1f\x8b", 2);
	trailer(&m);
	initrd = ask(arena, &m, q, 5, false);
	assert_true(initrd->complete);
	assert_int_equal(q[4].answer, INITRD_NOT_FOUND);
	assert_string_equal(q[4].fault, "it is no regular file");
	/* another file is one; what hard links share is not known there */
	assert_int_equal(q[0].answer, INITRD_FOUND);
	assert_null(q[0].fault);
	assert_string_equal(q[0].path, "lib/modules/1/updates/a.ko.gz");
	assert_int_equal(q[1].answer, INITRD_NOT_FOUND);
	assert_string_equal(q[1].fault, "it is no ELF file");
	assert_string_equal(q[1].path, "lib/modules/1/b.ko");
	assert_int_equal(q[2].answer, INITRD_FOUND);
	assert_int_equal(q[3].answer, INITRD_NOT_FOUND);
	buffer_free(&m.b);
}

static void stops(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct initrd_question q = { INITRD_MODULE, .name = "virtio_blk" };
	struct maker m = usual();
	struct initrd *initrd;

	(void)state;
	/* nothing asked: nothing decompressed */
	initrd = ask(arena, &m, NULL, 0, false);
	assert_int_equal(initrd->member_count, 2);
	assert_int_equal(initrd->unpacked, 0);
	assert_false(initrd->complete || initrd->members[1].complete);
	assert_int_equal(initrd->members[1].compression, COMPRESSION_GZIP);
	/* asked: to the end, as what comes later may take the file's place */
	initrd = ask(arena, &m, &q, 1, false);
	assert_int_equal(q.answer, INITRD_FOUND);
	assert_int_equal(initrd->member_count, 4);
	assert_true(initrd->complete);
	initrd = ask(arena, &m, &q, 1, true);
	assert_int_equal(initrd->member_count, 4);
	assert_true(initrd->complete);
	initrd = ask(arena, &m, NULL, 0, true);
	assert_true(initrd->complete && initrd->members[2].complete);
	buffer_free(&m.b);
}

/* Runs over bytes and expects one problem in the last member. */
static void expect(const struct maker *m, size_t size, unsigned members, enum initrd_problem problem, uint64_t offset)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct initrd_question q = { INITRD_PATH, .name = "nothing" };
	struct maker cut = *m;
	struct initrd *initrd;
	const struct initrd_member *last;

	cut.b.size = size;
	initrd = ask(arena, &cut, &q, 1, true);
	last = &initrd->members[initrd->member_count - 1];
	if (initrd->member_count != members || last->problem != problem || last->problem_offset != offset)
		fail_msg("%u members, problem %d at %llu", initrd->member_count, last->problem,
			 (unsigned long long)last->problem_offset);
	assert_true(initrd->damaged);
	/* Linux has unpacked all that comes before garbage */
	assert_true(initrd->complete == (problem == INITRD_GARBAGE && members > 1));
	assert_int_equal(q.answer, initrd->complete ? INITRD_NOT_FOUND : INITRD_UNKNOWN);
}

static void damage(void **state)
{
	struct maker plain = make(), packed = make(), m;
	size_t second;

	(void)state;
	file(&plain, "a", "aaaaaaaaaa");
	second = plain.b.size;
	file(&plain, "b", "bbbbbbbbbb");
	trailer(&plain);

	/* cut in a body, a name, a header; not in the padding behind a body */
	expect(&plain, second + 120, 1, INITRD_TRUNCATED, second + 120);
	expect(&plain, second + 111, 1, INITRD_TRUNCATED, second + 111);
	expect(&plain, second + 50, 1, INITRD_TRUNCATED, second + 50);
	gz(&packed, &plain);
	expect(&packed, packed.b.size - 1, 1, INITRD_TRUNCATED, packed.b.size - 1);
	expect(&packed, 20, 1, INITRD_TRUNCATED, 20);
	packed.b.data[packed.b.size - 5] ^= 1; /* of the CRC */
	expect(&packed, packed.b.size, 1, INITRD_CORRUPT, packed.b.size - 4);
	packed.b.data[packed.b.size - 5] ^= 1;

	buffer_string(&packed.b, "trash");
	expect(&packed, packed.b.size, 2, INITRD_GARBAGE, packed.b.size - 5);
	expect(&(struct maker){ .b = { .data = (char *)(uintptr_t)"garbage from the first byte on" } }, 30, 1, INITRD_GARBAGE, 0);
	expect(&(struct maker){ .b = { .data = (char *)(uintptr_t)"\0\0\0\0garbage behind zeros" } }, 24, 1, INITRD_GARBAGE, 4);
	expect(&(struct maker){ .b = { .data = (char *)(uintptr_t)"070707000000" } }, 12, 1, INITRD_TRUNCATED, 12);

	/* garbage between entries of a compressed archive */
	m = make();
	file(&m, "a", "a");
	buffer_string(&m.b, "junk");
	buffer_clear(&packed.b);
	gz(&packed, &m);
	expect(&packed, packed.b.size, 1, INITRD_GARBAGE, packed.b.size);
	/* an archive that its compressed member does not hold whole */
	buffer_clear(&packed.b);
	m.b.size = 112;
	gz(&packed, &m);
	expect(&packed, packed.b.size, 1, INITRD_CUT, packed.b.size);
	buffer_free(&m.b);

	/* headers */
	plain.b.data[second + 20] = 'x';
	expect(&plain, plain.b.size, 1, INITRD_BAD_HEADER, second);
	plain.b.data[second + 20] = '0';
	plain.b.data[second + 5] = '7';
	expect(&plain, plain.b.size, 1, INITRD_OLD_FORMAT, second);
	plain.b.data[second + 5] = '3';
	expect(&plain, plain.b.size, 1, INITRD_BAD_HEADER, second);
	plain.b.data[second + 5] = '1';
	plain.b.data[second + 101] = '1'; /* the name's size, without its NUL */
	expect(&plain, plain.b.size, 1, INITRD_BAD_HEADER, second);
	plain.b.data[second + 101] = '2';
	plain.b.data[second + 94] = '8'; /* one that would be stepped over */
	expect(&plain, plain.b.size, 1, INITRD_TRUNCATED, plain.b.size);
	plain.b.data[second + 94] = '0';

	/* a checksum of its own */
	plain.b.data[second + 5] = '2';
	expect(&plain, plain.b.size, 1, INITRD_CHECKSUM, second);

	m = make();
	buffer_append(&m.b, plain.b.data, second);
	zeros(&m, 3);
	buffer_append(&m.b, plain.b.data, second);
	expect(&m, m.b.size, 1, INITRD_UNALIGNED, second + 3);
	buffer_free(&m.b);
	buffer_free(&plain.b);
	buffer_free(&packed.b);
}

/* Of many initrds together no more is unpacked than an image may cost, however little each of them is. */
static void all_together(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct initrd_question q = { INITRD_PATH, .name = "nothing" };
	struct maker bomb = make(), packed = make();
	const struct initrd_options options = { 0 };
	char *zero = calloc(1, 4 * MiB);
	uint64_t unpacked = 0, first = 0;
	struct initrd *initrd;
	struct error err;
	int r = 0;

	(void)state;
	entry(&bomb, "bomb", FILE_MODE, 1, zero, 4 * MiB);
	trailer(&bomb);
	gz(&packed, &bomb);
	limits_begin_image();
	for (unsigned i = 0; i < 40 && r == 0; i++) {
		q.answer = INITRD_UNKNOWN;
		r = initrd_read(arena, view_memory(arena, packed.b.data, packed.b.size), &q, 1, &options, &initrd, &err);
		assert_true(q.answer == INITRD_NOT_FOUND || r < 0);
		unpacked += initrd->unpacked;
		if (i)
			continue;
		/* the rest of the budget, but for three of these */
		first = limit_spent(WORK_UNPACKING);
		assert_true(initrd->unpacked > 4 * MiB && first >= initrd->unpacked * 400);
		assert_int_equal(limit_spend(WORK_UNPACKING, limit_of(WORK_UNPACKING) - 4 * first, NULL), 0);
	}
	assert_int_equal(r, -EFBIG);
	assert_int_equal(q.answer, INITRD_UNKNOWN);
	assert_non_null(strstr(err.message, "too long (--max-decompressed raises it)"));
	assert_false(initrd->over_limit || initrd->damaged);
	assert_true(unpacked >= 16 * MiB && unpacked < 21 * MiB);
	/* a larger limit, and another image, have room again */
	limits.decompressed *= 2;
	assert_int_equal(initrd_read(arena, view_memory(arena, packed.b.data, packed.b.size), &q, 1, &options, &initrd, &err), 0);
	limits.decompressed /= 2;
	limits_begin_image();
	assert_int_equal(initrd_read(arena, view_memory(arena, packed.b.data, packed.b.size), &q, 1, &options, &initrd, &err), 0);
	assert_int_equal(limit_spent(WORK_UNPACKING), first);
	free(zero);
	buffer_free(&packed.b);
	buffer_free(&bomb.b);
}

/* A hole between members, and entries of next to nothing, cost too. */
static void what_is_not_unpacked(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct initrd_question q = { INITRD_PATH, .name = "nothing" };
	const struct initrd_options options = { 0 };
	struct maker m = make();
	struct initrd *initrd;
	struct error err;

	(void)state;
	for (int i = 0; i < 100; i++)
		file(&m, "x", "");
	trailer(&m);
	zeros(&m, MiB);
	limits_begin_image();
	assert_int_equal(initrd_read(arena, view_memory(arena, m.b.data, m.b.size), &q, 1, &options, &initrd, &err), 0);
	assert_true(limit_spent(WORK_UNPACKING) >= 100 * LIMIT_INITRD_ENTRY_COST + MiB * 400);
	assert_int_equal(limit_spend(WORK_UNPACKING, limit_of(WORK_UNPACKING) - limit_spent(WORK_UNPACKING), NULL), 0);
	assert_int_equal(initrd_read(arena, view_memory(arena, m.b.data, m.b.size), &q, 1, &options, &initrd, &err), -EFBIG);
	assert_int_equal(initrd->members[0].entries, 1);
	limits_begin_image();
	buffer_free(&m.b);
}

static void bounds(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct initrd_question q[2] = { { INITRD_PATH, .name = "bomb" }, { INITRD_PATH, .name = "after" } };
	struct initrd_options options = { .limit = 3 * MiB };
	struct maker bomb = make(), packed = make();
	struct initrd *initrd;
	struct error err;
	char *zero = calloc(1, 4 * MiB);

	(void)state;
	entry(&bomb, "bomb", FILE_MODE, 1, zero, 4 * MiB);
	file(&bomb, "after", "");
	trailer(&bomb);
	gz(&packed, &bomb);
	assert_int_equal(initrd_read(arena, view_memory(arena, packed.b.data, packed.b.size), q, 2, &options, &initrd, &err),
			 -EFBIG);
	assert_int_equal(q[0].answer, INITRD_FOUND);
	assert_int_equal(q[1].answer, INITRD_UNKNOWN);
	assert_false(initrd->damaged || initrd->complete);
	options.limit = 0;
	assert_int_equal(initrd_read(arena, view_memory(arena, packed.b.data, packed.b.size), q, 2, &options, &initrd, &err), 0);
	assert_int_equal(q[1].answer, INITRD_FOUND);
	/* members without end */
	buffer_clear(&packed.b);
	buffer_clear(&bomb.b);
	trailer(&bomb);
	for (int i = 0; i < 100; i++)
		gz(&packed, &bomb);
	assert_int_equal(initrd_read(arena, view_memory(arena, packed.b.data, packed.b.size), q, 2, &options, &initrd, &err),
			 -EFBIG);
	q[0].limit = LIMIT_INITRD_CONTENT + 1;
	assert_int_equal(initrd_read(arena, view_memory(arena, packed.b.data, 0), q, 2, &options, &initrd, &err), -EFBIG);
	q[0].limit = 0;
	/* nothing at all */
	assert_int_equal(initrd_read(arena, view_memory(arena, packed.b.data, 0), q, 2, &options, &initrd, &err), 0);
	assert_true(initrd->damaged && initrd->members[0].problem == INITRD_EMPTY && q[0].answer == INITRD_UNKNOWN);
	free(zero);
	buffer_free(&packed.b);
	buffer_free(&bomb.b);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(questions), cmocka_unit_test(names), cmocka_unit_test(no_modules),
					    cmocka_unit_test(stops), cmocka_unit_test(damage), cmocka_unit_test(all_together),
					    cmocka_unit_test(what_is_not_unpacked), cmocka_unit_test(bounds) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
