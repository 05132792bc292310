/* SPDX-License-Identifier: MIT */
/* write: escaping, and lines of a bounded length. */
#include "guest/write.h"

#include <string.h>

#include "guest/record.h"

#define BYTES_A_LINE 64
#define TEXT_A_LINE 240

struct facts facts_make(void (*line)(void *context, const char *text, size_t size), void *context)
{
	return (struct facts){ .line = line, .context = context, .buffer = buffer_make(GUEST_LINE) };
}

void facts_free(struct facts *facts)
{
	buffer_free(&facts->buffer);
}

static void flush(struct facts *facts)
{
	/* a fact that is too long is left out whole: half of one would be another */
	if (!facts->buffer.overflowed)
		facts->line(facts->context, facts->buffer.data, facts->buffer.size);
	buffer_clear(&facts->buffer);
	facts->buffer.overflowed = false;
}

static void escaped(struct buffer *b, const char *text, size_t size, bool spaces)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c > ' ' && c < 0x7f && c != '%') || (c == ' ' && spaces))
			buffer_char(b, (char)c);
		else
			buffer_printf(b, "%%%02x", c);
	}
}

void fact_begin(struct facts *facts, const char *kind)
{
	buffer_clear(&facts->buffer);
	buffer_string(&facts->buffer, kind);
}

void fact_string(struct facts *facts, const char *key, const char *value)
{
	buffer_printf(&facts->buffer, " %s=", key);
	escaped(&facts->buffer, value, strlen(value), false);
}

void fact_decimal(struct facts *facts, const char *key, int64_t value)
{
	buffer_printf(&facts->buffer, " %s=%lld", key, (long long)value);
}

void fact_hex(struct facts *facts, const char *key, uint64_t value)
{
	buffer_printf(&facts->buffer, " %s=0x%llx", key, (unsigned long long)value);
}

void fact_errno(struct facts *facts, const char *key, int code)
{
	const char *name;

	code = code < 0 ? -code : code;
	name = code ? strerrorname_np(code) : "ok";
	fact_string(facts, key, name ? name : "unknown");
}

void fact_end(struct facts *facts)
{
	flush(facts);
}

void fact_data(struct facts *facts, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < size; i += BYTES_A_LINE) {
		buffer_char(&facts->buffer, '+');
		for (size_t k = i; k < size && k < i + BYTES_A_LINE; k++)
			buffer_printf(&facts->buffer, "%02x", bytes[k]);
		flush(facts);
	}
}

void fact_lines(struct facts *facts, const char *text, size_t size)
{
	while (size) {
		const char *end = memchr(text, '\n', size);
		size_t length = end ? (size_t)(end - text) : size;
		bool whole = end && length <= TEXT_A_LINE;

		if (length > TEXT_A_LINE)
			length = TEXT_A_LINE;
		buffer_char(&facts->buffer, whole ? '|' : '&');
		escaped(&facts->buffer, text, length, true);
		flush(facts);
		text += length + whole;
		size -= length + whole;
	}
}

bool fact_is_text(const void *data, size_t size)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < size; i++) {
		if ((bytes[i] < ' ' && bytes[i] != '\n' && bytes[i] != '\t') || bytes[i] >= 0x7f)
			return false;
	}
	return size > 0;
}
