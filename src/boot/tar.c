/* SPDX-License-Identifier: MIT */
/* tar: reading the headers of an archive, and its files as a file system. */
#include "boot/tar.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/limits.h"

#define BLOCK 512

struct node {
	const char *name;
	size_t parent;
	enum fs_type type;
	uint64_t offset, size; /* of the content in the archive */
	const char *target;
};

struct tar {
	struct fs fs;
	struct arena *arena;
	struct view *view;
	struct node *nodes; /* 0 is the root */
	size_t count;
};

static int tar_stat(struct fs *fs, uint64_t handle, struct fs_stat *ret, struct error *err)
{
	const struct node *node = &((const struct tar *)fs->state)->nodes[handle];

	(void)err;
	*ret = (struct fs_stat){ .type = node->type, .size = node->type == FS_FILE ? node->size : 0 };
	return 0;
}

static int tar_readdir(struct fs *fs, struct arena *arena, uint64_t handle, struct fs_entry **ret, size_t *ret_count,
		       struct error *err)
{
	const struct tar *tar = fs->state;
	size_t n = 0;

	if (tar->nodes[handle].type != FS_DIRECTORY)
		return error_set(err, ENOTDIR, "%s is not a directory", tar->nodes[handle].name);
	for (size_t i = 1; i < tar->count; i++)
		n += tar->nodes[i].parent == handle;
	*ret = ARENA_ARRAY(arena, n, struct fs_entry);
	*ret_count = n;
	for (size_t i = tar->count - 1; i > 0; i--)
		if (tar->nodes[i].parent == handle)
			(*ret)[--n] = (struct fs_entry){ .handle = i, .type = tar->nodes[i].type,
							 .name = tar->nodes[i].name };
	return 0;
}

static int tar_readlink(struct fs *fs, struct arena *arena, uint64_t handle, char **ret, struct error *err)
{
	const struct node *node = &((const struct tar *)fs->state)->nodes[handle];

	if (node->type != FS_SYMLINK)
		return error_set(err, EINVAL, "%s is not a symbolic link", node->name);
	*ret = arena_strdup(arena, node->target);
	return 0;
}

static int tar_getxattr(struct fs *fs, struct arena *arena, uint64_t handle, const char *name, void **ret,
			size_t *ret_size, struct error *err)
{
	(void)fs;
	(void)arena;
	(void)handle;
	(void)ret;
	(void)ret_size;
	return error_set(err, EOPNOTSUPP, "no attribute %s in a tar archive", name);
}

static int tar_pread(struct fs *fs, uint64_t handle, uint64_t offset, void *data, size_t length, struct error *err)
{
	const struct tar *tar = fs->state;
	const struct node *node = &tar->nodes[handle];

	if (node->type != FS_FILE)
		return error_set(err, EISDIR, "%s is not a regular file", node->name);
	if (offset > node->size || length > node->size - offset)
		return error_set(err, ERANGE, "past the end of %s", node->name);
	return view_read(tar->view, node->offset + offset, data, length, err);
}

static int tar_statfs(struct fs *fs, struct fs_statfs *ret, struct error *err)
{
	(void)err;
	*ret = (struct fs_statfs){ .block_size = BLOCK,
				   .blocks = ((const struct tar *)fs->state)->view->size / BLOCK };
	return 0;
}

static const struct fs_ops tar_ops = { tar_stat, tar_readdir, tar_readlink, tar_getxattr, tar_pread, tar_statfs, NULL };

/* Octal digits, perhaps behind spaces; false when there are none. */
static bool octal(const char *field, size_t size, uint64_t *ret)
{
	size_t i = 0, start;

	while (i < size && field[i] == ' ')
		i++;
	start = i;
	for (*ret = 0; i < size && field[i] >= '0' && field[i] <= '7'; i++)
		*ret = *ret * 8 + (uint64_t)(field[i] - '0');
	return i > start && i - start <= 20 && (i == size || field[i] == '\0' || field[i] == ' ');
}

/* The header's checksum counts its own field as spaces. */
static bool checksum_fits(const char *header)
{
	uint64_t stored;
	uint64_t sum = 0;

	for (size_t i = 0; i < BLOCK; i++)
		sum += i >= 148 && i < 156 ? ' ' : (unsigned char)header[i];
	return octal(header + 148, 8, &stored) && stored == sum;
}

static bool is_zero(const char *block)
{
	for (size_t i = 0; i < BLOCK; i++)
		if (block[i])
			return false;
	return true;
}

/* The node of a path, made with the folders above it; 0 for the root or what cannot be made. */
static size_t make_node(struct tar *tar, const char *path, struct error *err)
{
	size_t here = 0;
	unsigned int depth = 0;

	for (;;) {
		size_t length, i;

		path += strspn(path, "/");
		length = strcspn(path, "/");
		if (!length)
			return here;
		if (length == 1 && *path == '.') {
			path++;
			continue;
		}
		if (tar->nodes[here].type != FS_DIRECTORY)
			return 0;
		if (++depth > limits.depth) {
			limit_error(err, "the archive has directories more than %" PRIu64 " deep" RAISES("max-depth"),
				    limits.depth);
			return 0;
		}
		for (i = 1; i < tar->count; i++)
			if (tar->nodes[i].parent == here && strlen(tar->nodes[i].name) == length &&
			    !memcmp(tar->nodes[i].name, path, length))
				break;
		if (i == tar->count) {
			if (tar->count == LIMIT_TAR_ENTRIES) {
				error_set(err, E2BIG, "the archive has over %d files", LIMIT_TAR_ENTRIES);
				return 0;
			}
			tar->nodes[tar->count++] = (struct node){
				.name = arena_strndup(tar->arena, path, length), .parent = here, .type = FS_DIRECTORY };
		}
		here = i;
		path += length;
	}
}

static const char *full_name(struct tar *tar, const char *header)
{
	size_t prefix = strnlen(header + 345, 155);

	/* ustar's prefix; other archives have other things there */
	if (memcmp(header + 257, "ustar\0", 6) != 0 || !prefix)
		return arena_strndup(tar->arena, header, 100);
	return arena_printf(tar->arena, "%.*s/%.*s", (int)prefix, header + 345, (int)strnlen(header, 100), header);
}

int tar_open(struct arena *arena, struct view *view, struct fs **ret, bool *ret_cut, struct error *err)
{
	struct tar *tar = ARENA_NEW(arena, struct tar);
	const char *long_name = NULL;
	struct error trouble = { 0 };
	uint64_t position = 0, size;
	char header[BLOCK];
	int r;

	*ret = NULL;
	*ret_cut = false;
	if (view->size < BLOCK)
		return 0;
	r = view_read(view, 0, header, BLOCK, err);
	if (r < 0)
		return r;
	if (!checksum_fits(header))
		return 0;
	*tar = (struct tar){ .arena = arena, .view = view, .count = 1 };
	tar->fs = (struct fs){ .ops = &tar_ops, .type = "tar", .state = tar };
	tar->nodes = ARENA_ARRAY(arena, LIMIT_TAR_ENTRIES, struct node);
	tar->nodes[0] = (struct node){ .name = "", .parent = SIZE_MAX, .type = FS_DIRECTORY };
	*ret = &tar->fs;
	while (position + BLOCK <= view->size) {
		const char *name;
		char type;
		size_t index;

		r = view_read(view, position, header, BLOCK, err);
		if (r < 0)
			return r;
		position += BLOCK;
		if (is_zero(header))
			return 0;
		if (!checksum_fits(header) || !octal(header + 124, 12, &size) || size > view->size - position)
			break;
		type = header[156];
		if (type == 'L') {
			char *text;

			if (size > limits.path)
				break;
			text = arena_alloc(arena, (size_t)size + 1);
			r = view_read(view, position, text, (size_t)size, err);
			if (r < 0)
				return r;
			long_name = text;
		} else {
			name = long_name ? long_name : full_name(tar, header);
			long_name = NULL;
			index = type == '0' || type == '2' || type == '5' || !type ? make_node(tar, name, &trouble) : 0;
			if (trouble.code) {
				*ret = NULL;
				return error_set(err, trouble.code, "%s", trouble.message);
			}
			if (index && (type == '0' || type == '2' || !type)) {
				tar->nodes[index].type = type == '2' ? FS_SYMLINK : FS_FILE;
				tar->nodes[index].offset = position;
				tar->nodes[index].size = type == '2' ? 0 : size;
				tar->nodes[index].target = arena_strndup(arena, header + 157, 100);
			}
		}
		/* the sum may not leave 64 bits: size is at most the view's */
		position += (size + BLOCK - 1) / BLOCK * BLOCK;
	}
	*ret_cut = position != view->size;
	return 0;
}
