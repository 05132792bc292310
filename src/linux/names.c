/* SPDX-License-Identifier: MIT */
/* names: open addressing.  Names come from images, so the hash has a key that they cannot know. */
#include "linux/names.h"

#include <string.h>

#include "base/hash.h"

struct names names_make(struct arena *arena)
{
	return (struct names){ .arena = arena };
}

static uint32_t hash_of(const char *text, size_t length)
{
	return (uint32_t)hash_bytes(text, length);
}

/* The slot of the name, or the empty one where it belongs. */
static uint32_t slot_of(const struct names *names, const char *text, size_t length, uint32_t hash)
{
	uint32_t slot = hash & (names->slot_count - 1);

	for (; names->slots[slot]; slot = (slot + 1) & (names->slot_count - 1)) {
		const struct name *name = &names->list[names->slots[slot] - 1];

		if (name->hash == hash && name->length == length && !memcmp(name->text, text, length))
			break;
	}
	return slot;
}

uint32_t names_find(const struct names *names, const char *text, size_t length)
{
	uint32_t slot;

	if (!names->slot_count)
		return NAMES_NONE;
	slot = slot_of(names, text, length, hash_of(text, length));
	return names->slots[slot] ? names->slots[slot] - 1 : NAMES_NONE;
}

static void grow(struct names *names)
{
	struct name *list;

	names->capacity = names->capacity ? names->capacity * 2 : 64;
	list = ARENA_ARRAY(names->arena, names->capacity, struct name);
	if (names->count)
		memcpy(list, names->list, names->count * sizeof(*list));
	names->list = list;
	names->slot_count = names->capacity * 2;
	names->slots = ARENA_ARRAY(names->arena, names->slot_count, uint32_t);
	for (uint32_t i = 0; i < names->count; i++)
		names->slots[slot_of(names, list[i].text, list[i].length, list[i].hash)] = i + 1;
}

uint32_t names_add(struct names *names, const char *text, size_t length)
{
	uint32_t hash = hash_of(text, length), slot;

	if (names->count == names->capacity)
		grow(names);
	slot = slot_of(names, text, length, hash);
	if (!names->slots[slot]) {
		names->list[names->count++] = (struct name){ text, (uint32_t)length, hash };
		names->slots[slot] = names->count;
	}
	return names->slots[slot] - 1;
}
