/* SPDX-License-Identifier: MIT */
/* test_gpt: the GPT reader against tables written from the specification and by sfdisk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "disk-bytes.h"
#include "partition/gpt.h"

static struct arena *arena;
static struct disk d;

static int setup(void **state)
{
	(void)state;
	arena = arena_new(64 * MiB);
	d = make_disk(512, 400, 128, 128);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	free(d.bytes);
	return 0;
}

static const struct gpt *read_bytes(const void *bytes, size_t size, uint32_t sector_size)
{
	const struct gpt *gpt = NULL;
	struct error err;

	assert_int_equal(gpt_read(arena, view_memory(arena, bytes, size), sector_size, &gpt, &err), 0);
	assert_non_null(gpt);
	return gpt;
}

static const struct gpt *read_disk(void)
{
	return read_bytes(d.bytes, d.size, 0);
}

static void a_sound_table_has_no_faults(void **state)
{
	const struct gpt *gpt;

	(void)state;
	for (int i = 0; i < 2; i++) {
		free(d.bytes);
		d = make_disk(i ? 4096 : 512, 400, 128, 128);
		gpt = read_disk();
		assert_true(gpt->present && gpt->bootable_table && gpt->sector_size_known);
		assert_int_equal(gpt->sector_size, d.sector);
		assert_int_equal(gpt->last_lba, 399);
		assert_int_equal(gpt->primary.faults, 0);
		assert_int_equal(gpt->backup.faults, 0);
		assert_true(gpt->primary.accepted && gpt->backup.accepted);
		assert_int_equal(gpt->backup_place, GPT_BACKUP_AT_END);
		assert_ptr_equal(gpt->used, &gpt->primary);
		assert_int_equal(gpt->partition_count, 2);
		assert_int_equal(gpt->overlap_count + gpt->duplicate_count + gpt->differences, 0);
		assert_false(gpt->truncated || gpt->grown || gpt->both_sector_sizes);
		assert_int_equal(gpt->partitions[1].number, 2);
		assert_int_equal(gpt->partitions[1].first_lba, 128);
		assert_int_equal(gpt->partitions[1].start, 128 * d.sector);
		assert_int_equal(gpt->partitions[1].size, 72 * d.sector);
		assert_int_equal(gpt->partitions[1].faults, 0);
		assert_int_equal(gpt->partitions[1].entry_offset, 2 * d.sector + 128);
		assert_string_equal(gpt->partitions[1].name, "two");
		assert_true(guid_equal(&gpt->partitions[0].type, &GPT_TYPE_ESP));
	}
}

static void no_table_is_absent(void **state)
{
	static const uint8_t text[3000] = "not a disk";
	const struct gpt *gpt;

	(void)state;
	for (size_t size = 0; size <= sizeof(text); size += 500)
		assert_false(read_bytes(text, size, 0)->present);
	assert_false(read_bytes(d.bytes, 600, 0)->present);
	gpt = read_bytes(d.bytes, 1024, 0); /* the header alone: its other copy and its entries are cut off */
	assert_true(gpt->present && gpt->truncated);
	assert_null(gpt->used);
}

/* Each field of the primary header, set to a wrong value under a right checksum, gives its own fault and no other; the offset
 * leads to it. */
static void each_header_field_has_its_fault(void **state)
{
	static const struct {
		unsigned offset, bytes;
		uint64_t value;
		uint32_t faults;
	} cases[] = {
		{ 0, 8, 0x5452415020494645 ^ 1, GPT_FAULT_SIGNATURE },
		{ 8, 4, 0x00020000, GPT_FAULT_REVISION },
		{ 20, 4, 7, GPT_FAULT_RESERVED },
		{ 24, 8, 2, GPT_FAULT_MY_LBA },
		{ 32, 8, 0, GPT_FAULT_ALTERNATE_LBA },
		{ 32, 8, 100, GPT_FAULT_ALTERNATE_LBA },
		{ 32, 8, 500, GPT_FAULT_ALTERNATE_LBA },
		{ 32, 8, UINT64_MAX, GPT_FAULT_ALTERNATE_LBA },
		{ 40, 8, 3, GPT_FAULT_FIRST_USABLE },
		{ 40, 8, 33, GPT_FAULT_FIRST_USABLE },
		{ 40, 8, 0, GPT_FAULT_FIRST_USABLE },
		{ 40, 8, UINT64_MAX, GPT_FAULT_FIRST_USABLE },
		{ 48, 8, 367, GPT_FAULT_LAST_USABLE },
		{ 48, 8, 399, GPT_FAULT_LAST_USABLE },
		{ 48, 8, UINT64_MAX, GPT_FAULT_LAST_USABLE },
		{ 48, 8, 5, GPT_FAULT_LAST_USABLE },
		{ 72, 8, 0, GPT_FAULT_ENTRIES_LBA },
		{ 72, 8, 1, GPT_FAULT_ENTRIES_LBA },
		{ 72, 8, 100, GPT_FAULT_ENTRIES_LBA },
		{ 72, 8, 400, GPT_FAULT_ENTRIES_LBA },
		{ 72, 8, UINT64_MAX, GPT_FAULT_ENTRIES_LBA },
		{ 80, 4, 0, GPT_FAULT_ENTRY_COUNT },
		{ 80, 4, 129, GPT_FAULT_ENTRY_COUNT },
		{ 80, 4, UINT32_MAX, GPT_FAULT_ENTRY_COUNT },
		{ 84, 4, 0, GPT_FAULT_ENTRY_SIZE },
		{ 84, 4, 1, GPT_FAULT_ENTRY_SIZE },
		{ 84, 4, 127, GPT_FAULT_ENTRY_SIZE },
		{ 84, 4, UINT32_MAX, GPT_FAULT_ENTRY_SIZE },
		{ 84, 4, 0x80000000, GPT_FAULT_ENTRY_COUNT },
		{ 56, 8, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t saved[512], *h = primary_header(&d);
		const struct gpt *gpt;
		uint64_t offset;
		uint32_t length;

		memcpy(saved, h, sizeof(saved));
		put(h + cases[i].offset, cases[i].value, cases[i].bytes);
		if (cases[i].offset)
			seal_header(h);
		gpt = read_disk();
		if ((gpt->primary.faults & ~(uint32_t)GPT_FAULT_ENTRIES_CRC) != cases[i].faults)
			fail_msg("case %zu: faults %#x, not %#x", i, gpt->primary.faults, cases[i].faults);
		assert_int_equal(gpt->backup.faults, 0);
		assert_int_equal(gpt->backup_place, GPT_BACKUP_AT_END);
		assert_true(gpt->bootable_table);
		assert_int_equal(gpt->partition_count, 2); /* from one copy or the other */
		assert_int_equal(gpt->partitions[0].faults, 0);
		assert_false(gpt->truncated || gpt->grown);
		if (cases[i].faults) {
			gpt_fault_range(&gpt->primary, cases[i].faults & -cases[i].faults, &offset, &length);
			if (!(cases[i].faults & GPT_FAULT_ENTRY_COUNT)) {
				assert_int_equal(offset, 512 + cases[i].offset);
				assert_int_equal(length, cases[i].bytes);
			}
		}
		memcpy(h, saved, sizeof(saved));
	}
}

static void header_sizes(void **state)
{
	uint8_t *h = primary_header(&d);
	const struct gpt *gpt;

	(void)state;
	put(h + 12, 512, 4); /* the whole sector is allowed */
	seal_header(h);
	assert_int_equal(read_disk()->primary.faults, 0);
	for (int i = 0; i < 4; i++) {
		static const uint32_t bad[] = { 0, 91, 513, UINT32_MAX };

		put(h + 12, bad[i], 4);
		gpt = read_disk();
		assert_int_equal(gpt->primary.faults, GPT_FAULT_HEADER_SIZE);
		assert_false(gpt->primary.accepted);
		assert_ptr_equal(gpt->used, &gpt->backup);
	}
	put(h + 12, 92, 4);
	h[300] = 1; /* not covered by the checksum */
	seal_header(h);
	gpt = read_disk();
	assert_int_equal(gpt->primary.faults, GPT_FAULT_RESERVED);
	assert_true(gpt->primary.accepted);
}

static void a_backup_field_has_its_fault(void **state)
{
	uint8_t *h = backup_header(&d), saved[512];

	(void)state;
	memcpy(saved, h, 512);
	put(h + 32, 2, 8);
	seal_header(h);
	assert_int_equal(read_disk()->backup.faults, GPT_FAULT_ALTERNATE_LBA);
	memcpy(h, saved, 512);
	put(h + 48, 380, 8);
	seal_header(h);
	assert_int_equal(read_disk()->backup.faults, GPT_FAULT_LAST_USABLE);
	memcpy(h, saved, 512);
	put(h + 72, 300, 8);
	seal_header(h);
	assert_int_equal(read_disk()->backup.faults, GPT_FAULT_ENTRIES_LBA | GPT_FAULT_ENTRIES_CRC);
	memcpy(h, saved, 512);
	put(h + 80, 256, 4);
	seal_header(h);
	assert_int_equal(read_disk()->backup.faults, GPT_FAULT_ENTRY_COUNT);
	memcpy(h, saved, 512);
	put(h + 40, 33, 8);
	seal_header(h);
	assert_int_equal(read_disk()->backup.faults, GPT_FAULT_FIRST_USABLE);
}

static void both_copies_are_read_whatever_is_wrong_with_one(void **state)
{
	const struct gpt *gpt;

	(void)state;
	primary_header(&d)[60] ^= 1;
	gpt = read_disk();
	assert_int_equal(gpt->primary.faults, GPT_FAULT_HEADER_CRC);
	assert_int_equal(gpt->primary.partition_count, 2); /* still read */
	assert_ptr_equal(gpt->used, &gpt->backup);
	assert_true(gpt->bootable_table);

	backup_header(&d)[60] ^= 1;
	gpt = read_disk();
	assert_int_equal(gpt->backup.faults, GPT_FAULT_HEADER_CRC);
	assert_false(gpt->bootable_table);
	assert_ptr_equal(gpt->used, &gpt->primary);
	assert_int_equal(gpt->partition_count, 2);

	entry_of(&d, primary_header(&d), 5)[0] = 9;
	gpt = read_disk();
	assert_int_equal(gpt->primary.faults, GPT_FAULT_HEADER_CRC | GPT_FAULT_ENTRIES_CRC);
	assert_int_equal(gpt->primary.partition_count, 3);
	assert_ptr_equal(gpt->used, &gpt->backup); /* its entries can still be believed */

	entry_of(&d, backup_header(&d), 5)[0] = 9;
	assert_null(read_disk()->used);
}

static void a_grown_disk(void **state)
{
	uint8_t *larger = calloc(1, d.size + 512000);
	const struct gpt *gpt;

	(void)state;
	memcpy(larger, d.bytes, d.size);
	gpt = read_bytes(larger, d.size + 512000, 0);
	assert_int_equal(gpt->backup_place, GPT_BACKUP_AT_ALTERNATE);
	assert_true(gpt->grown && !gpt->truncated && gpt->bootable_table);
	assert_int_equal(gpt->primary.faults, 0);
	assert_int_equal(gpt->backup.faults, 0);
	assert_int_equal(gpt->differences, 0);
	assert_int_equal(gpt->partitions[0].faults, 0);

	/* with the primary lost, only the protective MBR knows where the backup was */
	memset(larger + 512, 0, 512);
	gpt = read_bytes(larger, d.size + 512000, 0);
	assert_int_equal(gpt->backup_place, GPT_BACKUP_BY_MBR);
	assert_int_equal(gpt->backup.lba, 399);
	assert_int_equal(gpt->partition_count, 2);
	assert_false(gpt->bootable_table);
	free(larger);
}

static void a_truncated_disk(void **state)
{
	const struct gpt *gpt = read_bytes(d.bytes, 150 * 512, 0);

	(void)state;
	assert_true(gpt->truncated && !gpt->grown);
	assert_int_equal(gpt->needed_bytes, d.size);
	assert_int_equal(gpt->primary.faults, 0);
	assert_int_equal(gpt->backup_place, GPT_BACKUP_NOWHERE);
	assert_int_equal(gpt->partitions[0].faults, 0);
	assert_int_equal(gpt->partitions[1].faults, GPT_PARTITION_PAST_DISK);
}

static void partitions_out_of_place(void **state)
{
	const struct gpt *gpt;

	(void)state;
	put_entry(&d, 2, 0xa3, 100, 150, "over both");
	put_entry(&d, 3, 0xa4, 300, 299, "reversed");
	put_entry(&d, 4, 0xa5, 20, 40, "in the array");
	put_entry(&d, 5, 0xa6, 360, 398, "in the backup");
	put_entry(&d, 6, 0xa7, 350, UINT64_MAX, "endless");
	put_entry(&d, 7, 0xa2, 210, 219, "twin of 2");
	put_entry(&d, 8, 0xd1, 220, 229, "twin of the disk");
	put_entry(&d, 9, 0x00, 230, 239, "no guid");
	put(entry_of(&d, primary_header(&d), 9) + 48, 8, 8);
	put(entry_of(&d, backup_header(&d), 9) + 48, 8, 8);
	seal(&d);
	gpt = read_disk();
	assert_int_equal(gpt->partition_count, 10);
	assert_int_equal(gpt->partitions[2].faults, 0);
	assert_int_equal(gpt->partitions[3].faults, GPT_PARTITION_REVERSED);
	assert_int_equal(gpt->partitions[3].size, 0);
	assert_int_equal(gpt->partitions[4].faults, GPT_PARTITION_OUTSIDE | GPT_PARTITION_IN_TABLE);
	assert_int_equal(gpt->partitions[5].faults, GPT_PARTITION_OUTSIDE | GPT_PARTITION_IN_TABLE);
	assert_int_equal(gpt->partitions[6].faults,
			 GPT_PARTITION_OUTSIDE | GPT_PARTITION_IN_TABLE | GPT_PARTITION_PAST_DISK);
	assert_int_equal(gpt->partitions[6].size, 0); /* 2^64 sectors are no number of bytes */
	assert_int_equal(gpt->partitions[9].faults, GPT_PARTITION_NO_GUID | GPT_PARTITION_ATTRIBUTES);

	assert_int_equal(gpt->overlap_count, 3);
	assert_int_equal(gpt->overlaps[0].a, 0);
	assert_int_equal(gpt->overlaps[0].b, 2);
	assert_int_equal(gpt->overlaps[1].a, 1);
	assert_int_equal(gpt->overlaps[1].b, 2);
	assert_int_equal(gpt->overlaps[2].a, 5);
	assert_int_equal(gpt->overlaps[2].b, 6);
	assert_int_equal(gpt->duplicate_count, 2);
	assert_int_equal(gpt->duplicates[0].a, 1);
	assert_int_equal(gpt->duplicates[0].b, 7);
	assert_int_equal(gpt->duplicates[1].a, 8);
	assert_true(gpt->duplicates[1].b == GPT_PAIR_DISK);
}

static void many_overlaps_are_bounded(void **state)
{
	const struct gpt *gpt;

	(void)state;
	for (unsigned i = 0; i < 128; i++)
		put_entry(&d, i, 0x77, 100, 110, "");
	seal(&d);
	gpt = read_disk();
	assert_int_equal(gpt->overlap_count, LIMIT_GPT_PAIRS);
	assert_true(gpt->overlaps_cut);
	assert_int_equal(gpt->duplicate_count, LIMIT_GPT_PAIRS);
}

static void copies_that_differ(void **state)
{
	uint8_t *b = backup_header(&d);
	const struct gpt *gpt;

	(void)state;
	put(entry_of(&d, b, 1) + 40, 198, 8);
	memset(entry_of(&d, b, 0), 0, 128);
	put(b + 56, 0x1234, 8);
	seal(&d);
	gpt = read_disk();
	assert_int_equal(gpt->primary.faults | gpt->backup.faults, 0);
	assert_int_equal(gpt->differences, GPT_DIFFERS_ENTRIES | GPT_DIFFERS_DISK_GUID);
	assert_int_equal(gpt->entry_difference_count, 2);
	assert_true(gpt->entry_differences[0].only_primary);
	assert_true(gpt->entry_differences[1].range);
	assert_false(gpt->entry_differences[1].type || gpt->entry_differences[1].name);
	assert_int_equal(gpt->entry_differences[1].backup_offset, 367 * 512 + 128 + 40);

	/* a checksum that is wrong says what is wrong; no difference is drawn from it */
	b[60] ^= 1;
	gpt = read_disk();
	assert_int_equal(gpt->differences, 0);
}

static void sector_size_is_found_or_forced(void **state)
{
	const struct gpt *gpt;
	uint8_t *other;

	(void)state;
	gpt = read_bytes(d.bytes, d.size, 4096);
	assert_true(gpt->sector_size_contradicted);
	assert_int_equal(gpt->sector_size, 512);
	assert_int_equal(gpt->primary.faults, 0);
	gpt = read_bytes(d.bytes, d.size, 512);
	assert_false(gpt->sector_size_contradicted);

	/* only a backup is left */
	memset(primary_header(&d), 0, 512);
	gpt = read_disk();
	assert_int_equal(gpt->sector_size, 512);
	assert_ptr_equal(gpt->used, &gpt->backup);

	/* a stray signature where 4096 would have it does not weigh against a checksum */
	memcpy(d.bytes + 4096, "EFI PART", 8);
	assert_int_equal(read_disk()->sector_size, 512);

	/* nothing there: the caller's word */
	other = calloc(1, 40960);
	gpt = read_bytes(other, 40960, 4096);
	assert_int_equal(gpt->sector_size, 4096);
	assert_false(gpt->sector_size_known || gpt->sector_size_contradicted);
	free(other);
}

static void entries_of_256_bytes_and_over_limits(void **state)
{
	const struct gpt *gpt;

	(void)state;
	free(d.bytes);
	d = make_disk(512, 400, 64, 256);
	gpt = read_disk();
	assert_int_equal(gpt->primary.faults, 0);
	assert_string_equal(gpt->partitions[1].name, "two");

	/* 132 bytes: what firmware accepts, and the specification does not */
	free(d.bytes);
	d = make_disk(512, 400, 64, 132);
	gpt = read_disk();
	assert_int_equal(gpt->primary.faults, GPT_FAULT_ENTRY_SIZE);
	assert_true(gpt->primary.accepted);
	assert_int_equal(gpt->partition_count, 2);

	free(d.bytes);
	d = make_disk(512, 40000, 8192, 128);
	gpt = read_disk();
	assert_int_equal(gpt->primary.faults, 0);
	assert_non_null(gpt->primary.entries_error);
	assert_false(gpt->primary.accepted);
	assert_null(gpt->used);
}

static int fail_read(struct view *view, uint64_t offset, void *data, size_t length, struct error *err)
{
	const struct disk *disk = view->state;

	if (offset < 1024 && offset + length > 512)
		return error_set(err, 5, "bad sector");
	memcpy(data, disk->bytes + offset, length);
	return 0;
}

static void an_unreadable_copy_does_not_hide_the_other(void **state)
{
	static const struct view_ops ops = { fail_read, NULL };
	struct view view = { &ops, d.size, &d };
	const struct gpt *gpt;
	struct error err;

	(void)state;
	assert_int_equal(gpt_read(arena, &view, 0, &gpt, &err), 0);
	assert_int_equal(gpt->primary.header_error->code, 5);
	assert_string_equal(gpt->primary.header_error->message, "bad sector");
	assert_int_equal(gpt->primary.faults, 0);
	assert_ptr_equal(gpt->used, &gpt->backup);
	assert_true(gpt->bootable_table);

	memset(backup_header(&d), 0, 512);
	assert_int_equal(gpt_read(arena, &view, 0, &gpt, &err), -5);
}

static void what_sfdisk_writes(void **state)
{
	char path[] = "/tmp/vmlint-test-gpt-XXXXXX", command[512];
	const struct gpt *gpt;
	struct error err;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0 && ftruncate(fd, 64 * MiB) == 0);
	snprintf(command, sizeof(command),
		 "PATH=$PATH:/usr/sbin:/sbin; printf 'label: gpt\\nlabel-id: 01234567-89AB-CDEF-0123-456789ABCDEF\\n"
		 "size=8MiB, type=uefi, name=\"EFI \\303\\251\"\\n size=4MiB, type=linux, attrs=\"LegacyBIOSBootable\"\\n'"
		 " | sfdisk -q --no-reread %s >/dev/null 2>&1",
		 path);
	assert_int_equal(system(command), 0);
	unlink(path);
	assert_int_equal(gpt_read(arena, view_file(arena, fd, 64 * MiB), 0, &gpt, &err), 0);
	assert_int_equal(gpt->primary.faults | gpt->backup.faults, 0);
	assert_int_equal(gpt->partition_count, 2);
	assert_int_equal(gpt->partitions[0].start, MiB);
	assert_int_equal(gpt->partitions[0].size, 8 * MiB);
	assert_string_equal(gpt->partitions[0].name, "EFI \xc3\xa9");
	assert_int_equal(gpt->partitions[1].attributes, 4);
	assert_true(guid_equal(&gpt->primary.disk_guid, &GUID(0x01234567, 0x89ab, 0xcdef, 0x0123, 0x456789abcdef)));
	close(fd);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_sound_table_has_no_faults), T(no_table_is_absent), T(each_header_field_has_its_fault),
		T(header_sizes), T(a_backup_field_has_its_fault),
		T(both_copies_are_read_whatever_is_wrong_with_one), T(a_grown_disk), T(a_truncated_disk),
		T(partitions_out_of_place), T(many_overlaps_are_bounded), T(copies_that_differ),
		T(sector_size_is_found_or_forced), T(entries_of_256_bytes_and_over_limits),
		T(an_unreadable_copy_does_not_hide_the_other), T(what_sfdisk_writes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
