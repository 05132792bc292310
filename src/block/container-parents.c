/* SPDX-License-Identifier: MIT */
/* container-parents: which parent disk the headers of VHD, VHDX, VDI, QED, qcow and DMG name. */
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

/* VHDX ([MS-VHDX]) */
#define VHDX_REGION_TABLE_1 (192 * KiB)
#define VHDX_REGION_TABLE_2 (256 * KiB)
#define VHDX_REGIONS_MAX 2047
#define VHDX_METADATA_MAX 2047
#define VHDX_LOCATOR_KEYS_MAX 16

/* Finds the entry of a table whose 32-byte rows begin with a GUID; `c` stands at the first row.  Leaves `c` behind the
 * GUID. */
static bool find_row(struct cursor *c, unsigned count, const struct guid *wanted)
{
	size_t start = c->position;

	for (unsigned i = 0; i < count; i++) {
		struct guid g;

		cursor_seek(c, start + 32 * (size_t)i);
		g = guid_read(c);
		if (cursor_ok(c) && guid_equal(&g, wanted))
			return true;
	}
	return false;
}

static int add_vhdx_locator(struct arena *arena, struct view *file, struct container *c, uint64_t offset,
			    uint32_t length, struct error *err)
{
	struct cursor item;
	unsigned count;
	int r;

	if (length > LIMIT_CONTAINER_DESCRIPTOR)
		length = LIMIT_CONTAINER_DESCRIPTOR;
	r = container_bytes(arena, file, offset, length, &item, err);
	if (r < 0)
		return r;
	cursor_seek(&item, 18);
	count = cursor_le16(&item);
	for (unsigned i = 0; i < count && i < VHDX_LOCATOR_KEYS_MAX; i++) {
		uint32_t key_at, value_at;
		uint16_t key_length, value_length;
		const uint8_t *key, *value;
		const char *name;

		cursor_seek(&item, 20 + 12 * (size_t)i);
		key_at = cursor_le32(&item);
		value_at = cursor_le32(&item);
		key_length = cursor_le16(&item);
		value_length = cursor_le16(&item);
		cursor_seek(&item, key_at);
		key = cursor_bytes(&item, key_length);
		cursor_seek(&item, value_at);
		value = cursor_bytes(&item, value_length);
		if (!cursor_ok(&item))
			break;
		name = utf16le_to_utf8(arena, key, key_length / 2);
		if (strstr(name, "path"))
			container_external(c, CONTAINER_PARENT, utf16le_to_utf8(arena, value, value_length / 2),
					   offset + value_at, value_length);
	}
	return 0;
}

/* One of the two region tables; *done when it led to the file parameters. */
static int examine_vhdx(struct arena *arena, struct view *file, struct container *c, uint64_t table, bool *done,
			struct error *err)
{
	static const struct guid metadata_region = GUID(0x8b7ca206, 0x4790, 0x4b9a, 0xb8fe, 0x575f050f886e);
	static const struct guid file_parameters = GUID(0xcaa16737, 0xfa36, 0x4d43, 0xb3b6, 0x33f0aa44e76b);
	static const struct guid parent_locator = GUID(0xa8d35f2d, 0xb30b, 0x454d, 0xabf7, 0xd3d84834ab0c);
	struct cursor regions, metadata, rows, parameters;
	uint64_t offset;
	uint32_t item, length;
	unsigned count;
	int r = container_bytes(arena, file, table, 64 * KiB, &regions, err);

	if (r < 0)
		return r;
	if (cursor_le32(&regions) != 0x69676572) /* regi */
		return 0;
	cursor_skip(&regions, 4);
	count = cursor_le32(&regions);
	cursor_skip(&regions, 4);
	if (count > VHDX_REGIONS_MAX || !find_row(&regions, count, &metadata_region))
		return 0;
	offset = cursor_le64(&regions);
	r = container_bytes(arena, file, offset, 64 * KiB, &metadata, err);
	if (r < 0)
		return r;
	cursor_skip(&metadata, 10);
	count = cursor_le16(&metadata);
	cursor_seek(&metadata, 32);
	rows = metadata;
	if (memcmp(metadata.data, "metadata", 8) || count > VHDX_METADATA_MAX ||
	    !find_row(&rows, count, &file_parameters))
		return 0;
	item = cursor_le32(&rows);
	r = container_bytes(arena, file, offset + item, 8, &parameters, err);
	if (r < 0)
		return r;
	*done = true;
	cursor_skip(&parameters, 4);
	rows = metadata;
	if (!(cursor_le32(&parameters) & 2)) /* HasParent */
		return 0;
	if (find_row(&rows, count, &parent_locator)) {
		item = cursor_le32(&rows);
		length = cursor_le32(&rows);
		r = add_vhdx_locator(arena, file, c, offset + item, length, err);
		if (r < 0)
			return r;
	}
	if (!c->external_count)
		container_external(c, CONTAINER_PARENT, "a parent without a name", offset, 8);
	return 0;
}

int container_vhdx(struct arena *arena, struct view *file, struct container *c, struct error *err)
{
	bool done = false;
	int r = examine_vhdx(arena, file, c, VHDX_REGION_TABLE_1, &done, err);

	if (r == 0 && !done)
		r = examine_vhdx(arena, file, c, VHDX_REGION_TABLE_2, &done, err);
	return r;
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
