/* SPDX-License-Identifier: MIT */
/* test_gpt_layout: the GPT reader on what lies where: the copies, the partitions, the disk they are on. */
#include <stdio.h>
#include <unistd.h>

#include "gpt-fixture.h"

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

static void a_disk_without_backup(void **state)
{
	const struct gpt *gpt;

	(void)state;
	put(primary_header(&d) + 32, 1, 8); /* what genimage writes for want of a backup */
	seal_header(primary_header(&d));
	memset(backup_header(&d), 0, 512);
	gpt = read_disk();
	assert_int_equal(gpt->primary.faults, 0);
	assert_false(gpt->grown || gpt->truncated);
	assert_int_equal(gpt->backup_place, GPT_BACKUP_NOWHERE);
}

static void a_leftover_is_no_table(void **state)
{
	const struct gpt *gpt;

	(void)state;
	put_record(d.bytes, 0, 0, 0x83, 10, 100);
	assert_true(read_disk()->present);
	memset(primary_header(&d), 0, 512);
	gpt = read_disk();
	assert_true(gpt->leftover && !gpt->present);
	assert_int_equal(gpt->partition_count, 0);
	put_record(d.bytes, 0, 0, 0xee, 1, 399);
	assert_true(read_disk()->present);
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
	assert_int_equal(gpt->duplicate_count, 127);
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
		T(a_grown_disk), T(a_disk_without_backup), T(a_leftover_is_no_table), T(a_truncated_disk),
		T(partitions_out_of_place), T(many_overlaps_are_bounded), T(copies_that_differ),
		T(sector_size_is_found_or_forced), T(what_sfdisk_writes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
