/* SPDX-License-Identifier: MIT */
/* text: escaping for terminals, JSON and shells, and wildcards. */
#include "base/text.h"

#include <stdbool.h>
#include <string.h>

uint32_t utf8_next(const char **p, size_t *left)
{
	const unsigned char *s = (const unsigned char *)*p;
	uint32_t code = s[0], least;
	size_t more;

	if (code < 0x80) {
		more = 0;
		least = 0;
	} else if (code >= 0xc2 && code < 0xe0) {
		code &= 0x1f;
		more = 1;
		least = 0x80;
	} else if (code >= 0xe0 && code < 0xf0) {
		code &= 0x0f;
		more = 2;
		least = 0x800;
	} else if (code >= 0xf0 && code < 0xf5) {
		code &= 0x07;
		more = 3;
		least = 0x10000;
	} else {
		goto invalid;
	}
	if (more >= *left)
		goto invalid;
	for (size_t i = 1; i <= more; i++) {
		if ((s[i] & 0xc0) != 0x80)
			goto invalid;
		code = code << 6 | (s[i] & 0x3f);
	}
	if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		goto invalid;
	*p += more + 1;
	*left -= more + 1;
	return code;
invalid:
	*p += 1;
	*left -= 1;
	return UINT32_MAX;
}

bool text_is_utf8(const char *text)
{
	size_t left = strlen(text);

	while (left)
		if (utf8_next(&text, &left) == UINT32_MAX)
			return false;
	return true;
}

/* Characters that change how the text around them is shown, or are not shown at all: controls, and of Unicode's format characters
 * and those that may be ignored (UAX #44, Default_Ignorable_Code_Point) all that a name might be disguised with; and those that
 * are no characters. */
static bool deceptive(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x00, 0x1f },     { 0x7f, 0x9f },     { 0xad, 0xad },     { 0x34f, 0x34f },     { 0x61c, 0x61c },
		{ 0x115f, 0x1160 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f }, { 0x200b, 0x200f },   { 0x2028, 0x202e },
		{ 0x2060, 0x206f }, { 0x3164, 0x3164 }, { 0xfdd0, 0xfdef }, { 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },
		{ 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb }, { 0xfffe, 0xffff }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
		{ 0xe0000, 0xe0fff },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}

static void escape_code(struct buffer *out, const char *start, const char *end, uint32_t code)
{
	if (code == UINT32_MAX || (code < 0x100 && deceptive(code)))
		buffer_printf(out, "\\x%02x", code == UINT32_MAX ? (unsigned char)*start : (unsigned)code);
	else if (deceptive(code))
		buffer_printf(out, "\\u{%04x}", (unsigned)code);
	else
		buffer_append(out, start, (size_t)(end - start));
}

void text_escape(struct buffer *out, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		const char *start = text;
		uint32_t code = utf8_next(&text, &left);

		escape_code(out, start, text, code);
	}
}

/* Would an editor take this colon for the end of a name?  One does before a blank, a number with another colon, or the end. */
static bool ends_name(const char *colon)
{
	const char *p = colon + 1 + strspn(colon + 1, "0123456789");

	return *p == '\0' || *p == ' ' || (*p == ':' && p > colon + 1);
}

void text_escape_name(struct buffer *out, const char *name)
{
	size_t left = strlen(name);

	while (left) {
		const char *start = name;
		uint32_t code = utf8_next(&name, &left);

		if (code == ':' && ends_name(start))
			buffer_string(out, "\\x3a");
		else
			escape_code(out, start, name, code);
	}
}

void text_json(struct buffer *out, const char *text)
{
	size_t left = strlen(text);

	buffer_char(out, '"');
	while (left) {
		const char *start = text;
		uint32_t code = utf8_next(&text, &left);

		if (code == UINT32_MAX)
			buffer_string(out, "\xef\xbf\xbd");
		else if (code == '"' || code == '\\')
			buffer_printf(out, "\\%c", (char)code);
		else if (code == '\n')
			buffer_string(out, "\\n");
		else if (code == '\t')
			buffer_string(out, "\\t");
		else if (deceptive(code) && code > 0xffff)
			buffer_printf(out, "\\u%04x\\u%04x", (unsigned)(0xd800 + ((code - 0x10000) >> 10)),
				      (unsigned)(0xdc00 + (code & 0x3ff)));
		else if (deceptive(code))
			buffer_printf(out, "\\u%04x", (unsigned)code);
		else
			buffer_append(out, start, (size_t)(text - start));
	}
	buffer_char(out, '"');
}

void text_shell(struct buffer *out, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%";

	if (*text && text[strspn(text, plain)] == '\0') {
		buffer_string(out, text);
		return;
	}
	buffer_char(out, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			buffer_string(out, "'\\''");
		else
			buffer_char(out, *text);
	}
	buffer_char(out, '\'');
}

int text_wildcard(const char *pattern, const char *text)
{
	const char *star = NULL, *resume = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = pattern++;
			resume = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++resume;
		} else {
			return 0;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}
