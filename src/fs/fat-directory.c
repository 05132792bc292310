/* SPDX-License-Identifier: MIT */
/* fat-directory: directory entries and the names in them (fatgen103, "FAT Directory Structure" and "FAT Long Directory
 * Entries").  Turns bytes into nodes; what a chain is like is not its business. */
#include <inttypes.h>
#include <string.h>

#include "base/utf16.h"
#include "fs/fat-internal.h"

#define ENTRY 32U
#define ATTRIBUTE_VOLUME 0x08
#define ATTRIBUTE_DIRECTORY 0x10
#define ATTRIBUTE_LONG 0x0f
#define ATTRIBUTE_MASK 0x3f
#define UNITS 13U    /* UTF-16 units in one long entry */
#define MAX_LONG 20U /* entries: 255 units */
#define LAST_LONG 0x40
#define CASE_BASE 0x08 /* Windows NT: the base name is in lower case, and the extension */
#define CASE_EXTENSION 0x10

static uint8_t short_checksum(const uint8_t name[11])
{
	uint8_t sum = 0;

	for (int i = 0; i < 11; i++)
		sum = (uint8_t)((sum >> 1 | sum << 7) + name[i]);
	return sum;
}

/* The short name as text, at most 8 + 1 + 3 characters; what is not ASCII becomes U+FFFD, because no code page is named
 * anywhere in the volume. */
static const char *short_name(struct arena *arena, const uint8_t raw[ENTRY])
{
	char text[12 * 3 + 1];
	size_t length = 0, kept = 0;

	for (int i = 0; i < 11; i++) {
		uint8_t c = i == 0 && raw[0] == 0x05 ? 0xe5 : raw[i];
		bool lower = raw[12] & (i < 8 ? CASE_BASE : CASE_EXTENSION);

		if (i == 8) {
			length = kept; /* trailing spaces of the base name */
			text[length++] = '.';
		}
		if (c >= 0x80) {
			memcpy(text + length, "\xef\xbf\xbd", 3);
			length += 3;
		} else {
			text[length++] = (char)(lower && c >= 'A' && c <= 'Z' ? c + 32 : c);
		}
		if (c != ' ')
			kept = length;
	}
	return arena_strndup(arena, text, kept);
}

static void long_reset(struct fat_long_name *name)
{
	name->total = name->expected = 0;
}

static void long_orphan(struct fat_scan *scan)
{
	if (scan->long_name.total)
		scan->state->fat->orphaned_long_names++;
	long_reset(&scan->long_name);
}

/* One entry of a long name.  They stand in descending order before the short entry, all with its checksum. */
static void long_entry(struct fat_scan *scan, const uint8_t raw[ENTRY])
{
	struct fat_long_name *name = &scan->long_name;
	unsigned int order = raw[0] & ~LAST_LONG;
	uint8_t *units;

	if (raw[0] & LAST_LONG) {
		long_orphan(scan);
		if (!order || order > MAX_LONG)
			return;
		name->total = name->expected = order;
		name->checksum = raw[13];
	}
	if (!name->total || order != name->expected || raw[13] != name->checksum) {
		scan->state->fat->orphaned_long_names++;
		long_reset(name);
		return;
	}
	units = name->units + (order - 1) * UNITS * 2;
	memcpy(units, raw + 1, 10);
	memcpy(units + 10, raw + 14, 12);
	memcpy(units + 22, raw + 28, 4);
	name->expected--;
}

static struct fat_node *add_node(struct fat_scan *scan, uint32_t *ret_index)
{
	struct fat_state *state = scan->state;
	struct fat_node *directory = fat_node(state, scan->directory), *node;
	uint32_t index = state->node_count;

	if (index >= limits.files) {
		directory->unlisted = state->fat->limited =
			arena_printf(state->arena, "it has more than %" PRIu64 " files" RAISES("max-files"), limits.files);
		scan->ended = true;
		return NULL;
	}
	if (!state->blocks[index / FAT_NODES_PER_BLOCK])
		state->blocks[index / FAT_NODES_PER_BLOCK] =
			ARENA_ARRAY(state->arena, FAT_NODES_PER_BLOCK, struct fat_node);
	state->node_count++;
	node = fat_node(state, index);
	*node = (struct fat_node){ .parent = scan->directory,
				   .first_child = FAT_NO_NODE,
				   .last_child = FAT_NO_NODE,
				   .next = FAT_NO_NODE,
				   .depth = (uint8_t)(directory->depth + 1) };
	if (directory->first_child == FAT_NO_NODE)
		directory->first_child = index;
	else
		fat_node(state, directory->last_child)->next = index;
	directory->last_child = index;
	*ret_index = index;
	return node;
}

static bool has_control_characters(const uint8_t name[11])
{
	for (int i = 0; i < 11; i++)
		if (name[i] < 0x20 && !(i == 0 && name[0] == 0x05))
			return true;
	return false;
}

static void short_entry(struct fat_scan *scan, const uint8_t raw[ENTRY], uint64_t offset)
{
	struct fat_long_name *name = &scan->long_name;
	struct fat_state *state = scan->state;
	struct cursor c = cursor_make(raw, ENTRY);
	bool has_long = name->total && !name->expected && name->checksum == short_checksum(raw);
	struct fat_problem *problem;
	struct fat_node *node;
	const char *alias;
	uint32_t index, high;

	if (has_control_characters(raw)) {
		/* once for a directory: one that was overwritten is full of them */
		problem = scan->bad_names++ ? NULL : fat_problem_add(state, FAT_DIRECTORY_NAME, scan->directory);
		if (problem) {
			problem->offset = offset;
			problem->length = 11;
		}
		long_reset(name);
		return;
	}
	node = add_node(scan, &index);
	if (!node)
		return;
	cursor_seek(&c, 20);
	high = cursor_le16(&c);
	cursor_seek(&c, 26);
	node->first_cluster = cursor_le16(&c);
	if (state->fat->type == FAT_32)
		node->first_cluster |= high << 16;
	node->size = cursor_le32(&c);
	node->attributes = raw[11];
	node->directory = raw[11] & ATTRIBUTE_DIRECTORY;
	node->entry_offset = offset;
	alias = short_name(state->arena, raw);
	if (has_long) {
		node->name = utf16le_to_utf8(state->arena, name->units, name->total * UNITS);
		node->alias = alias;
	} else {
		node->name = alias;
	}
	if (!*node->name)
		node->name = alias;
	if (name->total && !has_long)
		state->fat->orphaned_long_names++;
	long_reset(name);
	if (node->directory)
		state->fat->directories++;
	else
		state->fat->files++;
}

static void label_entry(struct fat_scan *scan, const uint8_t raw[ENTRY])
{
	char *label = scan->state->fat->label;
	size_t length = 11;

	/* only the root has one */
	if (scan->directory || *label)
		return;
	while (length && raw[length - 1] == ' ')
		length--;
	for (size_t i = 0; i < length; i++)
		label[i] = raw[i] >= 0x20 && raw[i] < 0x7f ? (char)raw[i] : '_';
}

void fat_directory_scan(struct fat_scan *scan, const uint8_t *data, size_t size, uint64_t offset)
{
	for (size_t at = 0; at + ENTRY <= size && !scan->ended; at += ENTRY) {
		const uint8_t *raw = data + at;
		uint8_t attributes = raw[11];

		if (!raw[0]) {
			long_orphan(scan);
			scan->ended = true;
		} else if (raw[0] == 0xe5) { /* deleted */
			long_orphan(scan);
		} else if ((attributes & ATTRIBUTE_MASK) == ATTRIBUTE_LONG) {
			long_entry(scan, raw);
		} else if (attributes & ATTRIBUTE_VOLUME) {
			long_orphan(scan);
			label_entry(scan, raw);
		} else if (!memcmp(raw, ".          ", 11) || !memcmp(raw, "..         ", 11)) {
			long_reset(&scan->long_name);
		} else {
			short_entry(scan, raw, offset + at);
		}
	}
}
