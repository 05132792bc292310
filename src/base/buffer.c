/* SPDX-License-Identifier: MIT */
/* buffer: growth by doubling up to the maximum. */
#include "base/buffer.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"

static bool reserve(struct buffer *b, size_t more)
{
	size_t need, capacity;
	char *data;

	if (b->overflowed)
		return false;
	if (__builtin_add_overflow(b->size, more, &need) || need > b->maximum) {
		b->overflowed = true;
		return false;
	}
	if (need < b->capacity)
		return true;
	capacity = b->capacity ? b->capacity : 256;
	while (capacity <= need)
		capacity *= 2;
	data = realloc(b->data, capacity);
	/* half a text would pass for the whole */
	if (!data)
		arena_exhausted();
	b->data = data;
	b->capacity = capacity;
	return true;
}

struct buffer buffer_make_room(size_t maximum)
{
	struct buffer b = buffer_make(maximum);

	reserve(&b, maximum);
	return b;
}

void buffer_append(struct buffer *b, const void *data, size_t size)
{
	if (!reserve(b, size))
		return;
	if (size)
		memcpy(b->data + b->size, data, size);
	b->size += size;
	b->data[b->size] = '\0';
}

void buffer_string(struct buffer *b, const char *string)
{
	buffer_append(b, string, strlen(string));
}

void buffer_char(struct buffer *b, char c)
{
	buffer_append(b, &c, 1);
}

void buffer_vprintf(struct buffer *b, const char *format, va_list ap)
{
	va_list again;
	int length;

	va_copy(again, ap);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (length < 0 || !reserve(b, (size_t)length))
		return;
	vsnprintf(b->data + b->size, (size_t)length + 1, format, ap);
	b->size += (size_t)length;
}

void buffer_printf(struct buffer *b, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	buffer_vprintf(b, format, ap);
	va_end(ap);
}

void buffer_le32(struct buffer *b, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		buffer_char(b, (char)(value >> (8 * i) & 0xff));
}

void buffer_le64(struct buffer *b, uint64_t value)
{
	buffer_le32(b, (uint32_t)value);
	buffer_le32(b, (uint32_t)(value >> 32));
}

void buffer_counted(struct buffer *b, const char *string)
{
	size_t length = string ? strlen(string) : 0;

	/* NULL and "" differ, so that optional strings survive the journey */
	buffer_le32(b, string ? (uint32_t)length + 1 : 0);
	buffer_append(b, string, length);
}

void buffer_clear(struct buffer *b)
{
	b->size = 0;
	b->overflowed = false;
	if (b->data)
		b->data[0] = '\0';
}
