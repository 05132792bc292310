/* SPDX-License-Identifier: MIT */
/* test_firmware: firmware volumes are recognised by all of their header, and looked for outside of partitions, within bounds. */
#include "fat_volume.h"
#include "image/firmware.h"

/* A volume of 64 KiB in 16 blocks of 4 KiB, by the PI specification. */
static void volume(uint8_t *p)
{
	static const uint8_t head[72] = {
		[16] = 0x78, 0xe5,      0x8c, 0x8c,        0x3d, 0x8a, 0x1c, 0x4f,        0x99,
		0x35,        0x89,      0x61, 0x85,        0xc3, 0x2d, 0xd3, [34] = 0x01, [40] = '_',
		'F',         'V',       'H',  [44] = 0xff, 0xfe, 0x04, 0,    [48] = 72,   0,
		[55] = 2,    [56] = 16, 0,    0,           0,    0,    0x10, 0,           0,
	};
	uint16_t sum = 0;

	memcpy(p, head, sizeof(head));
	for (int i = 0; i < 72; i += 2)
		sum = (uint16_t)(sum + (p[i] | p[i + 1] << 8));
	sum = (uint16_t)-sum;
	p[50] = (uint8_t)sum;
	p[51] = (uint8_t)(sum >> 8);
}

static void headers(void **state)
{
	struct firmware_volume found;
	uint8_t bytes[128];

	(void)state;
	memset(bytes, 0xff, sizeof(bytes));
	volume(bytes);
	assert_true(firmware_volume_parse(bytes, sizeof(bytes), &found));
	assert_int_equal(found.length, 65536);
	assert_false(found.variables);
	assert_true(firmware_volume_parse(bytes, 72, &found));
	for (size_t size = 0; size < 72; size++)
		assert_false(firmware_volume_parse(bytes, size, &found));
	/* any other bit set makes the checksum wrong, and the four letters alone are nothing */
	for (int i = 0; i < 72; i++) {
		bytes[i] ^= 0x10;
		assert_false(firmware_volume_parse(bytes, sizeof(bytes), &found));
		bytes[i] ^= 0x10;
	}
	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes + 40, "_FVH", 4);
	assert_false(firmware_volume_parse(bytes, sizeof(bytes), &found));
}

static void gaps(void **state)
{
	static const uint64_t partitions[][2] = { { 6 * MiB, 2 * MiB }, { 1 * MiB, 1 * MiB } };
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	uint8_t *disk = calloc(1, 12 * MiB);
	struct partition list[2] = { { 0 } };
	struct image image = { .arena = arena, .partitions = list, .partition_count = 2 };
	struct firmware_finds finds;
	struct error err;

	(void)state;
	for (int i = 0; i < 2; i++)
		list[i] = (struct partition){ .number = i + 1, .start = partitions[i][0], .size = partitions[i][1] };
	image.disk = view_memory(arena, disk, 12 * MiB);
	assert_int_equal(firmware_in_gaps(&image, &finds, &err), 0);
	assert_int_equal(finds.count, 0);
	volume(disk + 64 * 512);              /* before the first partition */
	volume(disk + 64 * 512 + 65536);      /* right behind it */
	volume(disk + 1 * MiB + 4096);        /* in a partition: not meant */
	volume(disk + 2 * MiB + 65536 - 512); /* across two pieces of what is read at a time */
	volume(disk + 5 * MiB);               /* too deep in the gap */
	volume(disk + 8 * MiB + 100);         /* not at a sector */
	assert_int_equal(firmware_in_gaps(&image, &finds, &err), 0);
	assert_int_equal(finds.count, 3);
	assert_int_equal(finds.list[0].offset, 64 * 512);
	assert_int_equal(finds.list[1].offset, 64 * 512 + 65536);
	assert_int_equal(finds.list[2].offset, 2 * MiB + 65536 - 512);
	assert_null(finds.limited);
	free(disk);
}

/* Many large files, all in the same clusters, and behind them a file with stored variables. */
static void many_files(void **state)
{
	struct volume v = make(16, 5000);
	struct esp esp = { .have = HAVE };
	struct image image = { .arena = v.arena, .esps = &esp, .esp_count = 1 };
	const struct firmware_finds *finds, *again;
	struct error err;

	(void)state;
	for (uint32_t i = 0; i < 32; i++) {
		set(&v, 100 + i, i < 31 ? 101 + i : END);
		set(&v, 200 + i, i < 31 ? 201 + i : END);
	}
	volume(cluster(&v, 200));
	memcpy(cluster(&v, 200) + 16, "\x8d\x2b\xf1\xff\x96\x76\x8b\x4c\xa9\x85\x27\x47\x07\x5b\x4f\x50", 16);
	put16(cluster(&v, 200) + 50, 0);
	{
		uint16_t sum = 0;

		for (int i = 0; i < 72; i += 2)
			sum = (uint16_t)(sum + (cluster(&v, 200)[i] | cluster(&v, 200)[i + 1] << 8));
		put16(cluster(&v, 200) + 50, (uint16_t)-sum);
	}
	/* BOOT goes on in clusters 300 to 312 */
	set(&v, 4, 300);
	for (uint32_t i = 0; i < 13; i++)
		set(&v, 300 + i, i < 12 ? 301 + i : END);
	for (unsigned int i = 3; i < 16; i++)
		entry(cluster(&v, 4), i, "A       DTB", 0x20, 100, 16384);
	for (unsigned int i = 0; i < 200; i++) {
		char name[12];

		snprintf(name, sizeof(name), "%-8uDTB", i);
		entry(cluster(&v, 300), i, name, 0x20, 100, 16384);
	}
	entry(cluster(&v, 300), 200, "VARS    FD ", 0x20, 200, 16384);
	esp.fat = open_it(&v);
	esp.fs = esp.fat->fs;
	assert_int_equal(firmware_in_esp(&image, &esp, &finds, &err), 0);
	assert_int_equal(finds->count, 1);
	assert_int_equal(finds->variables, 1);
	assert_string_equal(finds->list[0].path, "/EFI/BOOT/VARS.FD");
	assert_null(finds->limited);
	assert_int_equal(firmware_in_esp(&image, &esp, &again, &err), 0);
	assert_ptr_equal(finds, again);
	done(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers),
		cmocka_unit_test(gaps),
		cmocka_unit_test(many_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
