/* SPDX-License-Identifier: MIT */
/* firmware: where to look for firmware volumes, within bounds. */
#include "image/firmware.h"

#include <string.h>

#include "base/cursor.h"
#include "base/limits.h"
#include "fs/fat.h"
#include "fs/fs.h"

#define MAX_FINDS 16U
#define STEP 512U
#define CHUNK (64 * KiB)

/* Stored variables and firmware proper have rules of their own: neither takes the other's room. */
static void add(struct firmware_finds *finds, const char *path, uint64_t offset, const struct firmware_volume *volume)
{
	if ((volume->variables ? finds->variables : finds->count - finds->variables) == MAX_FINDS) {
		finds->limited = "more firmware volumes than are listed";
		return;
	}
	finds->list[finds->count++] = (struct firmware_find){ path, offset, *volume };
	finds->variables += volume->variables;
}

/* A capsule says how long its own header is; what it carries comes behind. */
static uint32_t capsule_header_size(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_make(data, size);
	uint32_t header, image;

	cursor_seek(&c, 16);
	header = cursor_le32(&c);
	cursor_skip(&c, 4);
	image = cursor_le32(&c);
	return cursor_ok(&c) && header >= 28 && header <= 4096 && image > header ? header : 0;
}

struct search {
	struct arena *arena;
	const struct esp *esp;
	struct firmware_finds *finds;
	unsigned files; /* whose beginning was read */
};

/* Does the file begin with a firmware volume, or a capsule with one in it? */
static int look_at_file(struct search *search, const struct fs_entry *entry, bool *ret_found, uint64_t *ret_offset,
			struct firmware_volume *ret, struct error *err)
{
	uint8_t data[FIRMWARE_VOLUME_HEADER_MAX];
	struct view *view;
	uint32_t skip = 0;
	int r;

	*ret_found = false;
	r = fs_file_view(search->esp->fs, search->arena, entry->handle, &view, err);
	if (r < 0)
		return r;
	if (view->size < FIRMWARE_FILE_LEAST)
		return 0;
	if (search->files == FIRMWARE_FILES) {
		search->finds->limited = "the EFI system partition has more large files than are looked at";
		return 0;
	}
	search->files++;
	for (int i = 0; i < 2; i++) {
		r = view_read(view, skip, data, sizeof(data), err);
		if (r < 0)
			return r;
		*ret_found = firmware_volume_parse(data, sizeof(data), ret);
		*ret_offset = skip;
		skip = capsule_header_size(data, sizeof(data));
		if (*ret_found || !skip)
			return 0;
	}
	return 0;
}

static int look_at_directory(struct search *search, uint64_t handle, unsigned depth, struct error *err)
{
	const struct esp *esp = search->esp;
	struct fs_entry *entries;
	size_t count;
	int r;

	r = esp->fs->ops->readdir(esp->fs, search->arena, handle, &entries, &count, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++) {
		struct arena_mark mark = arena_mark(search->arena);
		struct firmware_volume volume;
		bool found = false;
		uint64_t offset;

		if (entries[i].type == FS_FILE) {
			r = look_at_file(search, &entries[i], &found, &offset, &volume, err);
			arena_release(search->arena, mark);
			if (found)
				add(search->finds, fat_path(esp->fat, search->arena, entries[i].handle), offset, &volume);
		} else if (entries[i].type == FS_DIRECTORY && depth < limits.depth) {
			r = look_at_directory(search, entries[i].handle, depth + 1, err);
		}
		/* a file whose chain is broken is told of elsewhere; the others can be read all the same */
		if (r < 0 && !esp->fat->problem_count)
			return r;
	}
	return 0;
}

int firmware_in_esp(struct image *image, struct esp *esp, const struct firmware_finds **ret, struct error *err)
{
	if (!esp->firmware && !esp->firmware_error.code) {
		struct firmware_finds *finds = ARENA_NEW(image->arena, struct firmware_finds);
		struct search search = { .arena = image->arena, .esp = esp, .finds = finds };

		finds->list = ARENA_ARRAY(image->arena, 2 * MAX_FINDS, struct firmware_find);
		if (esp->have != HAVE || look_at_directory(&search, esp->fs->root, 0, &esp->firmware_error) == 0)
			esp->firmware = finds;
	}
	if (!esp->firmware) {
		*err = esp->firmware_error;
		return -esp->firmware_error.code;
	}
	*ret = esp->firmware;
	return 0;
}

/* Volumes in [start, end) of the disk.  Reads one header's length more than a chunk, for one that begins near its end.
 */
static int look_at_gap(const struct image *image, uint64_t start, uint64_t end, uint64_t *budget,
		       struct firmware_finds *finds, struct error *err)
{
	struct arena_mark mark = arena_mark(image->arena);
	uint8_t *data = arena_alloc(image->arena, CHUNK + FIRMWARE_VOLUME_HEADER_MAX);
	int r = 0;

	start = (start + STEP - 1) / STEP * STEP;
	while (!finds->limited) {
		struct firmware_volume volume;
		uint64_t next = view_next_data(image->disk, start) / STEP * STEP, length, step;

		if (next > start)
			start = next;
		if (start >= end || !*budget)
			break;
		length = end - start < CHUNK + FIRMWARE_VOLUME_HEADER_MAX ? end - start
									  : CHUNK + FIRMWARE_VOLUME_HEADER_MAX;
		r = view_read(image->disk, start, data, (size_t)length, err);
		if (r < 0)
			break;
		*budget -= *budget < CHUNK ? *budget : CHUNK;
		step = CHUNK;
		for (uint64_t at = 0; at < CHUNK && at < length; at += STEP) {
			if (!firmware_volume_parse(data + at, (size_t)(length - at), &volume))
				continue;
			add(finds, NULL, start + at, &volume);
			/* volumes do not nest; whatever its length claims, it is a multiple of what was read or more */
			step = at + (volume.length < STEP ? STEP : volume.length / STEP * STEP);
			break;
		}
		if (__builtin_add_overflow(start, step, &start))
			break;
	}
	arena_release(image->arena, mark);
	return r;
}

int firmware_in_gaps(const struct image *image, struct firmware_finds *ret, struct error *err)
{
	uint64_t here = 0, budget = FIRMWARE_GAPS_BYTES;

	*ret = (struct firmware_finds){ .list = ARENA_ARRAY(image->arena, 2 * MAX_FINDS, struct firmware_find) };
	while (here < image->disk->size) {
		const struct partition *next = NULL;
		uint64_t end;
		int r;

		for (unsigned i = 0; i < image->partition_count; i++) {
			const struct partition *p = &image->partitions[i];

			if (p->size && p->start + p->size > here && (!next || p->start < next->start))
				next = p;
		}
		end = next && next->start < image->disk->size ? next->start : image->disk->size;
		if (end > here) {
			if (end - here > FIRMWARE_GAP_BYTES)
				end = here + FIRMWARE_GAP_BYTES;
			r = look_at_gap(image, here, end, &budget, ret, err);
			if (r < 0)
				return r;
		}
		if (!next)
			break;
		here = next->start + next->size;
	}
	return 0;
}
