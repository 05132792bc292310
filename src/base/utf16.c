/* SPDX-License-Identifier: MIT */
/* utf16: conversion and case-insensitive comparison. */
#include "base/utf16.h"

static size_t encode(uint32_t code, char *out)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

char *utf16le_to_utf8(struct arena *arena, const uint8_t *bytes, size_t units)
{
	/* three bytes a unit are enough: a pair of two units takes four */
	char *text = arena_calloc(arena, units + 1, 3);
	size_t length = 0;

	for (size_t i = 0; i < units; i++) {
		uint32_t code = (uint32_t)(bytes[2 * i] | bytes[2 * i + 1] << 8);

		if (!code)
			break;
		if (code >= 0xd800 && code < 0xe000) {
			uint32_t low = i + 1 < units ? (uint32_t)(bytes[2 * i + 2] | bytes[2 * i + 3] << 8) : 0;

			if (code < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
				code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
				i++;
			} else {
				code = 0xfffd;
			}
		}
		length += encode(code, text + length);
	}
	text[length] = '\0';
	return text;
}

static int lower(char c)
{
	unsigned char u = (unsigned char)c;

	return u >= 'A' && u <= 'Z' ? u + 32 : u;
}

int ascii_casecmp(const char *a, const char *b)
{
	for (;; a++, b++) {
		int difference = lower(*a) - lower(*b);

		if (difference || !*a)
			return difference;
	}
}

int ascii_ncasecmp(const char *a, const char *b, size_t length)
{
	for (; length; a++, b++, length--) {
		int difference = lower(*a) - lower(*b);

		if (difference || !*a)
			return difference;
	}
	return 0;
}
