/* SPDX-License-Identifier: MIT */
/* fat-names: names that lead to two files of one directory.  Each file has one or two, and drivers take the first entry in the
 * order on disk of which either is meant (EDK2's FatSearchODir, Linux's fat_search_long). */
#include <string.h>

#include "base/hash.h"
#include "base/limits.h"
#include "base/utf16.h"
#include "fs/fat-internal.h"

/* Names that were seen, by their hash: index of the node + 1, 0 for none; the second half is for aliases. */
struct seen {
	struct fat_state *state;
	uint32_t *names;
	uint32_t mask; /* one less than there is room for: at least twice the names */
};

static const char *name_of(const struct fat_state *state, uint32_t slot)
{
	const struct fat_node *node = fat_node(state, slot >> 1);

	return slot & 1 ? node->alias : node->name;
}

/* Characters of an unknown code page are all shown as one: such names may differ. */
static bool is_known(const char *name)
{
	return name && *name && !strstr(name, "\xef\xbf\xbd");
}

/* The file that had the name before; FAT_NO_NODE: none has, and now this one does. */
static uint32_t add(struct seen *seen, uint32_t index, bool alias)
{
	const char *name = name_of(seen->state, index << 1 | alias);
	char upper[4 * FAT_NAME_UNITS];
	size_t length = strlen(name);

	if (length > sizeof(upper))
		return FAT_NO_NODE;
	for (size_t i = 0; i < length; i++)
		upper[i] = (char)(name[i] >= 'a' && name[i] <= 'z' ? name[i] - 32 : name[i]);
	for (uint32_t at = (uint32_t)hash_bytes(upper, length) & seen->mask;; at = (at + 1) & seen->mask) {
		uint32_t *slot = &seen->names[at];

		if (!*slot) {
			*slot = (index << 1 | alias) + 1;
			return FAT_NO_NODE;
		}
		if (!ascii_casecmp(name_of(seen->state, *slot - 1), name))
			return (*slot - 1) >> 1;
	}
}

static void clash(struct fat_state *state, uint32_t index, uint32_t first, bool alias)
{
	struct fat_clash *clash = &state->fat->clash;
	const struct fat_node *node = fat_node(state, index);

	clash->count++;
	/* what cannot be opened by its own name is said before the others */
	if (clash->path && (alias || clash->hidden))
		return;
	clash->first = fat_path(state->fat, state->arena, first);
	clash->path = fat_path(state->fat, state->arena, index);
	clash->name = alias ? node->alias : node->name;
	clash->hidden = !alias;
	clash->offset = node->entry_offset;
}

static void check_directory(struct fat_state *state, struct arena *scratch, const struct fat_node *directory)
{
	struct seen seen = { .state = state };
	uint32_t count = 0, room = 4;

	for (uint32_t i = directory->first_child; i != FAT_NO_NODE; i = fat_node(state, i)->next)
		count++;
	if (count < 2)
		return;
	while (room / 4 < count)
		room *= 2;
	seen.names = ARENA_ARRAY(scratch, room, uint32_t);
	seen.mask = room - 1;
	for (uint32_t i = directory->first_child; i != FAT_NO_NODE; i = fat_node(state, i)->next) {
		const struct fat_node *node = fat_node(state, i);
		uint32_t first = is_known(node->name) ? add(&seen, i, false) : FAT_NO_NODE;
		bool alias = first == FAT_NO_NODE;

		if (alias && is_known(node->alias) && ascii_casecmp(node->alias, node->name) != 0)
			first = add(&seen, i, true);
		if (first != FAT_NO_NODE)
			clash(state, i, first, alias);
	}
}

void fat_check_names(struct fat_state *state)
{
	ARENA_AUTO scratch = arena_new(limits_arena_bytes());

	for (uint32_t i = 0; i < state->node_count; i++) {
		struct arena_mark mark = arena_mark(scratch);

		if (fat_node(state, i)->directory)
			check_directory(state, scratch, fat_node(state, i));
		arena_release(scratch, mark);
	}
}
