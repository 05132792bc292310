/* SPDX-License-Identifier: MIT */
/* cpio: a pull parser for newc archives. */
#include "linux/cpio.h"

#include <string.h>

#include "base/hex.h"
#include "base/limits.h"

#define HEADER_SIZE 110
#define TRAILER "TRAILER!!!"

void cpio_begin(struct cpio *cpio, struct stream *stream, uint64_t base)
{
	cpio->stream = stream;
	cpio->base = base;
	cpio->left = 0;
	cpio->padding = 0;
	cpio->summing = false;
	cpio->entries = 0;
}

static uint64_t offset_of(const struct cpio *cpio)
{
	return cpio->base + cpio->stream->position;
}

int cpio_body(struct cpio *cpio, void *data, size_t length, uint64_t *ret_count, struct error *err)
{
	uint64_t count = length < cpio->left ? length : cpio->left;
	int r = stream_read(cpio->stream, data, count, ret_count, err);

	if (r < 0)
		return r;
	cpio->left -= *ret_count;
	if (cpio->summing)
		for (uint64_t i = 0; i < *ret_count; i++)
			cpio->sum += ((uint8_t *)data)[i];
	return 0;
}

/* Leaves the body behind, and its padding: *ret_done, or an event or a negative errno that says why not. */
static int finish_body(struct cpio *cpio, bool verify, bool *ret_done, struct error *err)
{
	uint64_t count, wanted;
	uint8_t chunk[4096];
	int r;

	*ret_done = false;
	cpio->summing &= verify;
	while (cpio->summing && cpio->left) {
		r = cpio_body(cpio, chunk, sizeof(chunk), &count, err);
		if (r < 0)
			return r;
		if (!count)
			return CPIO_TRUNCATED;
	}
	if (cpio->summing && cpio->sum != cpio->expected)
		return CPIO_CHECKSUM;
	wanted = cpio->left + cpio->padding;
	r = stream_read(cpio->stream, NULL, wanted, &count, err);
	if (r < 0)
		return r;
	/* the padding of the very last body may be cut off */
	if (count < cpio->left)
		return CPIO_TRUNCATED;
	cpio->left = 0;
	cpio->padding = 0;
	cpio->summing = false;
	*ret_done = true;
	return 0;
}

/* Eight hexadecimal digits. */
static bool hexadecimal(const uint8_t *p, uint32_t *ret)
{
	uint32_t value = 0;

	for (int i = 0; i < 8; i++) {
		int digit = hex_digit((char)p[i]);

		if (digit < 0)
			return false;
		value = value << 4 | (uint32_t)digit;
	}
	*ret = value;
	return true;
}

static int parse_header(struct cpio *cpio, const uint8_t *bytes, uint32_t *ret_name_size)
{
	struct cpio_entry *entry = &cpio->entry;
	uint32_t fields[13];

	if (!memcmp(bytes, "070707", 6))
		return CPIO_OLD_FORMAT;
	if (memcmp(bytes, "070701", 6) && memcmp(bytes, "070702", 6))
		return CPIO_BAD_HEADER;
	for (int i = 0; i < 13; i++)
		if (!hexadecimal(bytes + 6 + 8 * i, &fields[i]))
			return CPIO_BAD_HEADER;
	entry->inode = fields[0];
	entry->mode = fields[1];
	entry->links = fields[4];
	entry->mtime = fields[5];
	entry->size = fields[6];
	entry->device_major = fields[7];
	entry->device_minor = fields[8];
	*ret_name_size = fields[11];
	entry->checksum = fields[12];
	entry->has_checksum = bytes[5] == '2';
	return CPIO_ENTRY;
}

int cpio_next(struct cpio *cpio, bool verify, struct error *err)
{
	struct cpio_entry *entry = &cpio->entry;
	uint8_t header[HEADER_SIZE];
	uint32_t name_size = 0;
	uint64_t count, padded;
	bool done;
	int r = finish_body(cpio, verify, &done, err);

	if (!done)
		return r;
	r = stream_skip_zeros(cpio->stream, err);
	if (r <= 0)
		return r < 0 ? r : CPIO_END;
	if (*cpio->stream->data != '0')
		return *cpio->stream->data == 0xc7 && cpio->entries ? CPIO_OLD_FORMAT : CPIO_OTHER;
	entry->offset = offset_of(cpio);
	if (entry->offset % 4)
		return CPIO_UNALIGNED;
	r = stream_read(cpio->stream, header, sizeof(header), &count, err);
	if (r < 0)
		return r;
	if (count < sizeof(header))
		return count >= 6 && memcmp(header, "07070", 5) ? CPIO_BAD_HEADER : CPIO_TRUNCATED;
	r = parse_header(cpio, header, &name_size);
	if (r != CPIO_ENTRY)
		return r;
	/* the header is two bytes short of a multiple of four */
	padded = ((uint64_t)name_size + 2 + 3) / 4 * 4 - 2;
	entry->skipped = !name_size || name_size > LIMIT_CPIO_NAME;
	r = stream_read(cpio->stream, entry->skipped ? NULL : cpio->name, padded, &count, err);
	if (r < 0)
		return r;
	if (count < name_size)
		return CPIO_TRUNCATED;
	if (entry->skipped)
		*cpio->name = '\0';
	else if (cpio->name[name_size - 1])
		return CPIO_BAD_NAME;
	entry->name = cpio->name;
	entry->name_length = strlen(cpio->name);
	cpio->left = entry->size;
	cpio->padding = (unsigned)(-entry->size & 3U);
	cpio->sum = 0;
	cpio->expected = entry->checksum;
	cpio->summing = entry->has_checksum && !entry->skipped && (entry->mode & 0170000) == 0100000;
	cpio->entries++;
	return strcmp(cpio->name, TRAILER) ? CPIO_ENTRY : CPIO_TRAILER;
}
