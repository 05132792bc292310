/* SPDX-License-Identifier: MIT */
/* test_firmware: firmware volumes are recognised by all of their header, and looked for outside of partitions, within bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers),
		cmocka_unit_test(gaps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
