/* SPDX-License-Identifier: MIT */
/* squashfs-file: the files of a squashfs as a struct fs.  A handle is an inode reference: the metadata block's place and the
 * place within it. */
#include "fs/squashfs-internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cursor.h"
#include "base/limits.h"

static void free_inode(sqfs_inode_generic_t **inode)
{
	if (*inode)
		sqfs_free(*inode);
}
#define INODE_AUTO __attribute__((cleanup(free_inode))) sqfs_inode_generic_t *

/* Reads raw bytes of the inode table, little-endian, into a cursor. */
static int raw(struct squashfs_state *state, uint8_t *bytes, size_t size, struct cursor *ret)
{
	*ret = cursor_make(bytes, size);
	return sqfs_meta_reader_read(state->inodes, bytes, size);
}

/* The names in a directory's index, each behind 12 bytes of which the last four are its length less one. */
static int check_index(struct squashfs_state *state, unsigned count)
{
	uint8_t bytes[LIMIT_SQUASHFS_NAME];
	struct cursor c;

	for (unsigned i = 0; i < count; i++) {
		uint32_t length;
		int code = raw(state, bytes, 12, &c);

		if (code)
			return code;
		cursor_skip(&c, 8);
		length = cursor_le32(&c);
		if (length >= LIMIT_SQUASHFS_NAME)
			return SQFS_ERROR_CORRUPTED;
		code = sqfs_meta_reader_read(state->inodes, bytes, length + 1);
		if (code)
			return code;
	}
	return 0;
}

static int seek_inode(struct squashfs_state *state, uint64_t handle)
{
	uint64_t start;

	if (__builtin_add_overflow(state->super.inode_table_start, handle >> 16, &start))
		return SQFS_ERROR_OUT_OF_BOUNDS;
	return sqfs_meta_reader_seek(state->inodes, start, handle & 0xffff);
}

/* The library allocates by the sizes that an inode names before it reads what they are of: they are looked at first. */
static int check_inode(struct squashfs_state *state, uint64_t handle)
{
	uint8_t bytes[40];
	struct cursor c;
	unsigned type;
	int code = seek_inode(state, handle);

	if (!code)
		code = raw(state, bytes, 16, &c);
	if (code)
		return code;
	type = cursor_le16(&c);
	switch (type) {
	case SQFS_INODE_EXT_FILE:
		code = raw(state, bytes, 16, &c);
		cursor_skip(&c, 8);
		if (!code && cursor_le64(&c) / state->super.block_size > LIMIT_SQUASHFS_BLOCKS)
			code = SQFS_ERROR_OVERFLOW;
		break;
	case SQFS_INODE_SLINK:
	case SQFS_INODE_EXT_SLINK:
		code = raw(state, bytes, 8, &c);
		cursor_skip(&c, 4);
		if (!code && cursor_le32(&c) > limits.path)
			code = SQFS_ERROR_OVERFLOW;
		break;
	case SQFS_INODE_EXT_DIR:
		/* links, size, block, parent, then the number of entries in the index */
		code = raw(state, bytes, 24, &c);
		cursor_skip(&c, 16);
		if (!code)
			code = check_index(state, cursor_le16(&c));
	}
	return code;
}

static int get_inode(struct squashfs_state *state, uint64_t handle, sqfs_inode_generic_t **ret, struct error *err)
{
	int code;

	state->io_error.code = 0;
	code = check_inode(state, handle);
	if (code == SQFS_ERROR_OVERFLOW)
		return limit_error(err, "a file has more than %d blocks, or a symbolic link says more than %" PRIu64
				   " bytes" RAISES("max-path"), LIMIT_SQUASHFS_BLOCKS, limits.path);
	if (!code)
		code = sqfs_meta_reader_read_inode(state->inodes, &state->super, handle >> 16, handle & 0xffff, ret);
	if (code) {
		*ret = NULL;
		return squashfs_fail(state, code, err, "inode");
	}
	return 0;
}

static enum fs_type type_of(unsigned type)
{
	switch (type) {
	case SQFS_INODE_DIR:
	case SQFS_INODE_EXT_DIR:
		return FS_DIRECTORY;
	case SQFS_INODE_FILE:
	case SQFS_INODE_EXT_FILE:
		return FS_FILE;
	case SQFS_INODE_SLINK:
	case SQFS_INODE_EXT_SLINK:
		return FS_SYMLINK;
	default:
		return FS_OTHER;
	}
}

static uint64_t size_of(const sqfs_inode_generic_t *inode)
{
	sqfs_u64 size = 0;

	if (type_of(inode->base.type) == FS_FILE)
		(void)sqfs_inode_get_file_size(inode, &size);
	else if (inode->base.type == SQFS_INODE_SLINK)
		size = inode->data.slink.target_size;
	else if (inode->base.type == SQFS_INODE_EXT_SLINK)
		size = inode->data.slink_ext.target_size;
	return size;
}

static int op_stat(struct fs *fs, uint64_t handle, struct fs_stat *ret, struct error *err)
{
	INODE_AUTO inode = NULL;
	int r = get_inode(fs->state, handle, &inode, err);

	if (r < 0)
		return r;
	*ret = (struct fs_stat){ .type = type_of(inode->base.type), .size = size_of(inode), .mode = inode->base.mode };
	return 0;
}

/* Goes through a directory: counts its entries, or fills as many as `list` has room for. */
static int walk(struct squashfs_state *state, struct arena *arena, const sqfs_inode_generic_t *inode,
		struct fs_entry *list, size_t *ret_count, struct error *err)
{
	sqfs_readdir_state_t at;
	size_t count = 0;
	int code = sqfs_readdir_state_init(&at, &state->super, inode);

	while (!code) {
		sqfs_dir_entry_t *entry = NULL;
		sqfs_u32 number;
		sqfs_u64 reference;
		size_t length;

		if (limit_spend(WORK_LOOKUPS, COST_LISTED, &state->io_error) < 0)
			return squashfs_fail(state, SQFS_ERROR_IO, err, "directory");
		code = sqfs_meta_reader_readdir(state->directories, &at, &entry, &number, &reference);
		if (code)
			break;
		length = entry->size + (size_t)1;
		/* a name that no path can lead to is left out */
		if (!memchr(entry->name, '/', length) && !memchr(entry->name, 0, length)) {
			if (list && count < *ret_count)
				list[count] = (struct fs_entry){ .handle = reference,
								 .type = type_of(entry->type),
								 .name = arena_strndup(arena, (const char *)entry->name,
										       length) };
			count++;
		}
		sqfs_free(entry);
		if (count > limits.files)
			return limit_error(err, "the directory has more than %" PRIu64 " entries" RAISES("max-files"),
					 limits.files);
	}
	if (code < 0)
		return squashfs_fail(state, code, err, "directory");
	*ret_count = count;
	return 0;
}

static int op_readdir(struct fs *fs, struct arena *arena, uint64_t handle, struct fs_entry **ret, size_t *ret_count,
		      struct error *err)
{
	struct squashfs_state *state = fs->state;
	INODE_AUTO inode = NULL;
	size_t count = 0;
	int r;

	if (listings_find(state->listings, handle, ret, ret_count))
		return 0;
	r = get_inode(state, handle, &inode, err);
	if (r < 0)
		return r;
	if (type_of(inode->base.type) != FS_DIRECTORY)
		return error_set(err, ENOTDIR, "not a directory");
	r = walk(state, arena, inode, NULL, &count, err);
	if (r < 0)
		return r;
	*ret = ARENA_ARRAY(arena, count, struct fs_entry);
	*ret_count = count;
	r = walk(state, arena, inode, *ret, ret_count, err);
	if (r >= 0)
		listings_keep(state->listings, handle, *ret, *ret_count);
	return r;
}

static int op_readlink(struct fs *fs, struct arena *arena, uint64_t handle, char **ret, struct error *err)
{
	INODE_AUTO inode = NULL;
	int r = get_inode(fs->state, handle, &inode, err);
	uint64_t size;

	if (r < 0)
		return r;
	if (type_of(inode->base.type) != FS_SYMLINK)
		return error_set(err, EINVAL, "not a symbolic link");
	size = size_of(inode);
	if (!size)
		return error_set(err, EIO, "a symbolic link of %" PRIu64 " bytes", size);
	*ret = arena_strndup(arena, (const char *)inode->extra, (size_t)size);
	return 0;
}

static int op_pread(struct fs *fs, uint64_t handle, uint64_t offset, void *data, size_t length, struct error *err)
{
	struct squashfs_state *state = fs->state;
	INODE_AUTO inode = NULL;
	uint8_t *to = data;
	uint64_t size;
	int r = get_inode(state, handle, &inode, err);

	if (r < 0)
		return r;
	if (type_of(inode->base.type) != FS_FILE)
		return error_set(err, EISDIR, "not a regular file");
	size = size_of(inode);
	if (offset > size || length > size - offset)
		return error_set(err, ERANGE, "the file has only %" PRIu64 " bytes", size);
	while (length) {
		size_t wanted = length < 1 * GiB ? length : (size_t)(1 * GiB);
		sqfs_s32 n;

		state->reads_content = true;
		n = sqfs_data_reader_read(state->data, inode, offset, to, (sqfs_u32)wanted);
		state->reads_content = false;
		if (n < 0)
			return squashfs_fail(state, n, err, "file");
		if (n == 0)
			return error_set(err, EIO, "the file ends before its size");
		to += n;
		offset += (uint64_t)n;
		length -= (size_t)n;
	}
	return 0;
}

static int op_getxattr(struct fs *fs, struct arena *arena, uint64_t handle, const char *name, void **ret,
		       size_t *ret_size, struct error *err)
{
	struct squashfs_state *state = fs->state;
	INODE_AUTO inode = NULL;
	sqfs_u32 index = UINT32_MAX;
	int r = get_inode(state, handle, &inode, err);

	if (r < 0)
		return r;
	(void)sqfs_inode_get_xattr_index(inode, &index);
	return squashfs_attribute(state, arena, index, name, ret, ret_size, err);
}

static int op_statfs(struct fs *fs, struct fs_statfs *ret, struct error *err)
{
	const struct squashfs_state *state = fs->state;

	(void)err;
	*ret = (struct fs_statfs){ .block_size = state->super.block_size,
				   .blocks = (state->super.bytes_used + state->super.block_size - 1) / state->super.block_size };
	return 0;
}

/* The kernel does not ask the entry (fs/squashfs/namei.c, squashfs_lookup). */
static int op_settle(struct fs *fs, struct fs_entry *entry, struct error *err)
{
	struct squashfs_state *state = fs->state;
	struct cursor c;
	uint8_t bytes[2];
	int code;

	if (settled_before(&state->settled, entry))
		return 0;
	state->io_error.code = 0;
	code = seek_inode(state, entry->handle);
	if (!code)
		code = raw(state, bytes, sizeof(bytes), &c);
	if (code)
		return squashfs_fail(state, code, err, "inode");
	settled_as(&state->settled, entry, type_of(cursor_le16(&c)));
	return 0;
}

const struct fs_ops squashfs_ops = { op_stat, op_readdir, op_readlink, op_getxattr, op_pread, op_statfs, op_settle };
