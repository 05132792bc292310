/* SPDX-License-Identifier: MIT */
/* container-vhdx: through a VHDX's regions and metadata ([MS-VHDX] 2.2 and 2.6) to the allocation table and the parent. */
#include "block/container-internal.h"

#include <string.h>

#include "base/guid.h"
#include "base/limits.h"
#include "base/utf16.h"

#define REGION_TABLE_1 (192 * KiB)
#define REGION_TABLE_2 (256 * KiB)
#define TABLE_BYTES (64 * KiB)
#define ROWS_MAX 2047
#define LOCATOR_KEYS_MAX 16

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

static int read_metadata(struct arena *arena, struct view *file, uint64_t region, struct container_vhdx *layout,
			 struct error *err)
{
	static const struct guid file_parameters = GUID(0xcaa16737, 0xfa36, 0x4d43, 0xb3b6, 0x33f0aa44e76b);
	static const struct guid parent_locator = GUID(0xa8d35f2d, 0xb30b, 0x454d, 0xabf7, 0xd3d84834ab0c);
	struct cursor metadata, rows, parameters;
	unsigned count;
	int r = container_bytes(arena, file, region, TABLE_BYTES, &metadata, err);

	if (r < 0)
		return r;
	cursor_skip(&metadata, 10);
	count = cursor_le16(&metadata);
	cursor_seek(&metadata, 32);
	rows = metadata;
	if (memcmp(metadata.data, "metadata", 8) || count > ROWS_MAX || !find_row(&rows, count, &file_parameters))
		return 0;
	layout->parameters_offset = region + cursor_le32(&rows);
	r = container_bytes(arena, file, layout->parameters_offset, 8, &parameters, err);
	if (r < 0)
		return r;
	layout->found = true;
	layout->block_size = cursor_le32(&parameters);
	layout->has_parent = cursor_le32(&parameters) & 2;
	rows = metadata;
	if (find_row(&rows, count, &parent_locator)) {
		layout->locator_offset = region + cursor_le32(&rows);
		layout->locator_length = cursor_le32(&rows);
	}
	return 0;
}

static int read_regions(struct arena *arena, struct view *file, uint64_t table, struct container_vhdx *layout,
			struct error *err)
{
	static const struct guid bat_region = GUID(0x2dc27766, 0xf623, 0x4200, 0x9d64, 0x115e9bfd4a08);
	static const struct guid metadata_region = GUID(0x8b7ca206, 0x4790, 0x4b9a, 0xb8fe, 0x575f050f886e);
	struct cursor regions, rows;
	unsigned count;
	int r = container_bytes(arena, file, table, TABLE_BYTES, &regions, err);

	if (r < 0 || cursor_le32(&regions) != 0x69676572) /* regi */
		return r;
	cursor_skip(&regions, 4);
	count = cursor_le32(&regions);
	cursor_skip(&regions, 4);
	if (count > ROWS_MAX)
		return 0;
	rows = regions;
	if (find_row(&rows, count, &bat_region)) {
		layout->bat_entry = table + rows.position;
		layout->bat_offset = cursor_le64(&rows);
		layout->bat_length = cursor_le32(&rows);
	}
	if (!find_row(&regions, count, &metadata_region))
		return 0;
	layout->metadata_entry = table + regions.position;
	layout->metadata_offset = cursor_le64(&regions);
	return read_metadata(arena, file, layout->metadata_offset, layout, err);
}

int container_vhdx_layout(struct arena *arena, struct view *file, struct container_vhdx *ret, struct error *err)
{
	int r;

	*ret = (struct container_vhdx){ 0 };
	r = read_regions(arena, file, REGION_TABLE_1, ret, err);
	if (r == 0 && !ret->found)
		r = read_regions(arena, file, REGION_TABLE_2, ret, err);
	return r;
}

static int add_locator(struct arena *arena, struct view *file, struct container *c, uint64_t offset, uint32_t length,
		       struct error *err)
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
	for (unsigned i = 0; i < count && i < LOCATOR_KEYS_MAX; i++) {
		uint32_t key_at, value_at;
		uint16_t key_length, value_length;
		const uint8_t *key, *value;

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
		if (strstr(utf16le_to_utf8(arena, key, key_length / 2), "path"))
			container_external(c, CONTAINER_PARENT, utf16le_to_utf8(arena, value, value_length / 2),
					   offset + value_at, value_length);
	}
	return 0;
}

int container_vhdx(struct arena *arena, struct view *file, struct container *c, struct error *err)
{
	struct container_vhdx layout;
	int r = container_vhdx_layout(arena, file, &layout, err);

	if (r == 0 && layout.has_parent && layout.locator_length)
		r = add_locator(arena, file, c, layout.locator_offset, layout.locator_length, err);
	if (r == 0 && layout.has_parent && !c->external_count)
		container_external(c, CONTAINER_PARENT, "a parent without a name", layout.parameters_offset, 8);
	return r;
}
