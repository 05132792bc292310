/* SPDX-License-Identifier: MIT */
/* test_container_truncated: which tables of other containers lead past the file's end, and what looking for them may cost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "block/container.h"
#include "disk-bytes.h"
#include "test-arena.h"

static struct error err;

/* A VMDK whose directory names one grain table of one entry, again and again: in [0, hole) of the file, or in its hole. */
static struct {
	unsigned char *bytes;
	uint64_t hole, reads;
	uint64_t all_reads; /* of the directory, too */
	bool is_empty;      /* no table is named */
} vmdk;

static int vmdk_read(struct view *view, uint64_t offset, void *data, size_t length, struct error *why)
{
	(void)view;
	(void)why;
	memset(data, 0, length);
	if (offset < vmdk.hole)
		memcpy(data, vmdk.bytes + offset, length < vmdk.hole - offset ? length : vmdk.hole - offset);
	vmdk.reads += offset >= vmdk.hole - 512;
	vmdk.all_reads++;
	return 0;
}

static uint64_t vmdk_next_data(struct view *view, uint64_t offset)
{
	return offset < vmdk.hole ? offset : view->size;
}

static const struct view_ops vmdk_ops = { vmdk_read, vmdk_next_data };

#define VMDK_DIRECTORY 1024

static int check_vmdk(uint64_t tables, bool in_hole, bool thorough, struct container_truncation *ret)
{
	const struct container c = { .format = CONTAINER_VMDK, .format_name = "vmdk" };
	uint64_t table = (VMDK_DIRECTORY + tables * 4) / 512 + 1;
	struct view file = { .ops = &vmdk_ops, .size = (table + 2) * 512 };
	int r;

	vmdk.reads = vmdk.all_reads = 0;
	vmdk.hole = (table + 1) * 512;
	vmdk.bytes = calloc(1, vmdk.hole);
	memcpy(vmdk.bytes, "KDMV", 4);
	put(vmdk.bytes + 12, tables, 8);
	put(vmdk.bytes + 20, 1, 8);
	put(vmdk.bytes + 44, 1, 4);
	put(vmdk.bytes + 56, VMDK_DIRECTORY / 512, 8);
	for (uint64_t i = 0; !vmdk.is_empty && i < tables; i++)
		put(vmdk.bytes + VMDK_DIRECTORY + i * 4, table + in_hole, 4);
	if (ret->needed_bytes)
		put(vmdk.bytes + table * 512, ret->needed_bytes / 512, 4);
	r = container_check_truncated(arena, &file, &c, thorough, ret, &err);
	free(vmdk.bytes);
	return r;
}

/* Tables that name each other again and again, or are as long as those of a very large disk: what is not looked at is said. */
static void tables_beyond_what_is_read(void **state)
{
	/* as if each of them were as long as it is in a disk, and an entry of the directory for each */
	const uint64_t all = (LIMIT_CONTAINER_TABLES - 1) / (2048 + 64) + 1;
	const uint64_t thorough = (LIMIT_CONTAINER_TABLES_THOROUGH - 1) / (2048 + 64) + 1;
	struct container_truncation t = { 0 };

	(void)state;
	/* 512 entries for grains of 64 KiB in each: a VMDK of 15 TiB, and with --thorough one of 62 TiB, as large as it can be */
	assert_true(all >= 15 * 1024 * GiB / (32 * MiB));
	assert_true(thorough >= 62 * 1024 * GiB / (32 * MiB));
	assert_int_equal(check_vmdk(all, false, false, &t), 0);
	assert_int_equal(vmdk.reads, all);
	assert_int_equal(check_vmdk(all + 1, false, false, &t), -EFBIG);
	assert_int_equal(vmdk.reads, all);
	assert_non_null(strstr(err.message, "the vmdk has more than 1 GiB of tables"));
	assert_non_null(strstr(err.message, "--thorough"));
	assert_int_equal(check_vmdk(all + 1, false, true, &t), 0);
	assert_int_equal(t.needed_bytes, 0);
	assert_int_equal(check_vmdk(thorough, false, true, &t), 0);
	assert_int_equal(check_vmdk(thorough + 1, false, true, &t), -EFBIG);
	/* a finding stands: in the last table, which is looked at first */
	t.needed_bytes = 1 * GiB;
	assert_int_equal(check_vmdk(all + 1, false, false, &t), 0);
	assert_int_equal(t.needed_bytes, 1 * GiB + 512);
}

/* The tables of a new disk are there, and hold nothing: they are not read. */
static void tables_that_are_holes(void **state)
{
	struct container_truncation t = { 0 };

	(void)state;
	assert_int_equal(check_vmdk(62 * 1024 * GiB / (32 * MiB), true, false, &t), 0);
	assert_int_equal(vmdk.reads, 0);
	assert_int_equal(t.needed_bytes, 0);
	assert_int_equal(check_vmdk(LIMIT_CONTAINER_TABLES / (256 + 64) + 2, true, false, &t), -EFBIG);
	assert_int_equal(vmdk.reads, 0);
}

/* Its directory is not read entry by entry. */
static void a_directory_of_nothing(void **state)
{
	struct container_truncation t = { 0 };
	uint64_t entries = LIMIT_CONTAINER_TABLES / 64;

	(void)state;
	vmdk.is_empty = true;
	assert_int_equal(check_vmdk(entries, false, false, &t), 0);
	assert_true(vmdk.all_reads <= entries * 4 / 4096 + 3);
	assert_int_equal(check_vmdk(entries + 1, false, false, &t), -EFBIG);
	vmdk.is_empty = false;
}

static struct container_truncation truncation(const void *bytes, size_t size)
{
	struct container_truncation t;
	struct container c;

	assert_int_equal(container_detect(arena, view_memory(arena, bytes, size), &c, &err), 0);
	assert_int_equal(container_check_truncated(arena, view_memory(arena, bytes, size), &c, false, &t, &err), 0);
	return t;
}

static void tables_that_lead_too_far(void **state)
{
	unsigned char bytes[8 * 512] = "KDMV\1";
	struct container_truncation t;

	(void)state;
	put(bytes + 12, 1024, 8); /* capacity: two tables of four grains of 128 sectors */
	put(bytes + 20, 128, 8);
	put(bytes + 44, 4, 4);
	put(bytes + 56, 2, 8);
	put(bytes + 1024, 3, 4);
	put(bytes + 1028, 4, 4);
	put(bytes + 3 * 512, 1, 4); /* a grain of zeros */
	assert_int_equal(truncation(bytes, sizeof(bytes)).needed_bytes, 0);
	put(bytes + 4 * 512 + 4, 8, 4);
	t = truncation(bytes, sizeof(bytes));
	assert_int_equal(t.needed_bytes, 8 * 512 + 128 * 512);
	assert_int_equal(t.offset, 4 * 512 + 4);
	assert_int_equal(t.length, 4);
	put(bytes + 56, UINT64_MAX - 1, 8); /* and one whose place overflows */
	assert_int_equal(truncation(bytes, sizeof(bytes)).needed_bytes, UINT64_MAX);

	memset(bytes, 0, sizeof(bytes));
	put(bytes + 64, 0xbeda107f, 4);
	put(bytes + 0x158, 2048, 4);
	put(bytes + 0x178, 1024, 4);
	put(bytes + 0x184, 2, 4);
	assert_int_equal(truncation(bytes, sizeof(bytes)).needed_bytes, 0);
	put(bytes + 0x184, 3, 4);
	assert_int_equal(truncation(bytes, sizeof(bytes)).needed_bytes, 2048 + 3 * 1024);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(tables_beyond_what_is_read),
		TEST(tables_that_are_holes),
		TEST(a_directory_of_nothing),
		TEST(tables_that_lead_too_far),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
