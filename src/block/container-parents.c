/* SPDX-License-Identifier: MIT */
/* container-parents: which parent disk the headers of VHD, VDI, QED, qcow and DMG name. */
#include "block/container-internal.h"

#include <inttypes.h>
#include <string.h>

#include "base/guid.h"
#include "base/limits.h"
#include "base/utf16.h"

#define NAME_MAX_BYTES 1024

/* VHD ("Virtual Hard Disk Image Format Specification", 2006) */
#define VHD_FOOTER 512
#define VHD_DYNAMIC_HEADER 1024
#define VHD_DIFFERENCING 4
#define VHD_LOCATORS 8
#define VHD_UTF16_RELATIVE 0x57327275 /* W2ru */
#define VHD_UTF16_ABSOLUTE 0x57326b75 /* W2ku */
#define VHD_MAC_URL 0x4d616358        /* MacX */

/* UTF-16BE, as VHD's parent name is. */
static const char *utf16be_name(struct arena *arena, const uint8_t *bytes, size_t units)
{
	uint8_t *swapped = arena_alloc(arena, 2 * units);

	for (size_t i = 0; i < units; i++) {
		swapped[2 * i] = bytes[2 * i + 1];
		swapped[2 * i + 1] = bytes[2 * i];
	}
	return utf16le_to_utf8(arena, swapped, units);
}

static int add_vhd_locators(struct arena *arena, struct view *file, struct container *c, struct cursor *header,
			    struct error *err)
{
	for (unsigned i = 0; i < VHD_LOCATORS; i++) {
		struct cursor name;
		uint32_t platform, length;
		uint64_t offset;
		int r;

		cursor_seek(header, 576 + 24 * i);
		platform = cursor_be32(header);
		cursor_skip(header, 4);
		length = cursor_be32(header);
		cursor_skip(header, 4);
		offset = cursor_be64(header);
		if (!length ||
		    (platform != VHD_UTF16_RELATIVE && platform != VHD_UTF16_ABSOLUTE && platform != VHD_MAC_URL))
			continue;
		if (length > NAME_MAX_BYTES)
			length = NAME_MAX_BYTES;
		r = container_bytes(arena, file, offset, length, &name, err);
		if (r < 0)
			return r;
		container_external(c, CONTAINER_PARENT,
				   platform == VHD_MAC_URL ? arena_strndup(arena, (const char *)name.data, length)
							   : utf16le_to_utf8(arena, name.data, length / 2),
				   offset, length);
	}
	return 0;
}

int container_vhd(struct arena *arena, struct view *file, struct container *c, struct error *err)
{
	struct cursor footer, header;
	uint64_t header_offset;
	const char *name;
	int r = container_bytes(arena, file, 0, VHD_FOOTER, &footer, err);

	if (r < 0)
		return r;
	cursor_seek(&footer, 16);
	header_offset = cursor_be64(&footer);
	cursor_seek(&footer, 60);
	if (cursor_be32(&footer) != VHD_DIFFERENCING)
		return 0;
	r = container_bytes(arena, file, header_offset, VHD_DYNAMIC_HEADER, &header, err);
	if (r < 0)
		return r;
	name = utf16be_name(arena, header.data + 64, 256);
	container_external(c, CONTAINER_PARENT, *name ? name : "a parent without a name", header_offset + 64, 512);
	return add_vhd_locators(arena, file, c, &header, err);
}

/* The disk is the file without its last 512 bytes. */
int container_vhd_fixed(struct arena *arena, struct view *file, struct container *c, struct error *err)
{
	uint64_t size;
	struct cursor footer;
	int r = container_bytes(arena, file, file->size - VHD_FOOTER, VHD_FOOTER, &footer, err);

	if (r < 0)
		return r;
	cursor_seek(&footer, 48); /* current size */
	size = cursor_be64(&footer);
	cursor_seek(&footer, 60);
	switch (cursor_be32(&footer)) {
	case 2:
		c->disk_size = file->size - VHD_FOOTER;
		if (size < c->disk_size)
			c->disk_size = size;
		c->missing_bytes = size - c->disk_size;
		break;
	case 3:
	case VHD_DIFFERENCING:
		container_close(c, "it is a dynamic VHD whose header at the start is damaged");
		break;
	default:
		/* eight bytes that happen to be there */
		c->format = CONTAINER_RAW;
		c->format_name = c->driver = "raw";
		break;
	}
	return 0;
}

/* VDI: VirtualBox's header, as QEMU's block/vdi.c has it */
int container_vdi(struct arena *arena, struct view *file, struct container *c, struct error *err)
{
	static const unsigned at[] = { 0x1a8, 0x1b8 }; /* UUIDs of the predecessor and of the parent */
	struct cursor header;
	char text[GUID_TEXT_SIZE];
	int r = container_bytes(arena, file, 0, 512, &header, err);

	if (r < 0)
		return r;
	for (unsigned i = 0; i < 2; i++) {
		struct guid uuid;

		cursor_seek(&header, at[i]);
		uuid = guid_read(&header);
		if (!guid_is_zero(&uuid))
			container_external(c, CONTAINER_PARENT,
					   arena_printf(arena, "the disk with UUID %s", guid_format(&uuid, text)),
					   at[i], 16);
	}
	cursor_seek(&header, 0x4c);
	if (cursor_le32(&header) == 4 && !c->external_count) /* differencing */
		container_external(c, CONTAINER_PARENT, "a parent without a name", 0x4c, 4);
	return 0;
}

static int add_plain_name(struct arena *arena, struct view *file, struct container *c, uint64_t offset, uint64_t length,
			  struct error *err)
{
	struct cursor name;
	int r;

	if (length > NAME_MAX_BYTES)
		length = NAME_MAX_BYTES;
	r = container_bytes(arena, file, offset, (size_t)length, &name, err);
	if (r < 0)
		return r;
	container_external(c, CONTAINER_PARENT, arena_strndup(arena, (const char *)name.data, (size_t)length), offset,
			   length);
	return 0;
}

/* QED (docs/interop/qed_spec of QEMU) */
int container_qed(struct arena *arena, struct view *file, struct container *c, struct error *err)
{
	struct cursor header;
	uint64_t features;
	uint32_t offset;
	int r = container_bytes(arena, file, 0, 64, &header, err);

	if (r < 0)
		return r;
	cursor_seek(&header, 16);
	features = cursor_le64(&header);
	cursor_seek(&header, 56);
	offset = cursor_le32(&header);
	return features & 1 ? add_plain_name(arena, file, c, offset, cursor_le32(&header), err) : 0;
}

/* qcow, version 1 (QEMU's block/qcow.c) */
int container_qcow(struct arena *arena, struct view *file, struct container *c, struct error *err)
{
	struct cursor header;
	uint64_t offset;
	uint32_t length;
	int r = container_bytes(arena, file, 0, 48, &header, err);

	if (r < 0)
		return r;
	cursor_seek(&header, 8);
	offset = cursor_be64(&header);
	length = cursor_be32(&header);
	cursor_seek(&header, 36);
	if (cursor_be32(&header))
		container_close(c, "it is encrypted (AES)");
	return offset ? add_plain_name(arena, file, c, offset, length, err) : 0;
}

/* A DMG in several segments says so in its last 512 bytes. */
int container_dmg(struct arena *arena, struct view *file, struct container *c, struct error *err)
{
	struct cursor trailer;
	uint32_t segments;
	int r = container_bytes(arena, file, file->size - 512, 512, &trailer, err);

	if (r < 0)
		return r;
	cursor_seek(&trailer, 60);
	segments = cursor_be32(&trailer);
	if (segments > 1)
		container_external(c, CONTAINER_EXTENT,
				   arena_printf(arena, "the other segments (%" PRIu32 " in all)", segments),
				   file->size - 512 + 60, 4);
	return 0;
}
