/* SPDX-License-Identifier: MIT */
/* squashfs: the superblock's facts, and opening the file system.  Its files are in squashfs-file.c. */
#include "fs/squashfs-internal.h"

#include <errno.h>
#include <string.h>

#include "base/cursor.h"
#include "base/limits.h"

/* Of WORK_LOOKUPS, in picoseconds: a block of metadata is read in two parts.  What it takes to decompress counts elsewhere. */
#define SQUASHFS_COST_READ 15000000

static int file_read_at(sqfs_file_t *file, sqfs_u64 offset, void *data, size_t size)
{
	struct squashfs_state *state = (struct squashfs_state *)file;

	if (offset > state->view->size || size > state->view->size - offset)
		return SQFS_ERROR_OUT_OF_BOUNDS;
	if (!state->reads_content && limit_spend(WORK_LOOKUPS, SQUASHFS_COST_READ, &state->io_error) < 0)
		return SQFS_ERROR_IO;
	return view_read(state->view, offset, data, size, &state->io_error) < 0 ? SQFS_ERROR_IO : 0;
}

static int file_write_at(sqfs_file_t *file, sqfs_u64 offset, const void *data, size_t size)
{
	(void)file, (void)offset, (void)data, (void)size;
	return SQFS_ERROR_UNSUPPORTED;
}

static sqfs_u64 file_get_size(const sqfs_file_t *file)
{
	return ((const struct squashfs_state *)file)->view->size;
}

static int file_truncate(sqfs_file_t *file, sqfs_u64 size)
{
	(void)file, (void)size;
	return SQFS_ERROR_UNSUPPORTED;
}

/* The file is a part of the state, which lives in the arena. */
static void file_destroy(sqfs_object_t *object)
{
	(void)object;
}

static const char *message(int code)
{
	switch (code) {
	case SQFS_ERROR_ALLOC:
		return "out of memory";
	case SQFS_ERROR_OUT_OF_BOUNDS:
		return "it refers to bytes beyond its end";
	case SQFS_ERROR_COMPRESSOR:
		return "a block cannot be decompressed";
	case SQFS_ERROR_UNSUPPORTED:
	case SFQS_ERROR_SUPER_VERSION:
		return "it has a version or compression that libsquashfs does not know";
	case SFQS_ERROR_SUPER_MAGIC:
	case SQFS_ERROR_SUPER_BLOCK_SIZE:
		return "the superblock's numbers contradict each other";
	case SQFS_ERROR_SEQUENCE:
	case SQFS_ERROR_LINK_LOOP:
	default:
		return "its structures are corrupt";
	}
}

int squashfs_fail(const struct squashfs_state *state, int code, struct error *err, const char *what)
{
	if (state->io_error.code)
		return error_set(err, state->io_error.code, "%s: %s", what, state->io_error.message);
	return error_set(err, code == SQFS_ERROR_ALLOC ? ENOMEM : EIO, "%s: %s", what, message(code));
}

/* The facts, from bytes of our own reading. 0, or a negative errno. */
static int read_superblock(struct squashfs *squashfs, struct view *view, struct error *err)
{
	uint8_t bytes[96];
	struct cursor c = cursor_make(bytes, sizeof(bytes));
	uint16_t compression;
	int r;

	squashfs->fault = SQUASHFS_NO_MAGIC;
	squashfs->view_size = view->size;
	if (view->size < sizeof(bytes))
		return 0;
	r = view_read(view, 0, bytes, sizeof(bytes), err);
	if (r < 0)
		return r;
	if (cursor_le32(&c) != 0x73717368)
		return 0;
	squashfs->fault = SQUASHFS_GOOD;
	cursor_seek(&c, 12);
	squashfs->block_size = cursor_le32(&c);
	if ((uint64_t)cursor_le32(&c) * 16 > LIMIT_SQUASHFS_FRAGMENTS)
		return limit_error(err, "the squashfs has too many fragments");
	compression = cursor_le16(&c);
	squashfs->compression = compression >= SQFS_COMP_MIN && compression <= SQFS_COMP_MAX
					? sqfs_compressor_name_from_id((SQFS_COMPRESSOR)compression)
					: NULL;
	cursor_seek(&c, 40);
	squashfs->bytes_used = cursor_le64(&c);
	squashfs->beyond_partition = squashfs->bytes_used > view->size;
	return 0;
}

static int open_readers(struct squashfs_state *state)
{
	sqfs_super_t *super = &state->super;
	sqfs_compressor_config_t config;
	sqfs_compressor_t *compressor = squashfs_blocks(state);
	sqfs_u64 end = super->id_table_start;
	int code;

	code = sqfs_compressor_config_init(&config, (SQFS_COMPRESSOR)super->compression_id, super->block_size,
					   SQFS_COMP_FLAG_UNCOMPRESS);
	if (!code)
		code = sqfs_compressor_create(&config, &state->library);
	if (!code && super->flags & SQFS_FLAG_COMPRESSOR_OPTIONS)
		code = state->library->read_options(state->library, &state->file);
	if (code)
		return code;
	if (super->fragment_table_start < end)
		end = super->fragment_table_start;
	if (super->export_table_start < end)
		end = super->export_table_start;
	if (super->inode_table_start >= super->directory_table_start || super->directory_table_start > end)
		return SQFS_ERROR_CORRUPTED;
	state->inodes = sqfs_meta_reader_create(&state->file, compressor, super->inode_table_start,
						super->directory_table_start);
	state->directories = sqfs_meta_reader_create(&state->file, compressor, super->directory_table_start, end);
	state->data = sqfs_data_reader_create(&state->file, super->block_size, compressor, 0);
	if (!state->inodes || !state->directories || !state->data)
		return SQFS_ERROR_ALLOC;
	return sqfs_data_reader_load_fragment_table(state->data, super);
}

int squashfs_open(struct arena *arena, struct view *view, struct squashfs **ret, struct error *err)
{
	struct squashfs *squashfs = ARENA_NEW(arena, struct squashfs);
	struct squashfs_state *state;
	int code, r = read_superblock(squashfs, view, err);

	if (r < 0)
		return r;
	*ret = squashfs;
	if (squashfs->fault != SQUASHFS_GOOD)
		return 0;
	state = ARENA_NEW(arena, struct squashfs_state);
	state->view = view;
	state->squashfs = squashfs;
	state->file = (sqfs_file_t){ .base = { .destroy = file_destroy },
				     .read_at = file_read_at,
				     .write_at = file_write_at,
				     .get_size = file_get_size,
				     .truncate = file_truncate };
	squashfs->state = state;
	code = sqfs_super_read(&state->super, &state->file);
	if (!code)
		code = open_readers(state);
	if (code) {
		squashfs_close(squashfs);
		if (state->io_error.code || code == SQFS_ERROR_ALLOC)
			return squashfs_fail(state, code, err, "cannot read the squashfs");
		squashfs->fault = code == SQFS_ERROR_UNSUPPORTED || code == SFQS_ERROR_SUPER_VERSION ? SQUASHFS_UNSUPPORTED
												     : SQUASHFS_CORRUPT;
		squashfs->problem = message(code);
		return 0;
	}
	state->fs = (struct fs){ .ops = &squashfs_ops, .type = "squashfs", .root = state->super.root_inode_ref,
				 .state = state };
	state->listings = listings_new();
	squashfs->fs = &state->fs;
	squashfs->mismatch = &state->settled.mismatch;
	return 0;
}

static void destroy(void *object)
{
	if (object)
		sqfs_destroy(object);
}

void squashfs_close(struct squashfs *squashfs)
{
	struct squashfs_state *state = squashfs ? squashfs->state : NULL;

	if (!state)
		return;
	listings_free(state->listings);
	state->listings = NULL;
	destroy(state->pairs);
	destroy(state->attributes);
	destroy(state->data);
	destroy(state->directories);
	destroy(state->inodes);
	destroy(state->library);
	squashfs->state = NULL;
	squashfs->fs = NULL;
}
