/* SPDX-License-Identifier: MIT */
/* ext-map: where a file's blocks lie, as runs, so that a file is read by extents and not block by block.
 *
 * A map that goes backwards is corrupt; that is also what bounds a tree whose nodes refer to each other. */
#include "fs/ext-internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

static int add_run(const struct ext_state *state, struct ext_map *map, uint64_t logical, uint64_t physical,
		   uint64_t count)
{
	struct ext_run *last = map->count ? &map->runs[map->count - 1] : NULL;

	if (physical >= state->ext->blocks || count > state->ext->blocks - physical)
		return -EIO;
	if (last && last->logical + last->count == logical && last->physical + last->count == physical) {
		last->count += count;
		return 0;
	}
	if (map->count >= LIMIT_FILE_RUNS)
		return limit_error(NULL, "a file has more than %d pieces", LIMIT_FILE_RUNS);
	if (map->count == map->capacity) {
		size_t capacity = map->capacity ? map->capacity * 2 : 16;
		struct ext_run *runs = realloc(map->runs, capacity * sizeof(*runs));

		if (!runs)
			arena_exhausted();
		map->runs = runs;
		map->capacity = capacity;
	}
	map->runs[map->count++] = (struct ext_run){ logical, physical, count };
	return 0;
}

static int run_failed(int r, uint32_t inode, struct error *err)
{
	if (r == -EDQUOT)
		return limit_spend(WORK_LOOKUPS, COST_MAPPED, err);
	if (r == -EIO)
		return error_set(err, EIO, "inode %u refers to a block that the file system does not have", inode);
	return limit_error(err, "the file is in more than %d pieces", LIMIT_FILE_RUNS);
}

static int map_extents(struct ext_state *state, uint32_t inode, struct ext2_inode *content, struct ext_map *map,
		       struct error *err)
{
	ext2_extent_handle_t handle;
	struct ext2fs_extent extent;
	uint64_t next = 0;
	errcode_t code;
	int r = 0;

	code = ext2fs_extent_open2(state->filesystem, inode, content, &handle);
	if (code)
		return ext_fail(state, code, err, "inode %u", inode);
	code = ext2fs_extent_get(handle, EXT2_EXTENT_ROOT, &extent);
	for (; !code; code = ext2fs_extent_get(handle, EXT2_EXTENT_NEXT, &extent)) {
		r = limit_spend(WORK_LOOKUPS, COST_MAPPED, err);
		if (r < 0)
			break;
		if (extent.e_flags & EXT2_EXTENT_FLAGS_SECOND_VISIT)
			continue;
		if (extent.e_lblk < next) {
			r = error_set(err, EIO, "inode %u: the extent tree is not in order", inode);
			break;
		}
		if (!(extent.e_flags & EXT2_EXTENT_FLAGS_LEAF))
			continue;
		next = extent.e_lblk + extent.e_len;
		/* what was reserved and never written reads as zeros, like a hole */
		if (extent.e_flags & EXT2_EXTENT_FLAGS_UNINIT)
			continue;
		r = add_run(state, map, extent.e_lblk, extent.e_pblk, extent.e_len);
		if (r < 0) {
			r = run_failed(r, inode, err);
			break;
		}
	}
	ext2fs_extent_free(handle);
	if (r < 0)
		return r;
	if (code != EXT2_ET_EXTENT_NO_NEXT && code != EXT2_ET_NO_CURRENT_NODE)
		return ext_fail(state, code, err, "inode %u", inode);
	return 0;
}

struct collect {
	const struct ext_state *state;
	struct ext_map *map;
	uint64_t blocks; /* the file's size */
	int result;
};

static int collect_block(ext2_filsys filesystem, blk64_t *block, e2_blkcnt_t logical, blk64_t reference, int offset,
			 void *context)
{
	struct collect *collect = context;

	(void)filesystem, (void)reference, (void)offset;
	if (logical < 0)
		return 0;
	if ((uint64_t)logical >= collect->blocks)
		return BLOCK_ABORT;
	/* the library has no room for an error of ours: run_failed says it */
	if (limit_spend(WORK_LOOKUPS, COST_MAPPED, NULL) < 0) {
		collect->result = -EDQUOT;
		return BLOCK_ABORT;
	}
	collect->result = add_run(collect->state, collect->map, (uint64_t)logical, *block, 1);
	return collect->result < 0 ? BLOCK_ABORT : 0;
}

static int map_blocks(struct ext_state *state, uint32_t inode, struct ext2_inode *content, struct ext_map *map,
		      struct error *err)
{
	struct collect collect = { .state = state, .map = map };
	errcode_t code;

	collect.blocks = (EXT2_I_SIZE(content) + state->ext->block_size - 1) / state->ext->block_size;
	code = ext2fs_block_iterate3(state->filesystem, inode, BLOCK_FLAG_READ_ONLY | BLOCK_FLAG_DATA_ONLY, NULL,
				     collect_block, &collect);
	if (code)
		return ext_fail(state, code, err, "inode %u", inode);
	return collect.result < 0 ? run_failed(collect.result, inode, err) : 0;
}

int ext_map_of(struct ext_state *state, uint32_t inode, struct ext2_inode *content, struct ext_map **ret,
	       struct error *err)
{
	struct ext_map *map = &state->maps[0];
	int r;

	for (int i = 0; i < EXT_MAPS; i++) {
		if (state->maps[i].inode == inode) {
			state->maps[i].used = ++state->clock;
			*ret = &state->maps[i];
			return 0;
		}
		if (state->maps[i].used < map->used)
			map = &state->maps[i];
	}
	map->inode = 0;
	map->count = 0;
	r = content->i_flags & EXT4_EXTENTS_FL ? map_extents(state, inode, content, map, err)
					       : map_blocks(state, inode, content, map, err);
	if (r < 0)
		return r;
	map->inode = inode;
	map->used = ++state->clock;
	*ret = map;
	return 0;
}
