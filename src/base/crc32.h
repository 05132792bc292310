/* SPDX-License-Identifier: MIT */
/* crc32: the CRC-32 of IEEE 802.3, as UEFI's partition tables use it (UEFI 2.6, section 5.3.2). */
#ifndef BASE_CRC32_H
#define BASE_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* Goes on from `crc`, the result for the bytes before (0 at the start). */
uint32_t crc32_update(uint32_t crc, const void *data, size_t size);

#endif
