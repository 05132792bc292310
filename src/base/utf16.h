/* SPDX-License-Identifier: MIT */
/* utf16: UTF-16LE, as UEFI and FAT store names, to UTF-8. */
#ifndef BASE_UTF16_H
#define BASE_UTF16_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* The UTF-8 form of at most `units` little-endian 16-bit units at `bytes`, up to the first NUL unit; an unpaired surrogate
 * becomes U+FFFD.  The string lives in the arena. */
char *utf16le_to_utf8(struct arena *arena, const uint8_t *bytes, size_t units);

/* Compares two UTF-8 names as FAT does names: without regard to the case of ASCII letters.  Like strcasecmp, but the same in
 * every locale. */
int ascii_casecmp(const char *a, const char *b);
int ascii_ncasecmp(const char *a, const char *b, size_t length);

#endif
