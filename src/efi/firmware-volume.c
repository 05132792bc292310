/* SPDX-License-Identifier: MIT */
/* firmware-volume: checks a header so thoroughly that the four letters alone never count. */
#include "efi/firmware-volume.h"

#include <string.h>

#include "base/cursor.h"

/* EFI_SYSTEM_NV_DATA_FV_GUID of edk2, MdeModulePkg/Include/Guid/SystemNvDataGuid.h */
static const struct guid nv_data = { { 0x8d, 0x2b, 0xf1, 0xff, 0x96, 0x76, 0x8b, 0x4c, 0xa9, 0x85, 0x27, 0x47, 0x07,
				       0x5b, 0x4f, 0x50 } };

bool firmware_volume_parse(const uint8_t *data, size_t size, struct firmware_volume *ret)
{
	struct cursor c = cursor_make(data, size);
	uint16_t header_length, sum = 0;
	uint64_t mapped = 0;
	uint8_t revision;

	cursor_seek(&c, 40);
	if (!cursor_ok(&c) || size - 40 < 4 || memcmp(data + 40, "_FVH", 4))
		return false;
	cursor_seek(&c, 16);
	ret->file_system = guid_read(&c);
	ret->length = cursor_le64(&c);
	cursor_skip(&c, 4 + 4);
	header_length = cursor_le16(&c);
	cursor_skip(&c, 2 + 2 + 1);
	revision = cursor_u8(&c);
	if (!cursor_ok(&c) || revision < 1 || revision > 2 || header_length < 72 || header_length % 2 ||
	    header_length > FIRMWARE_VOLUME_HEADER_MAX || header_length > size || ret->length < header_length)
		return false;
	while (c.position + 8 <= header_length) {
		uint32_t blocks = cursor_le32(&c), bytes = cursor_le32(&c);

		if (!blocks && !bytes)
			break;
		if (__builtin_add_overflow(mapped, (uint64_t)blocks * bytes, &mapped))
			return false;
	}
	if (mapped != ret->length)
		return false;
	c = cursor_make(data, header_length);
	while (cursor_left(&c))
		sum = (uint16_t)(sum + cursor_le16(&c));
	ret->variables = guid_equal(&ret->file_system, &nv_data);
	return sum == 0;
}
