/* SPDX-License-Identifier: MIT */
/* ascii: kinds of characters, the same in every locale. */
#ifndef BOOT_ASCII_H
#define BOOT_ASCII_H

#include <stdbool.h>

static inline bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static inline bool is_letter(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool is_blank(int c)
{
	return c == ' ' || c == '\t';
}

static inline bool is_space(int c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

#endif
