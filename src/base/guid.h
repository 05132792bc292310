/* SPDX-License-Identifier: MIT */
/* guid: 128-bit identifiers in the mixed-endian order in which UEFI stores them (UEFI 2.6, appendix A). */
#ifndef BASE_GUID_H
#define BASE_GUID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"

struct guid {
	uint8_t bytes[16]; /* as on disk */
};

/* The GUID written a-b-c-de-f..., as specifications print it:
 * GUID(0xc12a7328, 0xf81f, 0x11d2, 0xba4b, 0x00a0c93ec93b) */
#define GUID(a, b, c, de, f)                                                                                           \
	((struct guid){ { (uint8_t)((a) & 0xff), (uint8_t)((a) >> 8 & 0xff), (uint8_t)((a) >> 16 & 0xff),                 \
			  (uint8_t)((a) >> 24 & 0xff), (uint8_t)((b) & 0xff), (uint8_t)((b) >> 8 & 0xff),              \
			  (uint8_t)((c) & 0xff), (uint8_t)((c) >> 8 & 0xff), (uint8_t)((de) >> 8 & 0xff),              \
			  (uint8_t)((de) & 0xff), (uint8_t)((f ## ULL) >> 40 & 0xff),                                  \
			  (uint8_t)((f ## ULL) >> 32 & 0xff), (uint8_t)((f ## ULL) >> 24 & 0xff),                      \
			  (uint8_t)((f ## ULL) >> 16 & 0xff), (uint8_t)((f ## ULL) >> 8 & 0xff),                       \
			  (uint8_t)((f ## ULL) & 0xff) } })

#define GUID_TEXT_SIZE 37

bool guid_equal(const struct guid *a, const struct guid *b);
bool guid_is_zero(const struct guid *g);

/* Reads 16 bytes; a zero GUID when fewer are left. */
struct guid guid_read(struct cursor *c);

/* Writes the 36 characters of the registry form, upper-case as UEFI's tables print them, and a NUL into text. Returns text. */
const char *guid_format(const struct guid *g, char text[GUID_TEXT_SIZE]);

#endif
