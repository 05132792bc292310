/* SPDX-License-Identifier: MIT */
/* zstd_parts: headers are read, what they speak of is stepped over. */
#include "base/zstd_parts.h"

#define FRAME_MAGIC 0xfd2fb528
#define SKIPPABLE_MAGIC 0x184d2a50 /* and the fifteen after it */
#define BLOCK_HEADER 3

static uint32_t little_endian(const uint8_t *p, size_t size)
{
	uint32_t value = 0;

	while (size--)
		value = value << 8 | p[size];
	return value;
}

/* A frame begins (3.1.1): what follows its magic number and descriptor has a length that the descriptor tells. */
static void begin_frame(struct zstd_parts *parts)
{
	static const uint8_t dictionary_bytes[] = { 0, 1, 2, 4 }, size_bytes[] = { 0, 2, 4, 8 };
	uint8_t descriptor = parts->header[4];
	bool is_single = descriptor & 1 << 5;

	parts->skip = !is_single + dictionary_bytes[descriptor & 3] + (size_t)size_bytes[descriptor >> 6] +
		      (is_single && !(descriptor >> 6));
	parts->has_checksum = descriptor & 1 << 2;
	parts->in_frame = true;
}

static void begin_block(struct zstd_parts *parts)
{
	uint32_t header = little_endian(parts->header, BLOCK_HEADER);
	bool repeats_one_byte = (header >> 1 & 3) == 1, is_last = header & 1;

	parts->skip = repeats_one_byte ? 1 : header >> 3;
	if (!is_last)
		return;
	parts->skip += parts->has_checksum ? 4 : 0;
	parts->in_frame = false;
}

/* How long the header is, which the magic number decides. */
static size_t header_size(const struct zstd_parts *parts)
{
	if (parts->in_frame)
		return BLOCK_HEADER;
	if (parts->size < 4)
		return 4;
	return little_endian(parts->header, 4) == FRAME_MAGIC ? 5 : 8;
}

static void begin_part(struct zstd_parts *parts)
{
	parts->size = 0;
	parts->count++;
	if (parts->in_frame)
		begin_block(parts);
	else if (little_endian(parts->header, 4) == FRAME_MAGIC)
		begin_frame(parts);
	else if ((little_endian(parts->header, 4) & 0xfffffff0) == SKIPPABLE_MAGIC)
		parts->skip = little_endian(parts->header + 4, 4);
	else
		parts->ended = true;
}

void zstd_parts_see(struct zstd_parts *parts, const uint8_t *bytes, size_t size)
{
	while (size && !parts->ended) {
		size_t n = parts->skip < size ? (size_t)parts->skip : size;

		parts->skip -= n;
		bytes += n;
		size -= n;
		if (!size)
			break;
		parts->header[parts->size++] = *bytes++;
		size--;
		if (parts->size >= header_size(parts))
			begin_part(parts);
	}
}
