/* SPDX-License-Identifier: MIT */
/* fat: opens a volume and answers for it as a struct fs.  The parts that read it are in fat-*.c. */
#include "fs/fat.h"

#include <errno.h>
#include <string.h>

#include "fs/fat-internal.h"
#include "fs/listings.h"

static const struct fat_node *node_of(struct fs *fs, uint64_t handle)
{
	const struct fat_state *state = fs->state;

	return handle < state->node_count ? fat_node(state, (uint32_t)handle) : NULL;
}

static int op_stat(struct fs *fs, uint64_t handle, struct fs_stat *ret, struct error *err)
{
	const struct fat_node *node = node_of(fs, handle);

	if (!node)
		return error_set(err, EBADF, "no such handle");
	*ret = (struct fs_stat){ .type = node->directory ? FS_DIRECTORY : FS_FILE,
				 .size = node->directory ? 0 : node->size,
				 .mode = node->directory        ? 0040755
					 : node->attributes & 1 ? 0100555
								: 0100755 };
	return 0;
}

static int op_readdir(struct fs *fs, struct arena *arena, uint64_t handle, struct fs_entry **ret, size_t *ret_count,
		      struct error *err)
{
	const struct fat_state *state = fs->state;
	const struct fat_node *node = node_of(fs, handle);
	size_t count = 0;
	int r;

	if (!node)
		return error_set(err, EBADF, "no such handle");
	if (!node->directory)
		return error_set(err, ENOTDIR, "%s is not a directory", node->name);
	/* what is not in the list would pass for missing */
	if (node->unlisted)
		return limit_error(err, "%s of the FAT volume: %s", *node->name ? node->name : "the root directory",
				 node->unlisted);
	for (uint32_t i = node->first_child; i != FAT_NO_NODE; i = fat_node(state, i)->next)
		count++;
	r = limit_spend(WORK_LOOKUPS, (uint64_t)count * COST_COPIED, err);
	if (r < 0)
		return r;
	*ret = ARENA_ARRAY(arena, count, struct fs_entry);
	*ret_count = count;
	count = 0;
	for (uint32_t i = node->first_child; i != FAT_NO_NODE; i = fat_node(state, i)->next) {
		const struct fat_node *child = fat_node(state, i);

		(*ret)[count++] = (struct fs_entry){ .handle = i,
						     .type = child->directory ? FS_DIRECTORY : FS_FILE,
						     .name = child->name,
						     .alias = child->alias,
						     .caseless = true };
	}
	return 0;
}

static int op_readlink(struct fs *fs, struct arena *arena, uint64_t handle, char **ret, struct error *err)
{
	(void)fs, (void)arena, (void)handle, (void)ret;
	return error_set(err, EOPNOTSUPP, "FAT has no symbolic links");
}

static int op_getxattr(struct fs *fs, struct arena *arena, uint64_t handle, const char *name, void **ret,
		       size_t *ret_size, struct error *err)
{
	(void)fs, (void)arena, (void)handle, (void)name, (void)ret, (void)ret_size;
	return error_set(err, EOPNOTSUPP, "FAT has no extended attributes");
}

static int broken_chain(struct error *err, const struct fat_node *node)
{
	return error_set(err, EUCLEAN, "the cluster chain of %s is broken", node->name);
}

/* Forgets the file that was read last, if it is another one. */
static void seek_begin(struct fat_state *state, uint32_t handle)
{
	const struct fat_node *node = fat_node(state, handle);

	if (state->last_node == handle)
		return;
	state->last_node = handle;
	state->last_index = 0;
	state->last_cluster = node->first_cluster;
	state->checkpoints[0] = node->first_cluster;
	state->checkpoint_count = 1;
	state->stride = node->size / state->fat->cluster_size / FAT_CHECKPOINTS + 1;
}

/* Moves to cluster number `index` of the file's chain, from the last place before it that is known: where the last read
 * ended, or a checkpoint. */
static int seek_cluster(struct fat_state *state, uint32_t handle, uint32_t index, uint32_t *ret, struct error *err)
{
	const struct fat_node *node = fat_node(state, handle);
	uint32_t cluster, at, known;

	seek_begin(state, handle);
	known = index / state->stride;
	if (known >= state->checkpoint_count)
		known = state->checkpoint_count - 1;
	cluster = state->checkpoints[known];
	at = known * state->stride;
	if (state->last_index <= index && state->last_index > at) {
		cluster = state->last_cluster;
		at = state->last_index;
	}
	while (fat_cluster_valid(state->fat, cluster) && at < index) {
		int r;

		if (state->seek_steps == LIMIT_FAT_SEEK_STEPS)
			return limit_error(err, "%s: reading files took more than a limit of %u steps in the FAT",
					 node->name, LIMIT_FAT_SEEK_STEPS);
		state->seek_steps++;
		r = fat_table_get(&state->table, cluster, &cluster, err);
		if (r < 0)
			return r;
		at++;
		if (at == state->checkpoint_count * state->stride && state->checkpoint_count < FAT_CHECKPOINTS)
			state->checkpoints[state->checkpoint_count++] = cluster;
	}
	if (!fat_cluster_valid(state->fat, cluster))
		return broken_chain(err, node);
	state->last_index = index;
	state->last_cluster = cluster;
	*ret = cluster;
	return 0;
}

/* How many clusters from `cluster` on, `wanted` at most, follow each other on disk too: they are read in one go. */
static int run_length(struct fat_state *state, uint32_t cluster, uint64_t wanted, uint32_t *ret, struct error *err)
{
	uint32_t count = 1;

	for (; count < wanted; count++) {
		uint32_t next;
		int r = fat_table_get(&state->table, cluster, &next, err);

		if (r < 0)
			return r;
		if (next != cluster + 1 || !fat_cluster_valid(state->fat, next))
			break;
		cluster = next;
	}
	*ret = count;
	return 0;
}

static int op_pread(struct fs *fs, uint64_t handle, uint64_t offset, void *data, size_t length, struct error *err)
{
	struct fat_state *state = fs->state;
	const struct fat_node *node = node_of(fs, handle);
	uint32_t size = state->fat->cluster_size;
	uint8_t *to = data;

	if (!node)
		return error_set(err, EBADF, "no such handle");
	if (node->directory)
		return error_set(err, EISDIR, "%s is a directory", node->name);
	if (offset > node->size || length > node->size - offset)
		return error_set(err, ERANGE, "%s has only %u bytes", node->name, node->size);
	while (length) {
		uint32_t within = (uint32_t)(offset % size), cluster = 0, count = 1;
		uint64_t place, n;
		int r = seek_cluster(state, (uint32_t)handle, (uint32_t)(offset / size), &cluster, err);

		if (r < 0)
			return r;
		r = run_length(state, cluster, (within + (uint64_t)length + size - 1) / size, &count, err);
		if (r < 0)
			return r;
		n = (uint64_t)count * size - within;
		if (n > length)
			n = length;
		place = fat_cluster_offset(state->fat, cluster) + within;
		if (place + n > state->view->size)
			return error_set(err, ENODATA, "%s lies beyond the end of the partition", node->name);
		r = view_read(state->view, place, to, (size_t)n, err);
		if (r < 0)
			return r;
		to += n;
		offset += n;
		length -= (size_t)n;
	}
	return 0;
}

static int op_statfs(struct fs *fs, struct fs_statfs *ret, struct error *err)
{
	const struct fat_state *state = fs->state;
	const struct fat *fat = state->fat;

	(void)err;
	*ret = (struct fs_statfs){ .block_size = fat->cluster_size,
				   .blocks = fat->usable_clusters,
				   .free_blocks = fat->free_clusters };
	return 0;
}

static const struct fs_ops fat_ops = { op_stat, op_readdir, op_readlink, op_getxattr, op_pread, op_statfs, NULL };

const char *fat_path(const struct fat *fat, struct arena *arena, uint64_t handle)
{
	const struct fat_state *state = fat->state;
	const struct fat_node *node = fat_node(state, (uint32_t)handle);
	const char *path = "";

	/* no deeper than limits.depth + 1; a few hundred bytes each */
	for (; node->depth; node = fat_node(state, node->parent))
		path = arena_printf(arena, "/%s%s", node->name, path);
	return *path ? path : "/";
}

uint64_t fat_file_offset(const struct fat *fat, uint64_t handle)
{
	const struct fat_node *node = node_of(fat->fs, handle);

	return node && fat_cluster_valid(fat, node->first_cluster) ? fat_cluster_offset(fat, node->first_cluster) : 0;
}

int fat_open(struct arena *arena, struct view *view, struct fat **ret, struct error *err)
{
	struct fat *fat = ARENA_NEW(arena, struct fat);
	struct fat_state *state;
	int r;

	r = fat_boot_read(fat, view, err);
	if (r < 0)
		return r;
	*ret = fat;
	if (fat->type == FAT_NONE)
		return 0;
	r = fat_fsinfo_read(fat, view, err);
	if (r < 0)
		return r;

	state = ARENA_NEW(arena, struct fat_state);
	*state = (struct fat_state){ .fat = fat, .arena = arena, .view = view, .last_node = FAT_NO_NODE };
	state->fs = (struct fs){ .ops = &fat_ops,
				 .state = state,
				 .root = 0,
				 .type = fat->type == FAT_32   ? "FAT32"
					 : fat->type == FAT_16 ? "FAT16"
							       : "FAT12" };
	fat->state = state;
	fat->fs = &state->fs;
	r = fat_table_open(fat, arena, view, &state->table, err);
	if (r < 0)
		return r;
	r = fat_check(state, err);
	if (r < 0)
		return r;
	fat_check_names(state);
	return 0;
}
