/* SPDX-License-Identifier: MIT */
/* test_mbr: the MBR reader, and libfdisk's second opinion on the same disks. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "disk-bytes.h"
#include "partition/fdisk.h"
#include "partition/mbr.h"

#define SECTORS 2000

static struct arena *arena;
static uint8_t *bytes;

static int setup(void **state)
{
	(void)state;
	arena = arena_new(64 * MiB);
	bytes = calloc(SECTORS, 512);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	free(bytes);
	return 0;
}

static const struct mbr *read_mbr(void)
{
	const struct mbr *mbr = NULL;
	struct error err;

	assert_int_equal(mbr_read(arena, view_memory(arena, bytes, SECTORS * 512), 512, &mbr, &err), 0);
	return mbr;
}

static void none_and_empty(void **state)
{
	const struct mbr *mbr;
	struct error err;

	(void)state;
	assert_int_equal(read_mbr()->kind, MBR_NONE);
	bytes[510] = 0x55;
	bytes[511] = 0xaa;
	mbr = read_mbr();
	assert_int_equal(mbr->kind, MBR_TABLE);
	assert_int_equal(mbr->partition_count, 0);
	assert_int_equal(mbr_read(arena, view_memory(arena, bytes, 511), 512, &mbr, &err), 0);
	assert_int_equal(mbr->kind, MBR_NONE);
}

static void protective_and_hybrid(void **state)
{
	const struct mbr *mbr;

	(void)state;
	put_record(bytes, 0, 0, 0xee, 1, SECTORS - 1);
	mbr = read_mbr();
	assert_non_null(mbr->protective);
	assert_int_equal(mbr->protective->record_offset, 446);
	assert_int_equal(mbr->protective->sectors, SECTORS - 1);
	assert_int_equal(mbr->protective->faults, 0);
	assert_false(mbr->hybrid);

	put_record(bytes, 2, 0x80, 0x0c, 100, 50);
	mbr = read_mbr();
	assert_true(mbr->hybrid);
	assert_int_equal(mbr->partitions[1].number, 3);
	assert_int_equal(mbr->partitions[1].faults, MBR_FAULT_OVERLAP);
	assert_int_equal(mbr->partitions[1].start, 51200);

	put_record(bytes, 0, 0, 0xee, 2, SECTORS - 2);
	mbr = read_mbr();
	assert_null(mbr->protective);
	assert_non_null(mbr->ee_elsewhere);
}

static void faults_of_records(void **state)
{
	const struct mbr *mbr;

	(void)state;
	put_record(bytes, 0, 0x12, 0x83, 1, 0);
	put_record(bytes, 1, 0, 0x83, 0, 10);
	put_record(bytes, 2, 0, 0xef, 1000, 1001);
	put_record(bytes, 3, 0, 0x83, UINT32_MAX, UINT32_MAX);
	mbr = read_mbr();
	assert_int_equal(mbr->partitions[0].faults, MBR_FAULT_STATUS | MBR_FAULT_EMPTY);
	assert_int_equal(mbr->partitions[1].faults, MBR_FAULT_START);
	assert_int_equal(mbr->partitions[2].faults, MBR_FAULT_PAST_DISK);
	assert_int_equal(mbr->partitions[3].faults, MBR_FAULT_PAST_DISK);
	assert_int_equal(mbr->partitions[3].size, 512ULL * UINT32_MAX);
}

static void logical_partitions(void **state)
{
	const struct mbr *mbr;

	(void)state;
	put_record(bytes, 0, 0, 0xef, 10, 90);
	put_record(bytes, 1, 0, 0x05, 100, 900);
	put_record(bytes + 100 * 512, 0, 0, 0x83, 10, 90);
	put_record(bytes + 100 * 512, 1, 0, 0x05, 200, 200);
	put_record(bytes + 300 * 512, 0, 0, 0x82, 10, 1000);
	mbr = read_mbr();
	assert_int_equal(mbr->chain, MBR_CHAIN_COMPLETE);
	assert_int_equal(mbr->primary_count, 2);
	assert_int_equal(mbr->partition_count, 4);
	assert_int_equal(mbr->partitions[2].number, 5);
	assert_int_equal(mbr->partitions[2].first_lba, 110);
	assert_int_equal(mbr->partitions[2].faults, 0);
	assert_int_equal(mbr->partitions[3].number, 6);
	assert_int_equal(mbr->partitions[3].first_lba, 310);
	assert_int_equal(mbr->partitions[3].record_offset, 300 * 512 + 446);
	assert_int_equal(mbr->partitions[3].faults, MBR_FAULT_OUTSIDE);

	put_record(bytes + 300 * 512, 1, 0, 0x05, 0, 100); /* back to the first */
	mbr = read_mbr();
	assert_int_equal(mbr->chain, MBR_CHAIN_LOOP);
	assert_int_equal(mbr->chain_offset, 100 * 512);
	assert_int_equal(mbr->partition_count, 4);

	put_record(bytes + 300 * 512, 1, 0, 0x05, UINT32_MAX, 100);
	assert_int_equal(read_mbr()->chain, MBR_CHAIN_OUTSIDE);
	put_record(bytes + 300 * 512, 1, 0, 0x05, 400, 100);
	assert_int_equal(read_mbr()->chain, MBR_CHAIN_SIGNATURE);
	for (unsigned i = 0; i < 100; i++) {
		put_record(bytes + (300 + 4 * i) * 512, 0, 0, 0x83, 1, 2);
		put_record(bytes + (300 + 4 * i) * 512, 1, 0, 0x05, 204 + 4 * i, 4);
	}
	mbr = read_mbr();
	assert_int_equal(mbr->chain, MBR_CHAIN_LIMIT);
	assert_int_equal(mbr->partition_count, 2 + LIMIT_MBR_LOGICAL);
}

/* A BIOS parameter block as the FAT specification has it. */
static void put_bpb(void)
{
	memcpy(bytes, "\xeb\x58\x90mkfs.fat", 11);
	put(bytes + 11, 512, 2);
	bytes[13] = 8;
	put(bytes + 14, 32, 2);
	bytes[16] = 2;
	bytes[21] = 0xf8;
	bytes[510] = 0x55;
	bytes[511] = 0xaa;
}

static void superfloppies(void **state)
{
	const struct mbr *mbr;

	(void)state;
	put_bpb();
	mbr = read_mbr();
	assert_int_equal(mbr->kind, MBR_SUPERFLOPPY);
	assert_string_equal(mbr->superfloppy, "FAT");
	put_record(bytes, 0, 0x80, 0x0c, 0, SECTORS); /* what mkfs.vfat --mbr adds */
	assert_int_equal(read_mbr()->kind, MBR_SUPERFLOPPY);
	memset(bytes + 446, 'x', 64); /* a message of the boot code */
	mbr = read_mbr();
	assert_int_equal(mbr->kind, MBR_SUPERFLOPPY);
	assert_int_equal(mbr->partition_count, 0);

	/* a real table wins over a parameter block that a boot loader left there */
	memset(bytes + 446, 0, 64);
	put_record(bytes, 0, 0, 0xee, 1, SECTORS - 1);
	assert_int_equal(read_mbr()->kind, MBR_TABLE);

	/* GRUB's boot.img: a jump, no parameter block */
	memset(bytes, 0, 510);
	memcpy(bytes, "\xeb\x63\x90", 3);
	assert_int_equal(read_mbr()->kind, MBR_TABLE);
	memcpy(bytes + 3, "NTFS    ", 8);
	assert_string_equal(read_mbr()->superfloppy, "NTFS");
}

static const struct fdisk_opinion *opinion_on(const void *data, size_t size, uint32_t sector_size)
{
	const struct fdisk_opinion *opinion = NULL;
	struct error err;
	int fd = fdisk_memory_file(&err);

	assert_true(fd >= 0);
	assert_int_equal(fdisk_ask_opinion(arena, view_memory(arena, data, size), sector_size, fd, &opinion, &err), 0);
	close(fd);
	return opinion;
}

static size_t disagreements(const struct disk *d, bool show)
{
	const struct gpt *gpt;
	const struct mbr *mbr;
	const char *const *list;
	struct error err;
	struct view *view = view_memory(arena, d->bytes, d->size);
	size_t n = 0;

	assert_int_equal(gpt_read(arena, view, d->sector, &gpt, &err), 0);
	assert_int_equal(mbr_read(arena, view, gpt->sector_size, &mbr, &err), 0);
	list = fdisk_compare(arena, opinion_on(d->bytes, d->size, d->sector), gpt, mbr);
	for (; list[n]; n++)
		if (show)
			print_message("%s\n", list[n]);
	return n;
}

static void libfdisk_agrees_on_a_sound_disk(void **state)
{
	struct disk d;

	(void)state;
	for (int i = 0; i < 2; i++) {
		d = make_disk(i ? 4096 : 512, 9000, 128, 128);
		assert_int_equal(disagreements(&d, true), 0);
		free(d.bytes);
	}
	d = (struct disk){ .bytes = bytes, .size = SECTORS * 512, .sector = 512 };
	assert_int_equal(disagreements(&d, true), 0); /* no table at all */
	put_record(bytes, 0, 0, 0xef, 10, 90);
	put_record(bytes, 1, 0, 0x05, 100, 900);
	put_record(bytes + 100 * 512, 0, 0, 0x83, 10, 90);
	assert_int_equal(disagreements(&d, true), 0);
}

static void libfdisk_disagrees(void **state)
{
	struct disk d = make_disk(512, 9000, 128, 128);
	const struct fdisk_opinion *opinion;

	(void)state;
	/* it sees "dos" where both headers are bad, and nothing wrong in copies that differ */
	put(entry_of(&d, backup_header(&d), 1) + 40, 198, 8);
	seal(&d);
	assert_int_equal(disagreements(&d, false), 1);
	primary_header(&d)[60] ^= 1;
	opinion = opinion_on(d.bytes, d.size, 512);
	assert_true(opinion->said_count > 0);
	backup_header(&d)[60] ^= 1;
	opinion = opinion_on(d.bytes, d.size, 512);
	assert_string_equal(opinion->label, "dos");
	assert_int_equal(disagreements(&d, false), 1);
	free(d.bytes);
}

/* it would make room for as many entries as a header speaks of, when the header's checksum is right */
static void libfdisk_is_not_asked_for_terabytes(void **state)
{
	struct disk d = make_disk(512, 9000, 128, 128);
	const struct fdisk_opinion *opinion;
	struct error err;
	int fd = fdisk_memory_file(&err);

	(void)state;
	for (int i = 0; i < 2; i++) {
		uint8_t *header = i ? primary_header(&d) : backup_header(&d);

		put(header + 80, 0xffffffff, 4);
		seal_header(header);
		assert_int_equal(fdisk_ask_opinion(arena, view_memory(arena, d.bytes, d.size), 512, fd, &opinion, &err), -EFBIG);
		put(header + 80, 128, 4);
		seal(&d);
	}
	assert_int_equal(fdisk_ask_opinion(arena, view_memory(arena, d.bytes, d.size), 512, fd, &opinion, &err), 0);
	close(fd);
	free(d.bytes);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(none_and_empty),     T(protective_and_hybrid), T(faults_of_records),
		T(logical_partitions), T(superfloppies),         T(libfdisk_agrees_on_a_sound_disk),
		T(libfdisk_disagrees), T(libfdisk_is_not_asked_for_terabytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
