/* SPDX-License-Identifier: MIT */
/* ext-file: the files of an ext2/3/4 file system as a struct fs.  A handle is an inode number. */
#include "fs/ext-internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"

static int get_inode(struct ext_state *state, uint64_t handle, struct ext2_inode *ret, struct error *err)
{
	errcode_t code;

	if (!handle || handle > state->filesystem->super->s_inodes_count)
		return error_set(err, EIO, "there is no inode %" PRIu64, handle);
	code = ext2fs_read_inode(state->filesystem, (ext2_ino_t)handle, ret);
	if (code)
		return ext_fail(state, code, err, "inode %" PRIu64, handle);
	return 0;
}

static enum fs_type type_of_mode(uint32_t mode)
{
	return S_ISREG(mode) ? FS_FILE : S_ISDIR(mode) ? FS_DIRECTORY : S_ISLNK(mode) ? FS_SYMLINK : FS_OTHER;
}

static int op_stat(struct fs *fs, uint64_t handle, struct fs_stat *ret, struct error *err)
{
	struct ext_state *state = fs->state;
	struct ext2_inode inode;
	int r;

	ext_begin(state);
	r = get_inode(state, handle, &inode, err);
	if (r < 0)
		return r;
	*ret = (struct fs_stat){ .type = type_of_mode(inode.i_mode), .size = EXT2_I_SIZE(&inode), .mode = inode.i_mode };
	return 0;
}

/* Names are gathered in chunks: how many there are is known at the end only. */
#define CHUNK 64
struct chunk {
	struct chunk *next;
	size_t count;
	struct fs_entry entries[CHUNK];
};

struct listing {
	struct ext_state *state;
	struct arena *arena;
	struct chunk *first, *last;
	size_t count, bytes;
	bool any; /* entry at all, also that of the directory itself */
	int result;
	struct error *err;
};

static enum fs_type type_of_entry(struct ext_state *state, const struct ext2_dir_entry *entry)
{
	struct ext2_inode inode;

	switch (ext2fs_dirent_file_type(entry)) {
	case EXT2_FT_REG_FILE:
		return FS_FILE;
	case EXT2_FT_DIR:
		return FS_DIRECTORY;
	case EXT2_FT_SYMLINK:
		return FS_SYMLINK;
	case EXT2_FT_UNKNOWN: /* a file system without the feature filetype */
		return get_inode(state, entry->inode, &inode, NULL) < 0 ? FS_OTHER : type_of_mode(inode.i_mode);
	default:
		return FS_OTHER;
	}
}

static int add_entry(struct ext2_dir_entry *entry, int offset, int block_size, char *buffer, void *context)
{
	struct listing *listing = context;
	size_t length = (size_t)ext2fs_dirent_name_len(entry);
	const char *name = entry->name;

	(void)offset, (void)block_size, (void)buffer;
	listing->any = true;
	if ((length == 1 && name[0] == '.') || (length == 2 && name[0] == '.' && name[1] == '.'))
		return 0;
	/* a name that no path can lead to */
	if (!length || memchr(name, '/', length) || memchr(name, 0, length))
		return 0;
	listing->bytes += length;
	if (listing->count >= limits.files || listing->bytes > limits_directory_bytes()) {
		listing->result = limit_error(listing->err, "the directory has more than %zu entries" RAISES("max-files"),
					    listing->count);
		return DIRENT_ABORT;
	}
	if (!listing->last || listing->last->count == CHUNK) {
		struct chunk *chunk = ARENA_NEW(listing->arena, struct chunk);

		if (listing->last)
			listing->last->next = chunk;
		else
			listing->first = chunk;
		listing->last = chunk;
	}
	if (limit_spend(WORK_LOOKUPS, COST_LISTED, listing->err) < 0) {
		listing->result = -EFBIG;
		return DIRENT_ABORT;
	}
	listing->last->entries[listing->last->count++] =
		(struct fs_entry){ .handle = entry->inode,
				   .type = type_of_entry(listing->state, entry),
				   .name = arena_strndup(listing->arena, name, length) };
	listing->count++;
	return 0;
}

static int op_readdir(struct fs *fs, struct arena *arena, uint64_t handle, struct fs_entry **ret, size_t *ret_count,
		      struct error *err)
{
	struct ext_state *state = fs->state;
	struct listing listing = { .state = state, .arena = arena, .err = err };
	struct ext2_inode inode;
	errcode_t code;
	int r;

	if (listings_find(state->listings, handle, ret, ret_count))
		return 0;
	ext_begin(state);
	r = get_inode(state, handle, &inode, err);
	if (r < 0)
		return r;
	if (!S_ISDIR(inode.i_mode))
		return error_set(err, ENOTDIR, "inode %" PRIu64 " is not a directory", handle);
	if (inode.i_flags & EXT4_ENCRYPT_FL)
		return error_set(err, ENOKEY, "the directory is encrypted");
	code = ext2fs_dir_iterate(state->filesystem, (ext2_ino_t)handle, 0, NULL, add_entry, &listing);
	if (listing.result < 0)
		return listing.result;
	/* of a limit or a disk that fails, what was listed up to there is no answer */
	if (code || (state->io_error.code && state->io_error.code != ENODATA))
		return ext_fail(state, code, err, "directory at inode %" PRIu64, handle);
	/* libext2fs is silent on a map of blocks that it cannot read; each directory names itself at least */
	if (!listing.any)
		return error_set(err, EUCLEAN, "directory at inode %" PRIu64 ": its blocks hold no entries", handle);
	*ret = ARENA_ARRAY(arena, listing.count, struct fs_entry);
	*ret_count = 0;
	for (const struct chunk *chunk = listing.first; chunk; chunk = chunk->next) {
		memcpy(*ret + *ret_count, chunk->entries, chunk->count * sizeof(struct fs_entry));
		*ret_count += chunk->count;
	}
	listings_keep(state->listings, handle, *ret, *ret_count);
	return 0;
}

static int read_inline(struct ext_state *state, uint64_t handle, struct ext2_inode *inode, uint64_t offset, void *data,
		       size_t length, struct error *err)
{
	char bytes[64 * KiB]; /* inline data lie in one inode, and no inode is larger than a block */
	errcode_t code;
	size_t size;

	code = ext2fs_inline_data_size(state->filesystem, (ext2_ino_t)handle, &size);
	if (!code && size > sizeof(bytes))
		code = EXT2_ET_INLINE_DATA_NO_SPACE;
	if (!code)
		code = ext2fs_inline_data_get(state->filesystem, (ext2_ino_t)handle, inode, bytes, &size);
	if (code)
		return ext_fail(state, code, err, "inode %" PRIu64, handle);
	memset(data, 0, length);
	if (offset < size)
		memcpy(data, bytes + offset, length < size - offset ? length : size - (size_t)offset);
	return 0;
}

/* The first run that ends after the block. */
static const struct ext_run *find_run(const struct ext_map *map, uint64_t block)
{
	size_t low = 0, high = map->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (map->runs[middle].logical + map->runs[middle].count > block)
			high = middle;
		else
			low = middle + 1;
	}
	return low < map->count ? &map->runs[low] : NULL;
}

/* The part of a file in which `offset` lies: *ret_place is its place in the view, or UINT64_MAX in a hole; the result is how
 * many bytes, `length` at most, go on like that. */
static uint64_t locate(const struct ext_map *map, uint32_t block_size, uint64_t offset, uint64_t length,
		       uint64_t *ret_place)
{
	uint64_t block = offset / block_size, within = offset % block_size, left;
	const struct ext_run *run = find_run(map, block);

	*ret_place = UINT64_MAX;
	if (!run)
		return length;
	if (run->logical > block) {
		left = (run->logical - block) * block_size - within;
	} else {
		*ret_place = (run->physical + (block - run->logical)) * block_size + within;
		left = (run->logical + run->count - block) * block_size - within;
	}
	return left < length ? left : length;
}

static int read_content(struct ext_state *state, uint64_t handle, struct ext2_inode *inode, uint64_t offset, void *data,
			size_t length, struct error *err)
{
	struct ext_map *map;
	uint8_t *to = data;
	int r;

	if (inode->i_flags & EXT4_INLINE_DATA_FL)
		return read_inline(state, handle, inode, offset, data, length, err);
	r = ext_map_of(state, (uint32_t)handle, inode, &map, err);
	if (r < 0)
		return r;
	while (length) {
		uint64_t place, n = locate(map, state->ext->block_size, offset, length, &place);

		if (place == UINT64_MAX) {
			memset(to, 0, (size_t)n);
		} else {
			if (place > state->view->size || n > state->view->size - place)
				return error_set(err, ENODATA, "inode %" PRIu64 " lies beyond the end of the partition", handle);
			r = view_read(state->view, place, to, (size_t)n, err);
			if (r < 0)
				return r;
		}
		to += n;
		offset += n;
		length -= (size_t)n;
	}
	return 0;
}

static int op_pread(struct fs *fs, uint64_t handle, uint64_t offset, void *data, size_t length, struct error *err)
{
	struct ext_state *state = fs->state;
	struct ext2_inode inode;
	uint64_t size;
	int r;

	ext_begin(state);
	r = get_inode(state, handle, &inode, err);
	if (r < 0)
		return r;
	if (!S_ISREG(inode.i_mode))
		return error_set(err, EISDIR, "inode %" PRIu64 " is not a regular file", handle);
	if (inode.i_flags & EXT4_ENCRYPT_FL)
		return error_set(err, ENOKEY, "the file is encrypted");
	size = EXT2_I_SIZE(&inode);
	if (offset > size || length > size - offset)
		return error_set(err, ERANGE, "the file has only %" PRIu64 " bytes", size);
	return read_content(state, handle, &inode, offset, data, length, err);
}

static int op_readlink(struct fs *fs, struct arena *arena, uint64_t handle, char **ret, struct error *err)
{
	struct ext_state *state = fs->state;
	struct ext2_inode inode;
	uint64_t size;
	char *target;
	int r;

	ext_begin(state);
	r = get_inode(state, handle, &inode, err);
	if (r < 0)
		return r;
	if (!S_ISLNK(inode.i_mode))
		return error_set(err, EINVAL, "inode %" PRIu64 " is not a symbolic link", handle);
	if (inode.i_flags & EXT4_ENCRYPT_FL)
		return error_set(err, ENOKEY, "the symbolic link is encrypted");
	size = EXT2_I_SIZE(&inode);
	if (size > limits.path)
		return limit_error(err, "a symbolic link says more than %" PRIu64 " bytes" RAISES("max-path"), limits.path);
	if (!size)
		return error_set(err, EIO, "inode %" PRIu64 ": a symbolic link of %" PRIu64 " bytes", handle, size);
	target = arena_alloc(arena, (size_t)size + 1);
	if (ext2fs_is_fast_symlink(&inode)) {
		if (size > sizeof(inode.i_block))
			return error_set(err, EIO, "inode %" PRIu64 ": the symbolic link has no content", handle);
		memcpy(target, inode.i_block, (size_t)size);
	} else {
		r = read_content(state, handle, &inode, 0, target, (size_t)size, err);
		if (r < 0)
			return r;
	}
	*ret = target;
	return 0;
}

static int op_getxattr(struct fs *fs, struct arena *arena, uint64_t handle, const char *name, void **ret,
		       size_t *ret_size, struct error *err)
{
	struct ext_state *state = fs->state;
	struct ext2_xattr_handle *attributes;
	struct ext2_inode inode;
	void *value = NULL;
	errcode_t code;
	size_t size = 0;
	int r;

	ext_begin(state);
	r = get_inode(state, handle, &inode, err);
	if (r < 0)
		return r;
	code = ext2fs_xattrs_open(state->filesystem, (ext2_ino_t)handle, &attributes);
	if (code)
		return ext_fail(state, code, err, "attributes of inode %" PRIu64, handle);
	code = ext2fs_xattrs_read(attributes);
	if (!code)
		code = ext2fs_xattr_get(attributes, name, &value, &size);
	ext2fs_xattrs_close(&attributes);
	if (code == EXT2_ET_EA_KEY_NOT_FOUND)
		return error_set(err, ENODATA, "there is no attribute %s", name);
	if (code)
		return ext_fail(state, code, err, "attributes of inode %" PRIu64, handle);
	if (size > LIMIT_XATTR) {
		ext2fs_free_mem(&value);
		return limit_error(err, "the attribute %s has %zu bytes", name, size);
	}
	*ret = arena_memdup(arena, value, size);
	*ret_size = size;
	ext2fs_free_mem(&value);
	return 0;
}

static int op_statfs(struct fs *fs, struct fs_statfs *ret, struct error *err)
{
	const struct ext_state *state = fs->state;

	(void)err;
	*ret = (struct fs_statfs){ .block_size = state->ext->block_size,
				   .blocks = ext2fs_blocks_count(state->filesystem->super),
				   .free_blocks = ext2fs_free_blocks_count(state->filesystem->super) };
	return 0;
}

/* The kernel does not ask the entry (fs/ext4/namei.c, ext4_lookup), and opens no inode without links (fs/ext4/inode.c). */
static int op_settle(struct fs *fs, struct fs_entry *entry, struct error *err)
{
	struct ext_state *state = fs->state;
	struct ext2_inode inode;
	int r;

	if (settled_before(&state->settled, entry))
		return 0;
	ext_begin(state);
	r = get_inode(state, entry->handle, &inode, err);
	if (r < 0)
		return r;
	if (!inode.i_links_count || !inode.i_mode)
		return settled_as_deleted(&state->settled, entry, err);
	settled_as(&state->settled, entry, type_of_mode(inode.i_mode));
	return 0;
}

const struct fs_ops ext_ops = { op_stat, op_readdir, op_readlink, op_getxattr, op_pread, op_statfs, op_settle };
