/* SPDX-License-Identifier: MIT */
/* crc32: one table look-up a byte; the table is filled at first use. Partition tables are small. */
#include "base/crc32.h"

#include <stdbool.h>

uint32_t crc32_update(uint32_t crc, const void *data, size_t size)
{
	static uint32_t table[256];
	static bool filled;
	const uint8_t *p = data;

	if (!filled) {
		for (uint32_t i = 0; i < 256; i++) {
			uint32_t c = i;

			for (int k = 0; k < 8; k++)
				c = c & 1 ? 0xedb88320u ^ c >> 1 : c >> 1;
			table[i] = c;
		}
		filled = true;
	}
	crc = ~crc;
	while (size--)
		crc = table[(crc ^ *p++) & 0xff] ^ crc >> 8;
	return ~crc;
}
