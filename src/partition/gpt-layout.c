/* SPDX-License-Identifier: MIT */
/* gpt-layout: what can be said only of several partitions, or of both copies, together. */
#include "partition/gpt-internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

struct key {
	uint64_t first, last;
	const struct guid *guid;
	size_t index; /* in partitions[], or GPT_PAIR_DISK */
};

static int by_start(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static int by_guid(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	int r = memcmp(x->guid->bytes, y->guid->bytes, sizeof(x->guid->bytes));

	if (r)
		return r;
	return x->index < y->index ? -1 : x->index > y->index;
}

static struct gpt_pair ordered(size_t a, size_t b)
{
	return a < b ? (struct gpt_pair){ a, b } : (struct gpt_pair){ b, a };
}

static void find_overlaps(struct arena *arena, struct gpt *gpt, struct key *keys)
{
	struct gpt_pair *pairs = ARENA_ARRAY(arena, LIMIT_GPT_PAIRS, struct gpt_pair);
	size_t count = 0, n = 0;

	for (size_t i = 0; i < gpt->partition_count; i++) {
		const struct gpt_partition *p = &gpt->partitions[i];

		if (!(p->faults & GPT_PARTITION_REVERSED))
			keys[count++] = (struct key){ .first = p->first_lba, .last = p->last_lba, .index = i };
	}
	qsort(keys, count, sizeof(*keys), by_start);
	for (size_t i = 0; i < count && !gpt->overlaps_cut; i++) {
		for (size_t j = i + 1; j < count && keys[j].first <= keys[i].last; j++) {
			if (n == LIMIT_GPT_PAIRS) {
				gpt->overlaps_cut = true;
				break;
			}
			pairs[n++] = ordered(keys[i].index, keys[j].index);
		}
	}
	gpt->overlaps = pairs;
	gpt->overlap_count = n;
}

/* Each further bearer of a GUID is paired with its first. */
static void find_duplicates(struct arena *arena, struct gpt *gpt, struct key *keys)
{
	struct gpt_pair *pairs = ARENA_ARRAY(arena, gpt->partition_count + 1, struct gpt_pair);
	size_t count = 0, first = 0, n = 0;

	for (size_t i = 0; i < gpt->partition_count; i++)
		if (!(gpt->partitions[i].faults & GPT_PARTITION_NO_GUID))
			keys[count++] = (struct key){ .guid = &gpt->partitions[i].unique, .index = i };
	if (!(gpt->used->faults & GPT_FAULT_DISK_GUID))
		keys[count++] = (struct key){ .guid = &gpt->used->disk_guid, .index = GPT_PAIR_DISK };
	qsort(keys, count, sizeof(*keys), by_guid);
	for (size_t i = 1; i < count; i++) {
		if (guid_equal(keys[first].guid, keys[i].guid))
			pairs[n++] = ordered(keys[first].index, keys[i].index);
		else
			first = i;
	}
	gpt->duplicates = pairs;
	gpt->duplicate_count = n;
}

void gpt_compare_partitions(struct arena *arena, struct gpt *gpt)
{
	struct key *keys;

	if (!gpt->used)
		return;
	keys = ARENA_ARRAY(arena, gpt->partition_count + 1, struct key);
	find_overlaps(arena, gpt, keys);
	find_duplicates(arena, gpt, keys);
}

static bool checksums_right(const struct gpt_copy *copy)
{
	return copy->found && copy->entries_read && !(copy->faults & (GPT_FAULTS_DAMAGE | GPT_FAULT_ENTRIES_CRC));
}

static bool differs(const uint8_t *a, const uint8_t *b, size_t from, size_t to)
{
	return memcmp(a + from, b + from, to - from) != 0;
}

static bool entry_in_use(const uint8_t *entry)
{
	struct cursor c = cursor_make(entry, GPT_ENTRY_UNIQUE);
	struct guid type = guid_read(&c);

	return !guid_is_zero(&type);
}

static struct gpt_entry_difference entry_difference(const struct gpt *gpt, size_t index, const uint8_t *a, const uint8_t *b,
						    size_t size)
{
	size_t at = 0;

	while (a[at] == b[at])
		at++;
	return (struct gpt_entry_difference){
		.number = (uint32_t)index + 1,
		.primary_offset = gpt->primary.entries_offset + index * size + at,
		.backup_offset = gpt->backup.entries_offset + index * size + at,
		.type = differs(a, b, GPT_ENTRY_TYPE, GPT_ENTRY_UNIQUE),
		.unique = differs(a, b, GPT_ENTRY_UNIQUE, GPT_ENTRY_FIRST_LBA),
		.range = differs(a, b, GPT_ENTRY_FIRST_LBA, GPT_ENTRY_ATTRIBUTES),
		.attributes = differs(a, b, GPT_ENTRY_ATTRIBUTES, GPT_ENTRY_NAME),
		.name = differs(a, b, GPT_ENTRY_NAME, GPT_ENTRY_END),
		.reserved = differs(a, b, GPT_ENTRY_END, size),
		.only_primary = entry_in_use(a) && !entry_in_use(b),
		.only_backup = !entry_in_use(a) && entry_in_use(b),
	};
}

static void compare_entries(struct arena *arena, struct gpt *gpt)
{
	size_t size = gpt->primary.entry_size, count = gpt->primary.entry_count, n = 0;
	struct gpt_entry_difference *list;

	if (gpt->primary.entries_length == gpt->backup.entries_length &&
	    memcmp(gpt->primary.entries, gpt->backup.entries, gpt->primary.entries_length) == 0)
		return;
	if (count > gpt->backup.entry_count)
		count = gpt->backup.entry_count;
	list = ARENA_ARRAY(arena, LIMIT_GPT_PAIRS, struct gpt_entry_difference);
	for (size_t i = 0; i < count; i++) {
		const uint8_t *a = gpt->primary.entries + i * size, *b = gpt->backup.entries + i * size;

		if (memcmp(a, b, size) == 0)
			continue;
		if (n == LIMIT_GPT_PAIRS) {
			gpt->entry_differences_cut = true;
			break;
		}
		list[n++] = entry_difference(gpt, i, a, b, size);
	}
	gpt->entry_differences = list;
	gpt->entry_difference_count = n;
	if (n)
		gpt->differences |= GPT_DIFFERS_ENTRIES;
}

void gpt_compare_copies(struct arena *arena, struct gpt *gpt)
{
	const struct gpt_copy *a = &gpt->primary, *b = &gpt->backup;

	if (!checksums_right(a) || !checksums_right(b))
		return;
	if (a->revision != b->revision)
		gpt->differences |= GPT_DIFFERS_REVISION;
	if (!guid_equal(&a->disk_guid, &b->disk_guid))
		gpt->differences |= GPT_DIFFERS_DISK_GUID;
	if (a->first_usable_lba != b->first_usable_lba || a->last_usable_lba != b->last_usable_lba)
		gpt->differences |= GPT_DIFFERS_USABLE;
	if (a->entry_count != b->entry_count)
		gpt->differences |= GPT_DIFFERS_ENTRY_COUNT;
	/* entries of different sizes cannot be laid side by side */
	if (a->entry_size != b->entry_size)
		gpt->differences |= GPT_DIFFERS_ENTRY_SIZE;
	else
		compare_entries(arena, gpt);
}
