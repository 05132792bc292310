/* SPDX-License-Identifier: MIT */
/* record: writes facts as text into a fixed buffer; there is no library below us. */
#include "record.h"

void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);

/* The compiler may call these two, whatever it is told. */
void *memcpy(void *to, const void *from, size_t size)
{
	volatile uint8_t *t = to;
	const uint8_t *f = from;

	while (size--)
		*t++ = *f++;
	return to;
}

void *memset(void *to, int value, size_t size)
{
	volatile uint8_t *t = to;

	while (size--)
		*t++ = (uint8_t)value;
	return to;
}

void put_char(struct record *r, char c)
{
	if (r->size < r->capacity)
		r->text[r->size++] = c;
	else
		r->full = true;
}

void put(struct record *r, const char *text)
{
	while (*text)
		put_char(r, *text++);
}

static char digit(unsigned value)
{
	return (char)(value < 10 ? '0' + value : 'a' + value - 10);
}

void put_decimal(struct record *r, uint64_t value)
{
	char digits[20];
	int n = 0;

	do {
		digits[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	while (n)
		put_char(r, digits[--n]);
}

static void put_digits(struct record *r, uint64_t value, int count)
{
	while (count--)
		put_char(r, digit((unsigned)(value >> (count * 4)) & 15));
}

void put_hex(struct record *r, uint64_t value)
{
	int count = 1;

	while (count < 16 && value >> (count * 4))
		count++;
	put(r, "0x");
	put_digits(r, value, count);
}

void put_guid(struct record *r, const struct efi_guid *guid)
{
	put_digits(r, guid->a, 8);
	put_char(r, '-');
	put_digits(r, guid->b, 4);
	put_char(r, '-');
	put_digits(r, guid->c, 4);
	for (int i = 0; i < 8; i++) {
		if (i == 0 || i == 2)
			put_char(r, '-');
		put_digits(r, guid->d[i], 2);
	}
}

void put_byte(struct record *r, unsigned c)
{
	if (c > ' ' && c < 0x7f && c != '%') {
		put_char(r, (char)c);
	} else {
		put_char(r, '%');
		put_digits(r, c, 2);
	}
}

void put_escaped(struct record *r, const efi_char *text, size_t maximum)
{
	for (; maximum && *text; text++, maximum--) {
		unsigned c = *text;

		if (c < 0x80) {
			put_byte(r, c);
		} else if (c < 0x800) {
			put_byte(r, 0xc0 | c >> 6);
			put_byte(r, 0x80 | (c & 0x3f));
		} else {
			put_byte(r, 0xe0 | c >> 12);
			put_byte(r, 0x80 | (c >> 6 & 0x3f));
			put_byte(r, 0x80 | (c & 0x3f));
		}
	}
}

void put_key_hex(struct record *r, const char *key, uint64_t value)
{
	put_char(r, ' ');
	put(r, key);
	put_char(r, '=');
	put_hex(r, value);
}

void put_key(struct record *r, const char *key, uint64_t value)
{
	put_char(r, ' ');
	put(r, key);
	put_char(r, '=');
	put_decimal(r, value);
}

/* A blob's line holds so many bytes. */
#define BLOB_LINE 64

void put_blob(struct record *r, const char *what, const void *at, size_t size, size_t total)
{
	const uint8_t *bytes = at;

	if (size > (1 << 20) || r->capacity - r->size < 160 + size * 2 + (size / BLOB_LINE + 1) * 2) {
		r->full = true;
		return;
	}
	put(r, what);
	put_key_hex(r, "address", (uint64_t)(uintptr_t)at);
	put_key(r, "size", size);
	put_key_hex(r, "crc", record_crc32(at, size));
	if (total != size)
		put_key(r, "total", total);
	put_char(r, '\n');
	for (size_t i = 0; i < size; i++) {
		if (i % BLOB_LINE == 0)
			put_char(r, '+');
		put_digits(r, bytes[i], 2);
		if (i % BLOB_LINE == BLOB_LINE - 1 || i == size - 1)
			put_char(r, '\n');
	}
}

uint32_t record_crc32(const void *data, size_t size)
{
	const uint8_t *bytes = data;
	uint32_t crc = ~0u;

	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (int k = 0; k < 8; k++)
			crc = crc & 1 ? 0xedb88320u ^ crc >> 1 : crc >> 1;
	}
	return ~crc;
}

bool guid_same(const struct efi_guid *a, const struct efi_guid *b)
{
	const uint8_t *p = (const uint8_t *)a, *q = (const uint8_t *)b;

	for (size_t i = 0; i < sizeof(*a); i++) {
		if (p[i] != q[i])
			return false;
	}
	return true;
}
