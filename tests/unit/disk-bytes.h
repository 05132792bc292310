/* SPDX-License-Identifier: MIT */
/* disk-bytes: partition tables written byte by byte from the tables of the UEFI specification 2.6 (5.2 and 5.3), for tests.
 *
 * Shares nothing with the readers: offsets, checksum and encoding are written here a second time on purpose.
 */
#ifndef TESTS_DISK_BYTES_H
#define TESTS_DISK_BYTES_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct disk {
	uint8_t *bytes;
	size_t size;
	uint32_t sector;
	uint64_t last; /* LBA */
	uint32_t count, entry_size;
};

static inline void put(uint8_t *at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static inline uint64_t get(const uint8_t *at, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)at[i] << 8 * i;
	return value;
}

/* CRC-32 bit by bit, from its polynomial. */
static inline uint32_t slow_crc(const uint8_t *p, size_t size)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < size; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	return ~crc;
}

static inline uint8_t *at_lba(const struct disk *d, uint64_t lba)
{
	return d->bytes + lba * d->sector;
}

static inline uint8_t *primary_header(const struct disk *d)
{
	return at_lba(d, 1);
}

static inline uint8_t *backup_header(const struct disk *d)
{
	return at_lba(d, d->last);
}

/* An entry of the copy whose header is given. */
static inline uint8_t *entry_of(const struct disk *d, const uint8_t *header, unsigned index)
{
	return at_lba(d, get(header + 72, 8)) + (size_t)index * get(header + 84, 4);
}

static inline void seal_header(uint8_t *header)
{
	put(header + 16, 0, 4);
	put(header + 16, slow_crc(header, get(header + 12, 4)), 4);
}

/* Sets the entries' checksum, then the header's. */
static inline void seal_copy(const struct disk *d, uint8_t *header)
{
	put(header + 88, slow_crc(entry_of(d, header, 0), get(header + 80, 4) * get(header + 84, 4)), 4);
	seal_header(header);
}

static inline void seal(const struct disk *d)
{
	seal_copy(d, primary_header(d));
	seal_copy(d, backup_header(d));
}

static inline void put_record(uint8_t *sector, unsigned index, uint8_t status, uint8_t type, uint32_t start, uint32_t sectors)
{
	uint8_t *r = sector + 446 + 16 * index;

	memset(r, 0, 16);
	r[0] = status;
	r[4] = type;
	put(r + 8, start, 4);
	put(r + 12, sectors, 4);
	sector[510] = 0x55;
	sector[511] = 0xaa;
}

static inline void put_header(const struct disk *d, uint64_t my, uint64_t other, uint64_t entries)
{
	uint8_t *h = at_lba(d, my);
	uint64_t array = ((uint64_t)d->count * d->entry_size + d->sector - 1) / d->sector;

	memset(h, 0, d->sector);
	memcpy(h, "EFI PART", 8);
	put(h + 8, 0x00010000, 4);
	put(h + 12, 92, 4);
	put(h + 24, my, 8);
	put(h + 32, other, 8);
	put(h + 40, 2 + array, 8);
	put(h + 48, d->last - 1 - array, 8);
	memset(h + 56, 0xd1, 16);
	put(h + 72, entries, 8);
	put(h + 80, d->count, 4);
	put(h + 84, d->entry_size, 4);
}

static inline void put_entry(const struct disk *d, unsigned index, uint8_t guid, uint64_t first, uint64_t last, const char *name)
{
	uint8_t *headers[2] = { primary_header(d), backup_header(d) };

	for (int i = 0; i < 2; i++) {
		uint8_t *e = entry_of(d, headers[i], index);

		memset(e, 0, d->entry_size);
		memcpy(e, "\x28\x73\x2a\xc1\x1f\xf8\xd2\x11\xba\x4b\x00\xa0\xc9\x3e\xc9\x3b", 16);
		memset(e + 16, guid, 16);
		put(e + 32, first, 8);
		put(e + 40, last, 8);
		for (unsigned k = 0; name[k]; k++)
			put(e + 56 + 2 * k, (uint8_t)name[k], 2);
	}
}

/* A sound disk of `sectors` sectors with two partitions; free its bytes.  count and entry_size as a rule are 128 and 128. */
static inline struct disk make_disk(uint32_t sector, uint64_t sectors, uint32_t count, uint32_t entry_size)
{
	struct disk d = { .sector = sector, .size = sectors * sector, .last = sectors - 1 };
	uint64_t array = ((uint64_t)count * entry_size + sector - 1) / sector;

	d.count = count;
	d.entry_size = entry_size;
	d.bytes = calloc(1, d.size);
	put_record(d.bytes, 0, 0, 0xee, 1, (uint32_t)d.last);
	put_header(&d, 1, d.last, 2);
	put_header(&d, d.last, 1, d.last - array);
	put_entry(&d, 0, 0xa1, 64, 127, "one");
	put_entry(&d, 1, 0xa2, 128, 199, "two");
	seal(&d);
	return d;
}

#endif
