/* SPDX-License-Identifier: MIT */
/* test_kernel: kernels laid out by hand in each format, from the kernel's own documentation. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>
#include <zstd.h>

#include "base/limits.h"
#include "linux/kernel.h"

#define BANNER "6.1.0-9-test (someone@somewhere) (gcc 12) #1 SMP Thu"
#define CONFIG "# Linux/arm64 6.1.0 Kernel Configuration\nCONFIG_IKCONFIG=y\n"

static void put(uint8_t *p, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static size_t gzip(const void *data, size_t size, uint8_t *to, size_t capacity)
{
	z_stream z = { 0 };

	deflateInit2(&z, 6, Z_DEFLATED, 31, 8, 0);
	z.next_in = (Bytef *)(uintptr_t)data;
	z.avail_in = (unsigned)size;
	z.next_out = to;
	z.avail_out = (unsigned)capacity;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return capacity - z.avail_out;
}

/* A kernel's bytes: filler, the banner at `banner`, the configuration at `config`; false friends before both. */
static void fill(uint8_t *to, size_t size, size_t banner, size_t config)
{
	uint8_t packed[512];
	size_t n = gzip(CONFIG, strlen(CONFIG), packed, sizeof(packed));

	for (size_t i = 1024; i < size; i++)
		to[i] = (uint8_t)(i * i >> 5);
	memcpy(to + 2000, "Linux version %s\n", 17);
	memcpy(to + 2100, "Linux version 3\0\n", 17);
	memcpy(to + 2200, "IKCFG_STfoo", 11);
	memcpy(to + 2300, "IKCFG_ST\x1f\x8b\x08garbage", 18);
	memcpy(to + banner, "Linux version " BANNER "\n", sizeof(BANNER) + 14);
	memcpy(to + config, "IKCFG_ST", 8);
	memcpy(to + config + 8, packed, n);
	memcpy(to + config + 8 + n, "IKCFG_ED", 8);
}

static void pe(uint8_t *head, uint16_t machine)
{
	memcpy(head, "MZ", 2);
	put(head + 60, 64, 4);
	memcpy(head + 64, "PE\0\0", 4);
	put(head + 68, machine, 2);
}

static void arm64(uint8_t *head)
{
	pe(head, 0xaa64);
	put(head + 24, 0xa, 8);
	memcpy(head + 56, "ARM\x64", 4);
}

static struct kernel *open_it(struct arena *arena, const void *data, size_t size)
{
	struct error err = { 0 };
	struct kernel *kernel;

	if (kernel_open(arena, view_memory(arena, data, size), &kernel, &err) < 0)
		fail_msg("kernel_open: %s", err.message);
	return kernel;
}

static void scan(struct arena *arena, struct kernel *kernel)
{
	struct error err = { 0 };

	if (kernel_scan(arena, kernel, KERNEL_WANT_VERSION | KERNEL_WANT_CONFIG, limits_kernel_bytes(), &err) < 0)
		fail_msg("kernel_scan: %s", err.message);
}

static void found(const struct kernel *kernel)
{
	assert_int_equal(kernel->problem, KERNEL_GOOD);
	assert_non_null(kernel->version);
	assert_string_equal(kernel->version, BANNER);
	assert_string_equal(kernel->release, "6.1.0-9-test");
	assert_int_equal(kernel->config_size, strlen(CONFIG));
	assert_memory_equal(kernel->config, CONFIG, strlen(CONFIG));
}

#define SIZE (700 * 1024)

/* Banner and configuration in either order, close to each other, across the edges of buffers. */
static void images(void **state)
{
	static const size_t places[][2] = {
		{ 5000, 6000 },	    { 600000, 6000 },	{ 6000, 600000 },    { 262060, 262144 },  { 262140, 500000 },
		{ 500000, 262140 }, { 261610, 524280 }, { 700 * 1024 - 67, 5000 }, { 5000, 700 * 1024 - 150 },
		{ 6500, 6000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
		uint8_t *data = arena_alloc(arena, SIZE), *packed = arena_alloc(arena, SIZE);
		struct kernel *kernel;
		size_t size;

		arm64(data);
		fill(data, SIZE, places[i][0], places[i][1]);
		kernel = open_it(arena, data, SIZE);
		assert_int_equal(kernel->format, KERNEL_ARM64);
		assert_int_equal(kernel->machine, 0xaa64);
		assert_int_equal(kernel->page_size, 4096);
		assert_true(kernel->efi_stub && !kernel->big_endian && !kernel->wrapper);
		assert_null(kernel->version);
		scan(arena, kernel);
		found(kernel);

		size = gzip(data, SIZE, packed, SIZE);
		kernel = open_it(arena, packed, size);
		assert_int_equal(kernel->format, KERNEL_ARM64);
		assert_int_equal(kernel->wrapper, COMPRESSION_GZIP);
		scan(arena, kernel);
		found(kernel);

		kernel = open_it(arena, packed, size / 2);
		scan(arena, kernel);
		assert_int_equal(kernel->problem, KERNEL_PAYLOAD_TRUNCATED);
		assert_int_equal(kernel->problem_offset, size / 2);

		kernel = open_it(arena, data, SIZE);
		assert_int_equal(kernel_scan(arena, kernel, KERNEL_WANT_CONFIG, 4096, NULL), -EFBIG);
	}
}

/* The last section ends where the file does; what lies behind it is a signature. */
static void cut_off(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	uint8_t *data = arena_alloc(arena, SIZE), *packed = arena_alloc(arena, SIZE);
	struct kernel *kernel;
	size_t size;

	(void)state;
	arm64(data);
	fill(data, SIZE, 5000, 6000);
	put(data + 70, 2, 2);   /* sections */
	put(data + 84, 160, 2); /* size of the optional header */
	put(data + 248 + 16, 0x1000, 4);
	put(data + 248 + 20, 0x1000, 4);
	put(data + 288 + 16, SIZE - 0x3000, 4);
	put(data + 288 + 20, 0x2000, 4);
	assert_int_equal(open_it(arena, data, SIZE)->problem, KERNEL_GOOD);
	assert_int_equal(open_it(arena, data, SIZE - 0x1000)->problem, KERNEL_GOOD);
	kernel = open_it(arena, data, SIZE - 0x1001);
	assert_int_equal(kernel->problem, KERNEL_PAYLOAD_OUTSIDE);
	assert_int_equal(kernel->problem_offset, 288 + 16);
	assert_int_equal(open_it(arena, data, 328)->problem, KERNEL_PAYLOAD_OUTSIDE);
	assert_int_equal(open_it(arena, data, 327)->problem, KERNEL_HEADER_CUT);
	assert_int_equal(open_it(arena, data, 100)->problem, KERNEL_HEADER_CUT);

	size = gzip(data, SIZE, packed, SIZE);
	assert_int_equal(open_it(arena, packed, size)->problem, KERNEL_GOOD);
	assert_int_equal(open_it(arena, packed, size - 2)->problem, KERNEL_PAYLOAD_TRUNCATED);
	assert_int_equal(open_it(arena, packed, size * 99 / 100)->problem, KERNEL_PAYLOAD_TRUNCATED);
	size = gzip(data, SIZE - 0x1001, packed, SIZE);
	kernel = open_it(arena, packed, size);
	assert_int_equal(kernel->problem, KERNEL_PAYLOAD_TRUNCATED);
	assert_int_equal(kernel->problem_offset, size - 4);
}

static void nothing_inside(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	uint8_t *data = arena_alloc(arena, SIZE);
	struct kernel *kernel;

	(void)state;
	arm64(data);
	data[0] = 0;
	data[24] = 7; /* big-endian, 64 KiB pages */
	kernel = open_it(arena, data, SIZE);
	assert_true(!kernel->efi_stub && kernel->big_endian && kernel->page_size == 65536);
	scan(arena, kernel);
	assert_true(kernel->scanned_config && kernel->scanned_version && !kernel->config && !kernel->version);
	assert_int_equal(kernel->problem, KERNEL_GOOD);
}

/* What a scan for one thing has gone through to the end is not gone through for the other; and what all kernels of an image may
 * cost has a bound. */
static void once(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	uint8_t *data = arena_alloc(arena, SIZE), *packed = arena_alloc(arena, SIZE);
	struct kernel *kernel;
	struct error err;
	uint64_t all;
	size_t size;

	(void)state;
	arm64(data);
	fill(data, SIZE, 6000, 500000);
	/* no banner: the configuration comes by */
	data[6000] = 'l';
	size = gzip(data, SIZE, packed, SIZE);
	limits_begin_image();
	kernel = open_it(arena, packed, size);
	assert_int_equal(kernel_scan(arena, kernel, KERNEL_WANT_VERSION, limits_kernel_bytes(), &err), 0);
	assert_true(kernel->scanned_config && kernel->scanned_version && !kernel->version);
	assert_int_equal(kernel->config_size, strlen(CONFIG));
	all = limit_spent(WORK_UNPACKING);
	assert_true(all >= size * 16000);
	assert_int_equal(kernel_scan(arena, kernel, KERNEL_WANT_CONFIG, limits_kernel_bytes(), &err), 0);
	assert_int_equal(limit_spent(WORK_UNPACKING), all);
	/* one that has the banner is read no further for it */
	fill(data, SIZE, 6000, 500000);
	size = gzip(data, SIZE, packed, SIZE);
	kernel = open_it(arena, packed, size);
	limits_begin_image();
	assert_int_equal(kernel_scan(arena, kernel, KERNEL_WANT_VERSION, limits_kernel_bytes(), &err), 0);
	assert_true(kernel->scanned_version && !kernel->scanned_config && kernel->version && !kernel->config);
	assert_true(limit_spent(WORK_UNPACKING) < all * 3 / 4);
	scan(arena, kernel);
	found(kernel);

	kernel = open_it(arena, packed, size);
	assert_int_equal(limit_spend(WORK_UNPACKING, limit_of(WORK_UNPACKING) - limit_spent(WORK_UNPACKING), NULL), 0);
	assert_int_equal(kernel_scan(arena, kernel, KERNEL_WANT_VERSION, limits_kernel_bytes(), &err), -EFBIG);
	assert_non_null(strstr(err.message, "too long (--max-decompressed raises it)"));
	assert_false(kernel->scanned_version || kernel->version);
	assert_int_equal(kernel_open(arena, view_memory(arena, packed, size), &kernel, &err), -EFBIG);
	limits_begin_image();
}

/* A line full of what a banner begins with: its end is one, if it is short enough; and each of these places is paid for. */
static void many_banners(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	static const char word[] = "Linux version 1";
	uint8_t *data = arena_alloc(arena, SIZE);
	const size_t length = sizeof(word) - 1, begin = 4096, end = SIZE - 4096;
	struct kernel *kernel;
	struct error err;
	size_t at = begin;

	(void)state;
	arm64(data);
	for (; at + length <= end; at += length)
		memcpy(data + at, word, length);
	for (unsigned terminated = 0; terminated < 2; terminated++) {
		/* but for a newline, no end of a line makes a banner */
		memcpy(data + at, ".9 (x)", 6);
		data[at + 6] = terminated ? '\n' : '\t';
		limits_begin_image();
		kernel = open_it(arena, data, SIZE);
		assert_int_equal(kernel_scan(arena, kernel, KERNEL_WANT_VERSION, limits_kernel_bytes(), &err), 0);
		assert_true(kernel->scanned_version);
		assert_int_equal(kernel->version != NULL, terminated);
		/* 60 ns for each */
		assert_true(limit_spent(WORK_UNPACKING) >= (end - begin) / length * 60000);
	}
	/* the first whose line is shorter than a banner may be */
	assert_in_range(strlen(kernel->version), 512 - length, 511);
	assert_non_null(strstr(kernel->version, "Linux version 1.9 (x)"));
	limits_begin_image();
}

/* A configuration that is too large keeps nobody from the banner, and is said to whoever needs it. */
static void large_config(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	uint8_t *data = arena_alloc(arena, SIZE), *text = calloc(1, LIMIT_KCONFIG_BYTES + 1);
	struct kernel *kernel;
	struct error err;

	(void)state;
	arm64(data);
	fill(data, SIZE, 600000, 6000);
	gzip(text, LIMIT_KCONFIG_BYTES + 1, data + 6008, SIZE - 6008);
	free(text);
	kernel = open_it(arena, data, SIZE);
	assert_int_equal(kernel_scan(arena, kernel, KERNEL_WANT_VERSION, limits_kernel_bytes(), &err), 0);
	assert_string_equal(kernel->version, BANNER);
	assert_false(kernel->scanned_config);
	assert_int_equal(kernel_scan(arena, kernel, KERNEL_WANT_CONFIG, limits_kernel_bytes(), &err), -EFBIG);
}

static void zboot(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	uint8_t *data = arena_alloc(arena, SIZE), *file = arena_alloc(arena, SIZE);
	struct kernel *kernel;
	size_t size;

	(void)state;
	arm64(data);
	fill(data, SIZE, 5000, 400000);
	pe(file, 0xaa64);
	memcpy(file + 4, "zimg", 4);
	memcpy(file + 24, "zstd22", 7);
	size = ZSTD_compress(file + 4096, SIZE - 4096, data, SIZE, 3);
	assert_false(ZSTD_isError(size));
	put(file + 8, 4096, 4);
	put(file + 12, size, 4);
	kernel = open_it(arena, file, 4096 + size + 100);
	assert_int_equal(kernel->format, KERNEL_ZBOOT);
	assert_int_equal(kernel->machine, 0xaa64);
	assert_string_equal(kernel->payload_name, "zstd22");
	assert_int_equal(kernel->payload, COMPRESSION_ZSTD);
	assert_true(kernel->efi_stub);
	scan(arena, kernel);
	found(kernel);

	kernel = open_it(arena, file, 4096 + size - 1);
	assert_int_equal(kernel->problem, KERNEL_PAYLOAD_OUTSIDE);
	assert_int_equal(kernel->problem_offset, 8);
	scan(arena, kernel);
	assert_null(kernel->version);

	memset(file + 4096, 'x', 4);
	kernel = open_it(arena, file, 4096 + size);
	scan(arena, kernel);
	assert_int_equal(kernel->problem, KERNEL_PAYLOAD_CORRUPT);
	assert_int_equal(open_it(arena, file, 40)->problem, KERNEL_HEADER_CUT);
}

static void bzimage(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	uint8_t *data = arena_alloc(arena, SIZE), *file = arena_alloc(arena, SIZE);
	struct kernel *kernel;
	size_t size;

	(void)state;
	fill(data, SIZE, 5000, 400000);
	pe(file, 0x8664);
	file[0x1f1] = 7;
	memcpy(file + 0x202, "HdrS", 4);
	put(file + 0x206, 0x20f, 2);
	put(file + 0x20e, 0x700, 2);
	memcpy(file + 0x900, BANNER, sizeof(BANNER));
	put(file + 0x236, 1, 2);
	size = gzip(data, SIZE, file + 4096 + 512, SIZE - 5000);
	put(file + 0x248, 512, 4);
	put(file + 0x24c, size, 4);
	kernel = open_it(arena, file, 4096 + 512 + size);
	assert_int_equal(kernel->format, KERNEL_X86);
	assert_int_equal(kernel->machine, 0x8664);
	assert_true(kernel->efi_stub);
	assert_string_equal(kernel->version, BANNER);
	assert_int_equal(kernel->payload_offset, 4096 + 512);
	scan(arena, kernel);
	found(kernel);
	assert_int_equal(kernel->payload, COMPRESSION_GZIP);

	file[64] = 0;
	put(file + 0x236, 0, 2);
	kernel = open_it(arena, file, 4096 + 512 + size);
	assert_int_equal(kernel->machine, 0x014c);
	assert_false(kernel->efi_stub);
	assert_int_equal(open_it(arena, file, 4096)->problem, KERNEL_PAYLOAD_OUTSIDE);
	assert_int_equal(open_it(arena, file, 0x240)->problem, KERNEL_HEADER_CUT);
	/* a version that lies in the compressed part is none */
	put(file + 0x20e, 0xffff, 2);
	assert_null(open_it(arena, file, 4096 + 512 + size)->version);
}

static void zimage(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	uint8_t *data = arena_alloc(arena, SIZE), *file = arena_alloc(arena, SIZE);
	struct kernel *kernel;
	size_t size;

	(void)state;
	fill(data, SIZE, 5000, 400000);
	memcpy(file + 1000, "\x1f\x8b\x08 not gzip", 12);
	memcpy(file + 0x24, "\x18\x28\x6f\x01", 4);
	size = gzip(data, SIZE, file + 9999, SIZE - 9999);
	put(file + 0x2c, 9999 + size, 4);
	kernel = open_it(arena, file, 9999 + size);
	assert_int_equal(kernel->format, KERNEL_ARM);
	assert_int_equal(kernel->machine, 0x01c2);
	assert_false(kernel->efi_stub);
	scan(arena, kernel);
	found(kernel);
	assert_int_equal(kernel->payload_offset, 9999);
	assert_int_equal(open_it(arena, file, 9999)->problem, KERNEL_PAYLOAD_OUTSIDE);
	memset(file + 9999, 0, 10);
	kernel = open_it(arena, file, 9999 + size);
	scan(arena, kernel);
	assert_int_equal(kernel->problem, KERNEL_PAYLOAD_MISSING);
}

static void others(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	uint8_t head[4096] = { 0 };
	struct kernel *kernel;

	(void)state;
	pe(head, 0x5064);
	memcpy(head + 48, "RISCV\0\0\0", 8);
	memcpy(head + 56, "RSC\x05", 4);
	kernel = open_it(arena, head, sizeof(head));
	assert_int_equal(kernel->format, KERNEL_RISCV);
	assert_int_equal(kernel->machine, 0x5064);
	assert_true(kernel->efi_stub);
	memset(head, 0, sizeof(head));
	pe(head, 0x6264);
	put(head + 56, 0x818223cd, 4);
	assert_int_equal(open_it(arena, head, sizeof(head))->format, KERNEL_LOONGARCH);
	memset(head, 0, sizeof(head));
	memcpy(head, "\x7f" "ELF\2\1", 6);
	head[18] = 183;
	kernel = open_it(arena, head, sizeof(head));
	assert_int_equal(kernel->format, KERNEL_ELF);
	assert_int_equal(kernel->machine, 0xaa64);
	assert_string_equal(kernel_format_name(kernel->format), "vmlinux");
	memset(head, 0, sizeof(head));
	pe(head, 0xaa64);
	for (size_t size = 0; size < sizeof(head); size += size < 100 ? 1 : 500) {
		kernel = open_it(arena, head, size);
		assert_int_equal(kernel->format, KERNEL_NONE);
		scan(arena, kernel);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(images), cmocka_unit_test(cut_off),  cmocka_unit_test(nothing_inside), cmocka_unit_test(zboot),
		cmocka_unit_test(once),	     cmocka_unit_test(large_config),  cmocka_unit_test(many_banners),
		cmocka_unit_test(bzimage), cmocka_unit_test(zimage),	     cmocka_unit_test(others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
