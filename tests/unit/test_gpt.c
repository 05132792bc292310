/* SPDX-License-Identifier: MIT */
/* test_gpt: the GPT reader on single headers and arrays, each copy for itself. */
#include "gpt-fixture.h"

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
	assert_int_equal(gpt->primary.trailing, 300);
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

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_sound_table_has_no_faults), T(no_table_is_absent), T(each_header_field_has_its_fault),
		T(header_sizes), T(a_backup_field_has_its_fault),
		T(both_copies_are_read_whatever_is_wrong_with_one), T(entries_of_256_bytes_and_over_limits),
		T(an_unreadable_copy_does_not_hide_the_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
