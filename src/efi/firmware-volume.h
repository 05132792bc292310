/* SPDX-License-Identifier: MIT */
/* firmware-volume: recognises the header of a firmware volume (UEFI PI 1.7, volume 3, section 3.2.1) by content. */
#ifndef EFI_FIRMWARE_VOLUME_H
#define EFI_FIRMWARE_VOLUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/guid.h"

/* Bytes that are enough for any header that is taken: 56, and a block map of a few entries. */
#define FIRMWARE_VOLUME_HEADER_MAX 512U

struct firmware_volume {
	struct guid file_system;
	uint64_t length; /* bytes, header included */
	bool variables;  /* holds variables (NVRAM) rather than code */
};

/* Is there a firmware volume at the beginning of `size` bytes?  The signature, the revision, the checksum of the header
 * and the block map, whose sum is the length, must all agree. */
bool firmware_volume_parse(const uint8_t *data, size_t size, struct firmware_volume *ret);

#endif
