/* SPDX-License-Identifier: MIT */
/* fuzz_filesystem: the ext2/3/4 and squashfs readers, with their libraries, over hostile bytes.
 *
 * An input is a sparse file as fuzz_image has it (tests/fuzz/sparse makes one): eight bytes that are not looked at, the size
 * (8, little-endian), then pieces of offset (8), length (4) and as many bytes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/limits.h"
#include "fs/ext.h"
#include "fs/squashfs.h"

#include "../unit/visit.h"

#define SIZE_MAX_BYTES (16 * GiB)
#define PIECES_MAX 1024

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sparse {
	struct {
		uint64_t offset;
		uint32_t length;
		const uint8_t *bytes;
	} pieces[PIECES_MAX];
	unsigned count;
};

static int sparse_read(struct view *view, uint64_t offset, void *data, size_t length, struct error *err)
{
	const struct sparse *sparse = view->state;

	(void)err;
	memset(data, 0, length);
	for (unsigned i = 0; i < sparse->count; i++) {
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

static void use(struct fs *fs, struct arena *arena)
{
	struct fs_entry entry;
	const char *path;
	struct error err;
	unsigned budget = 100;

	visit(fs, arena, fs->root, "user.a", &budget, 4);
	if (fs_resolve(fs, arena, "/top/a/link", false, &entry, &path, &err) == 0 && (!path || *path != '/'))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct view_ops ops = { sparse_read, NULL };
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct sparse *sparse = ARENA_NEW(arena, struct sparse);
	struct cursor c = cursor_make(data, size);
	struct view view = { .ops = &ops, .state = sparse };
	struct squashfs *squashfs;
	struct error err;
	struct ext *ext;

	limits_begin_image();
	cursor_skip(&c, 8);
	view.size = cursor_le64(&c) % SIZE_MAX_BYTES;
	while (cursor_left(&c) && sparse->count < PIECES_MAX) {
		uint64_t offset = cursor_le64(&c);
		uint32_t length = cursor_le32(&c);
		size_t left = cursor_left(&c);

		if (length > left)
			length = (uint32_t)left;
		sparse->pieces[sparse->count].offset = offset % SIZE_MAX_BYTES;
		sparse->pieces[sparse->count].length = length;
		sparse->pieces[sparse->count++].bytes = cursor_bytes(&c, length);
	}
	if (ext_open(arena, &view, &ext, &err) == 0) {
		if (ext->fs)
			use(ext->fs, arena);
		ext_close(ext);
	}
	if (squashfs_open(arena, &view, &squashfs, &err) == 0) {
		if (squashfs->fs)
			use(squashfs->fs, arena);
		squashfs_close(squashfs);
	}
	return 0;
}
