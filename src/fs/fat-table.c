/* SPDX-License-Identifier: MIT */
/* fat-table: the file allocation table: its copies compared, free clusters counted, single entries fetched.
 *
 * The comparison reads every copy once, in large pieces and leaving out holes; most pieces are equal, which memcmp says
 * quickly, and only the others are looked at entry by entry.
 */
#include <errno.h>
#include <string.h>

#include "fs/fat-internal.h"

/* a multiple of three, so that FAT12's pairs of entries never straddle, and of FAT_PAGE */
#define WINDOW (12U * FAT_PAGE)

static inline uint32_t bits_12(const uint8_t *data, uint32_t index)
{
	const uint8_t *p = data + index / 2 * 3;

	return index & 1 ? (uint32_t)(p[1] >> 4 | p[2] << 4) : (uint32_t)(p[0] | (p[1] & 0x0f) << 8);
}

static inline uint32_t raw_entry(enum fat_type type, const uint8_t *data, uint32_t index)
{
	const uint8_t *p = data + (size_t)index * (type == FAT_32 ? 4 : 2);

	if (type == FAT_12)
		return bits_12(data, index);
	if (type == FAT_16)
		return (uint32_t)(p[0] | p[1] << 8);
	/* the upper four bits are reserved (fatgen103, "FAT Data Structure") */
	return ((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24) & 0x0fffffff;
}

/* Bytes that `entries` entries take. */
static uint64_t entry_bytes(enum fat_type type, uint64_t entries)
{
	return type == FAT_12 ? (entries * 3 + 1) / 2 : entries * (type == FAT_16 ? 2 : 4);
}

static uint32_t entries_in(enum fat_type type, size_t bytes)
{
	return (uint32_t)(type == FAT_12 ? bytes * 2 / 3 : bytes / (type == FAT_16 ? 2 : 4));
}

uint32_t fat_table_entry_length(const struct fat_table *table)
{
	return table->type == FAT_32 ? 4 : 2;
}

uint64_t fat_table_entry_offset(const struct fat_table *table, uint32_t cluster)
{
	return table->offset + (table->type == FAT_12 ? (uint64_t)cluster + cluster / 2
						      : (uint64_t)cluster * fat_table_entry_length(table));
}

/* A loop for each type: this passes over every entry of the volume. */
static uint32_t count_free(enum fat_type type, const uint8_t *data, uint32_t from, uint32_t to)
{
	uint32_t count = 0;

	if (type == FAT_32)
		for (uint32_t i = from; i < to; i++)
			count += !raw_entry(FAT_32, data, i);
	else if (type == FAT_16)
		for (uint32_t i = from; i < to; i++)
			count += !raw_entry(FAT_16, data, i);
	else
		for (uint32_t i = from; i < to; i++)
			count += !raw_entry(FAT_12, data, i);
	return count;
}

/* What the two bits of entry 1 that say "dirty" and "hard errors" are. */
static uint32_t clean_bits(enum fat_type type)
{
	return type == FAT_32 ? 0x0c000000 : type == FAT_16 ? 0xc000 : 0;
}

static void compare_entries(struct fat *fat, struct fat_copy *copy, const uint8_t *first, const uint8_t *second,
			    uint32_t base, uint32_t count, uint64_t table_offset)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t a = raw_entry(fat->type, first, i), b = raw_entry(fat->type, second, i);

		if (base + i == 1) {
			a |= clean_bits(fat->type);
			b |= clean_bits(fat->type);
		}
		if (a == b)
			continue;
		if (!copy->differences++) {
			struct fat_table place = { .offset = table_offset, .type = fat->type };

			copy->first_cluster = base + i;
			copy->offset = fat_table_entry_offset(&place, base + i);
			copy->length = fat_table_entry_length(&place);
			copy->here = b;
			copy->there = a;
		}
	}
}

/* One window of a copy; *ret_zero tells that it is a hole, and then nothing was read. */
static int window_read(struct view *view, uint64_t offset, uint8_t *data, size_t size, bool *ret_zero,
		       struct error *err)
{
	*ret_zero = view_next_data(view, offset) >= offset + size;
	return *ret_zero ? 0 : view_read(view, offset, data, size, err);
}

static const uint8_t zeros[WINDOW];

/* Counts the free entries of one window, and keeps those of its pages that are in use: chains will be followed there.
 */
static void take_window(struct fat *fat, struct fat_table *table, const uint8_t *data, uint32_t at, uint32_t size,
			uint32_t count)
{
	uint32_t in_page = entries_in(table->type, FAT_PAGE), done = 0;

	if (!table->pages) {
		memcpy(table->data + at, data, size);
		fat->free_clusters += count_free(table->type, data, 0, count);
		return;
	}
	for (uint32_t page = 0; done < count; page++, done += in_page) {
		const uint8_t *from = data + (size_t)page * FAT_PAGE;
		uint32_t bytes = size - page * FAT_PAGE < FAT_PAGE ? size - page * FAT_PAGE : FAT_PAGE;
		uint32_t entries = count - done < in_page ? count - done : in_page;
		uint32_t number = at / FAT_PAGE + page, place = number % FAT_CACHE_PAGES;

		if (!memcmp(from, zeros, bytes)) {
			fat->free_clusters += entries;
			continue;
		}
		fat->free_clusters += count_free(table->type, from, 0, entries);
		if (!table->pages[place]) {
			memcpy(table->data + (size_t)place * FAT_PAGE, from, bytes);
			table->pages[place] = number + 1;
		}
	}
}

static int compare_copies(struct fat *fat, struct fat_table *table, uint8_t *first, uint8_t *second, struct error *err)
{
	unsigned int copies = fat->mirroring_off ? 1 : fat->boot.fat_count;

	if (copies > FAT_MAX_COPIES) {
		copies = FAT_MAX_COPIES;
		fat->limited = "more than four copies of the FAT";
	}
	for (unsigned int n = 1; n < copies; n++)
		fat->copies[n].number = n;
	for (uint32_t at = 0; at < table->bytes; at += WINDOW) {
		uint32_t size = table->bytes - at < WINDOW ? table->bytes - at : WINDOW;
		uint32_t base = entries_in(fat->type, at);
		uint32_t total = fat->usable_clusters + 2 - base;
		uint32_t count = entries_in(fat->type, size) < total ? entries_in(fat->type, size) : total;
		bool zero, other_zero;
		int r;

		r = window_read(table->view, table->offset + at, first, size, &zero, err);
		if (r < 0)
			return r;
		if (zero)
			fat->free_clusters += count;
		else
			take_window(fat, table, first, at, size, count);
		for (unsigned int n = 1; n < copies; n++) {
			uint64_t offset = table->offset + n * fat->fat_bytes;
			const uint8_t *a = zero ? zeros : first, *b;

			r = window_read(table->view, offset + at, second, size, &other_zero, err);
			if (r < 0)
				return r;
			b = other_zero ? zeros : second;
			if (a != b && memcmp(a, b, size))
				compare_entries(fat, &fat->copies[n], a, b, base, count, offset);
		}
	}
	return 0;
}

int fat_table_open(struct fat *fat, struct arena *arena, struct view *view, struct fat_table *ret, struct error *err)
{
	uint64_t needed = entry_bytes(fat->type, (uint64_t)fat->clusters + 2);
	struct arena_mark mark;
	uint8_t head[8], *first;
	unsigned int kept = 0;
	int r;

	if (needed > fat->fat_bytes) {
		fat->fat_too_small = true;
		needed = fat->fat_bytes;
	}
	if (needed > LIMIT_FAT_BYTES)
		return limit_error(err, "the file allocation table has %llu MiB, more than the %llu MiB that are read",
				 (unsigned long long)(needed / MiB), LIMIT_FAT_BYTES / MiB);
	/* what has no entry cannot be used; a FAT has at least one sector */
	fat->usable_clusters = fat->fat_too_small ? entries_in(fat->type, (size_t)needed) - 2 : fat->clusters;
	*ret = (struct fat_table){ .view = view,
				   .offset = fat->fat_offset,
				   .bytes = (uint32_t)needed,
				   .type = fat->type,
				   .clusters = fat->usable_clusters };
	if (fat->type == FAT_12) {
		/* entries straddle pages, but all of them take 6 KiB at most */
		ret->data = arena_alloc(arena, (size_t)needed);
	} else {
		ret->data = arena_calloc(arena, FAT_CACHE_PAGES, FAT_PAGE);
		ret->pages = ARENA_ARRAY(arena, FAT_CACHE_PAGES, uint32_t);
		/* now, since reading must not allocate: whoever reads may have marked the arena */
		if (needed > FAT_CACHE_PAGES * FAT_PAGE)
			ret->whole = arena_alloc(arena, (size_t)needed);
	}
	mark = arena_mark(arena);
	first = arena_alloc(arena, WINDOW);
	r = compare_copies(fat, ret, first, arena_alloc(arena, WINDOW), err);
	arena_release(arena, mark);
	if (r < 0)
		return r;

	r = view_read(view, fat->fat_offset, head, sizeof(head), err);
	if (r < 0)
		return r;
	/* entries 0 and 1 are no clusters; only in a FAT that is all zeros were they counted as free */
	fat->free_clusters -= !raw_entry(fat->type, head, 0) + !raw_entry(fat->type, head, 1);
	fat->entry_0 = raw_entry(fat->type, head, 0);
	fat->entry_1 = raw_entry(fat->type, head, 1);
	fat->media_differs = (fat->entry_0 & 0xff) != fat->boot.media;
	/* the other bits are those of an end mark; if they are not, the two say nothing */
	if (fat->type == FAT_32 && (fat->entry_1 & 0x03fffff8) == 0x03fffff8) {
		fat->dirty = !(fat->entry_1 & 0x08000000);
		fat->hard_errors = !(fat->entry_1 & 0x04000000);
	} else if (fat->type == FAT_16 && (fat->entry_1 & 0x3ff8) == 0x3ff8) {
		fat->dirty = !(fat->entry_1 & 0x8000);
		fat->hard_errors = !(fat->entry_1 & 0x4000);
	}
	/* Linux's driver keeps its bits in the boot sector */
	fat->dirty |= fat->boot.state & 1;
	fat->hard_errors |= fat->boot.state >> 1 & 1;

	for (unsigned int n = 1; n < FAT_MAX_COPIES; n++)
		if (fat->copies[n].differences)
			fat->copies[kept++] = fat->copies[n];
	fat->copies_differing = kept;
	return 0;
}

/* The whole table, LIMIT_FAT_BYTES at most. */
static int take_all(struct fat_table *table, struct error *err)
{
	for (uint32_t at = 0; at < table->bytes; at += WINDOW) {
		uint32_t size = table->bytes - at < WINDOW ? table->bytes - at : WINDOW;
		bool zero;
		int r = window_read(table->view, table->offset + at, table->whole + at, size, &zero, err);

		if (r < 0)
			return r;
	}
	table->data = table->whole;
	table->pages = NULL;
	return 0;
}

static int page_get(struct fat_table *table, uint32_t page, uint8_t **ret, struct error *err)
{
	uint32_t place = page % FAT_CACHE_PAGES;
	uint8_t *data = table->data + (size_t)place * FAT_PAGE;

	if (table->pages[place] != page + 1) {
		uint32_t at = page * FAT_PAGE;
		uint32_t size = table->bytes - at < FAT_PAGE ? table->bytes - at : FAT_PAGE;
		int r;

		table->pages[place] = 0;
		r = view_read(table->view, table->offset + at, data, size, err);
		if (r < 0)
			return r;
		table->pages[place] = page + 1;
		table->pages_read++;
	}
	*ret = data;
	return 0;
}

int fat_table_get(struct fat_table *table, uint32_t cluster, uint32_t *ret, struct error *err)
{
	uint32_t value, top;

	if (table->pages && table->whole && table->pages_read > FAT_PAGES_READ_MAX) {
		int r = take_all(table, err);

		if (r < 0)
			return r;
	}
	if (!table->pages) {
		value = raw_entry(table->type, table->data, cluster);
	} else {
		/* no entry of FAT16 or FAT32 straddles two pages */
		uint32_t at = cluster * fat_table_entry_length(table);
		uint8_t *page;
		int r = page_get(table, at / FAT_PAGE, &page, err);

		if (r < 0)
			return r;
		value = raw_entry(table->type, page, at % FAT_PAGE / fat_table_entry_length(table));
	}
	top = table->type == FAT_12 ? 0xff0 : table->type == FAT_16 ? 0xfff0 : 0x0ffffff0;
	if (value < 2)
		*ret = value ? FAT_RESERVED : FAT_FREE;
	else if (value - 2 < table->clusters || value < top)
		*ret = value;
	else
		*ret = value >= top + 8 ? FAT_END : value == top + 7 ? FAT_BAD : FAT_RESERVED;
	return 0;
}
