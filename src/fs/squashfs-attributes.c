/* SPDX-License-Identifier: MIT */
/* squashfs-attributes: extended attributes.
 *
 * libsquashfs finds the list of a file; keys and values are read here, because it would make room for a value of whatever size
 * the image speaks of.  From the kernel's Documentation/filesystems/squashfs.rst and fs/squashfs/xattr.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "fs/squashfs-internal.h"

#define KEY_MAXIMUM 255 /* XATTR_NAME_MAX of the kernel */

static uint16_t le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t le32(const uint8_t *p)
{
	return le16(p) | (uint32_t)le16(p + 2) << 16;
}

static uint64_t le64(const uint8_t *p)
{
	return le32(p) | (uint64_t)le32(p + 4) << 32;
}

static int load(struct squashfs_state *state)
{
	uint8_t table[16]; /* where the keys begin, the number of lists */
	int code;

	if (state->attributes)
		return 0;
	state->attributes = sqfs_xattr_reader_create(0);
	state->pairs = sqfs_meta_reader_create(&state->file, &state->blocks.compressor, state->super.id_table_start,
					       state->super.bytes_used);
	code = state->attributes && state->pairs
		       ? sqfs_xattr_reader_load(state->attributes, &state->super, &state->file, &state->blocks.compressor)
		       : SQFS_ERROR_ALLOC;
	if (!code)
		code = state->file.read_at(&state->file, state->super.xattr_id_table_start, table, sizeof(table));
	if (!code) {
		state->pairs_start = le64(table);
		return 0;
	}
	if (state->attributes)
		sqfs_destroy(state->attributes);
	if (state->pairs)
		sqfs_destroy(state->pairs);
	state->attributes = NULL;
	state->pairs = NULL;
	return code;
}

/* Goes to what a reference means: the block's place after the first, and an offset in it, unpacked. */
static int seek(struct squashfs_state *state, uint64_t reference)
{
	uint64_t block;

	if (__builtin_add_overflow(state->pairs_start, reference >> 16, &block))
		return SQFS_ERROR_OUT_OF_BOUNDS;
	return sqfs_meta_reader_seek(state->pairs, block, reference & 0xffff);
}

/* A key with its prefix, and what its value is: *ret_elsewhere if a reference stands in its place. */
static int read_key(struct squashfs_state *state, char key[32 + KEY_MAXIMUM], bool *ret_elsewhere)
{
	uint8_t head[4];
	const char *prefix;
	int code = sqfs_meta_reader_read(state->pairs, head, sizeof(head));
	size_t length;

	if (code)
		return code;
	prefix = sqfs_get_xattr_prefix((SQFS_XATTR_TYPE)(le16(head) & SQFS_XATTR_PREFIX_MASK));
	length = le16(head + 2);
	if (!prefix)
		return SQFS_ERROR_UNSUPPORTED;
	if (length > KEY_MAXIMUM)
		return SQFS_ERROR_CORRUPTED;
	*ret_elsewhere = le16(head) & SQFS_XATTR_FLAG_OOL;
	memset(key, 0, 32 + KEY_MAXIMUM);
	strcpy(key, prefix);
	return sqfs_meta_reader_read(state->pairs, key + strlen(prefix), length);
}

/* The value that comes next, into memory of the arena; without `ret` it is passed over. */
static int read_value(struct squashfs_state *state, struct arena *arena, bool elsewhere, void **ret, size_t *ret_size)
{
	uint8_t head[4], reference[8];
	uint8_t *data;
	int code = sqfs_meta_reader_read(state->pairs, head, sizeof(head));

	if (!code && elsewhere) {
		code = sqfs_meta_reader_read(state->pairs, reference, sizeof(reference));
		if (code || !ret)
			return code;
		code = seek(state, le64(reference));
		if (!code)
			code = sqfs_meta_reader_read(state->pairs, head, sizeof(head));
	}
	if (code)
		return code;
	/* the kernel's own bound */
	if (le32(head) > LIMIT_XATTR)
		return SQFS_ERROR_CORRUPTED;
	data = arena_alloc(arena, le32(head) + 1);
	code = sqfs_meta_reader_read(state->pairs, data, le32(head));
	if (!code && ret) {
		*ret = data;
		*ret_size = le32(head);
	}
	return code;
}

static int find(struct squashfs_state *state, struct arena *arena, uint32_t index, const char *name, void **ret, size_t *ret_size)
{
	sqfs_xattr_id_t description = { 0 };
	char key[32 + KEY_MAXIMUM];
	int code = load(state);

	*ret = NULL;
	if (!code)
		code = sqfs_xattr_reader_get_desc(state->attributes, index, &description);
	if (!code)
		code = seek(state, description.xattr);
	for (uint32_t i = 0; !code && !*ret && i < description.count && i < limits.files; i++) {
		struct arena_mark mark = arena_mark(arena);
		bool elsewhere, wanted;

		code = read_key(state, key, &elsewhere);
		if (code)
			break;
		wanted = strcmp(key, name) == 0;
		code = read_value(state, arena, elsewhere, wanted ? ret : NULL, ret_size);
		if (!wanted)
			arena_release(arena, mark);
	}
	if (!code && !*ret && description.count > limits.files)
		code = SQFS_ERROR_OVERFLOW;
	return code;
}

int squashfs_attribute(struct squashfs_state *state, struct arena *arena, uint32_t index, const char *name, void **ret,
		       size_t *ret_size, struct error *err)
{
	int code;

	if (index != UINT32_MAX && !(state->super.flags & SQFS_FLAG_NO_XATTRS) &&
	    state->super.xattr_id_table_start != UINT64_MAX) {
		code = find(state, arena, index, name, ret, ret_size);
		if (code == SQFS_ERROR_OVERFLOW)
			return limit_error(err, "a file has more than %" PRIu64 " attributes" RAISES("max-files"), limits.files);
		if (code)
			return squashfs_fail(state, code, err, "attributes");
		if (*ret)
			return 0;
	}
	return error_set(err, ENODATA, "there is no attribute %s", name);
}
