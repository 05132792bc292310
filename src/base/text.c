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

/* characters that change how the text around them is shown, or are not shown at all */
static bool deceptive(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200b && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
	       code == 0x061c || (code >= 0xfff9 && code <= 0xfffb) || (code >= 0xe0000 && code < 0xe1000);
}

void text_escape(struct buffer *out, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		const char *start = text;
		uint32_t code = utf8_next(&text, &left);

		if (code == UINT32_MAX || (code < 0x100 && deceptive(code)))
			buffer_printf(out, "\\x%02x", code == UINT32_MAX ? (unsigned char)*start : (unsigned)code);
		else if (deceptive(code))
			buffer_printf(out, "\\u{%04x}", (unsigned)code);
		else
			buffer_append(out, start, (size_t)(text - start));
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
		else if (code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x2028 && code <= 0x202e))
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
