/* SPDX-License-Identifier: MIT */
/* ext-io: libext2fs's I/O manager over a view, and its errors in our words.  Nothing here can write. */
#include "fs/ext-internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

/* The library's open() gets a name and nothing else, so the state waits here between ext_io_manager and ext2fs_open2. */
static struct ext_state *opening;

static errcode_t io_open(const char *name, int flags, io_channel *ret)
{
	io_channel channel;

	if (flags & IO_FLAG_RW)
		return EXT2_ET_RO_FILSYS;
	channel = calloc(1, sizeof(*channel));
	if (!channel)
		return EXT2_ET_NO_MEMORY;
	channel->name = strdup(name);
	if (!channel->name) {
		free(channel);
		return EXT2_ET_NO_MEMORY;
	}
	channel->magic = EXT2_ET_MAGIC_IO_CHANNEL;
	channel->manager = ext_io_manager(opening);
	channel->block_size = 1024;
	channel->refcount = 1;
	channel->private_data = opening;
	*ret = channel;
	return 0;
}

static errcode_t io_close(io_channel channel)
{
	if (--channel->refcount > 0)
		return 0;
	free(channel->name);
	free(channel);
	return 0;
}

static errcode_t io_set_block_size(io_channel channel, int size)
{
	channel->block_size = size;
	return 0;
}

/* A negative count is one of bytes. */
static errcode_t io_read64(io_channel channel, unsigned long long block, int count, void *data)
{
	struct ext_state *state = channel->private_data;
	uint64_t offset, length = count < 0 ? (uint64_t) - (int64_t)count : (uint64_t)count * (unsigned)channel->block_size;

	if (__builtin_mul_overflow(block, (uint64_t)channel->block_size, &offset) || offset > state->view->size ||
	    length > state->view->size - offset) {
		error_set(&state->io_error, ENODATA, "block %llu lies beyond the end of the partition", block);
		return EXT2_ET_SHORT_READ;
	}
	state->io_bytes += length;
	if (state->io_bytes > LIMIT_EXT_METADATA) {
		limit_error(&state->io_error, "more than %llu MiB of metadata would have to be read", LIMIT_EXT_METADATA / MiB);
		return EXT2_ET_SHORT_READ;
	}
	if (limit_spend(WORK_LOOKUPS, length * COST_DIRECTORY_BYTE, &state->io_error) < 0)
		return EXT2_ET_SHORT_READ;
	if (view_read(state->view, offset, data, (size_t)length, &state->io_error) == 0)
		return 0;
	/* the library keeps the block that its buffer held before, of which a part may be overwritten now */
	if (state->filesystem)
		ext2fs_flush_icache(state->filesystem);
	return EXT2_ET_SHORT_READ;
}

static errcode_t io_read(io_channel channel, unsigned long block, int count, void *data)
{
	return io_read64(channel, block, count, data);
}

static errcode_t io_write64(io_channel channel, unsigned long long block, int count, const void *data)
{
	(void)channel, (void)block, (void)count, (void)data;
	return EXT2_ET_RO_FILSYS;
}

static errcode_t io_write(io_channel channel, unsigned long block, int count, const void *data)
{
	return io_write64(channel, block, count, data);
}

static errcode_t io_flush(io_channel channel)
{
	(void)channel;
	return 0;
}

io_manager ext_io_manager(struct ext_state *state)
{
	static struct struct_io_manager manager = {
		.magic = EXT2_ET_MAGIC_IO_MANAGER,
		.name = "view",
		.open = io_open,
		.close = io_close,
		.set_blksize = io_set_block_size,
		.read_blk = io_read,
		.write_blk = io_write,
		.flush = io_flush,
		.read_blk64 = io_read64,
		.write_blk64 = io_write64,
	};

	opening = state;
	return &manager;
}

void ext_begin(struct ext_state *state)
{
	state->io_bytes = 0;
	state->io_error.code = 0;
}

int ext_fail(const struct ext_state *state, errcode_t code, struct error *err, const char *format, ...)
{
	char what[128];
	va_list ap;

	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	/* libext2fs puts an inode whose checksum is wrong into its cache under the number of the one that was there before, and
	 * would give that one's bytes for it from now on */
	if (state->filesystem)
		ext2fs_flush_icache(state->filesystem);
	if (state->io_error.code)
		return error_set(err, state->io_error.code, "%s: %s", what, state->io_error.message);
	return error_set(err, code == EXT2_ET_NO_MEMORY ? ENOMEM : EIO, "%s: %s", what, error_message(code));
}
