/* SPDX-License-Identifier: MIT */
/* fuzz_fat: the FAT reader over hostile bytes.
 *
 * An input is a list of pieces, so that a FAT32 volume of 34 MiB is a few hundred bytes: the volume's size in sectors
 * of 512 bytes (4, little-endian), then pieces of place (4, in units of 32 bytes), length (2) and as many bytes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/limits.h"
#include "fs/fat.h"
#include "fs/probe.h"

#define MAX_PIECES 64

struct sparse {
	struct {
		uint64_t offset;
		size_t length;
		const uint8_t *bytes;
	} pieces[MAX_PIECES];
	unsigned int count;
};

static int sparse_read(struct view *view, uint64_t offset, void *data, size_t length, struct error *err)
{
	const struct sparse *sparse = view->state;

	(void)err;
	memset(data, 0, length);
	for (unsigned int i = 0; i < sparse->count; i++) {
		uint64_t from = sparse->pieces[i].offset, to = from + sparse->pieces[i].length;

		if (from < offset)
			from = offset;
		if (to > offset + length)
			to = offset + length;
		if (from < to)
			memcpy((uint8_t *)data + (from - offset),
			       sparse->pieces[i].bytes + (from - sparse->pieces[i].offset), (size_t)(to - from));
	}
	return 0;
}

static uint64_t sparse_next_data(struct view *view, uint64_t offset)
{
	const struct sparse *sparse = view->state;
	uint64_t next = view->size;

	for (unsigned int i = 0; i < sparse->count; i++) {
		uint64_t from = sparse->pieces[i].offset, to = from + sparse->pieces[i].length;

		if (offset < to && next > from)
			next = from;
	}
	return next < offset ? offset : next;
}

static const struct view_ops sparse_ops = { sparse_read, sparse_next_data };

static void visit(struct fs *fs, struct arena *arena, uint64_t directory, unsigned int *budget)
{
	struct fs_entry *entries;
	struct error err;
	size_t count;

	if (fs->ops->readdir(fs, arena, directory, &entries, &count, &err) < 0)
		abort();
	for (size_t i = 0; i < count && *budget; i++) {
		struct view *view;
		char data[2000];

		--*budget;
		if (entries[i].type == FS_DIRECTORY) {
			visit(fs, arena, entries[i].handle, budget);
			continue;
		}
		if (fs_file_view(fs, arena, entries[i].handle, &view, &err) < 0)
			abort();
		(void)view_read(view, 0, data, view->size < sizeof(data) ? (size_t)view->size : sizeof(data), &err);
		if (view->size > sizeof(data))
			(void)view_read(view, view->size - sizeof(data), data, sizeof(data), &err);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_make(data, size);
	struct sparse sparse = { .count = 0 };
	struct view view = { &sparse_ops, 0, &sparse };
	unsigned int budget = 200;
	struct fs_entry found;
	struct fs_probe probe;
	struct fs_statfs st;
	struct arena *arena;
	struct error err;
	struct fat *fat;

	limits_begin_image();
	view.size = (uint64_t)cursor_le32(&c) * 512;
	/* large enough for any layout, small enough to stay quick */
	if (view.size > 128 * MiB)
		view.size = 128 * MiB;
	while (cursor_left(&c) && sparse.count < MAX_PIECES) {
		uint64_t offset = (uint64_t)cursor_le32(&c) * 32;
		size_t length = cursor_le16(&c);

		if (length > cursor_left(&c))
			length = cursor_left(&c);
		sparse.pieces[sparse.count].bytes = cursor_bytes(&c, length);
		if (!cursor_ok(&c) || offset > view.size)
			break;
		if (length > view.size - offset)
			length = (size_t)(view.size - offset);
		sparse.pieces[sparse.count].offset = offset;
		sparse.pieces[sparse.count].length = length;
		sparse.count++;
	}
	arena = arena_new(LIMIT_ARENA_BYTES);
	(void)fs_probe(&view, &probe, &err);
	if (fat_open(arena, &view, &fat, &err) == 0 && fat->type != FAT_NONE) {
		visit(fat->fs, arena, fat->fs->root, &budget);
		(void)fs_lookup(fat->fs, arena, "/EFI/BOOT/BOOTAA64.EFI", &found, &err);
		fat->fs->ops->statfs(fat->fs, &st, &err);
	}
	arena_free(arena);
	return 0;
}
