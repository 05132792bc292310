/* SPDX-License-Identifier: MIT */
/* fat-check: walks the directories, follows every chain once and marks its clusters in a bitmap.
 *
 * Invariants: no cluster is marked twice, so the walk ends after at most one step a cluster of the volume, and a
 * directory whose first cluster belongs to something else is never entered: no loop of directories can keep it busy.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "fs/fat-internal.h"

struct walk {
	struct fat_state *state;
	uint8_t *used;         /* a bit for each cluster */
	uint64_t search_steps; /* left for finding out whose cluster it is that two files share */
};

#define SEARCH_STEPS (4U << 20)

static bool mark(struct walk *walk, uint32_t cluster)
{
	uint32_t index = cluster - 2;
	uint8_t bit = (uint8_t)(1U << (index & 7));

	if (walk->used[index / 8] & bit)
		return false;
	walk->used[index / 8] |= bit;
	return true;
}

struct fat_problem *fat_problem_add(struct fat_state *state, enum fat_problem_kind kind, uint32_t node)
{
	struct fat *fat = state->fat;
	struct fat_problem *problem;

	if (fat->problem_count++ >= FAT_MAX_PROBLEMS)
		return NULL;
	problem = &fat->problems[fat->problem_count - 1];
	*problem = (struct fat_problem){ .kind = kind, .path = fat_path(fat, state->arena, node) };
	return problem;
}

/* A problem with the link that leads to `value` from `from`, or from the directory entry when from is 0. */
static struct fat_problem *link_problem(struct fat_state *state, enum fat_problem_kind kind, uint32_t index,
					uint32_t from, uint32_t value)
{
	struct fat_problem *problem = fat_problem_add(state, kind, index);

	if (!problem)
		return NULL;
	problem->cluster = from;
	problem->value = value;
	if (from) {
		problem->offset = fat_table_entry_offset(&state->table, from);
		problem->length = fat_table_entry_length(&state->table);
	} else if (index) {
		problem->offset = fat_node(state, index)->entry_offset + 26;
		problem->length = 2;
	} else { /* BPB_RootClus */
		problem->offset = state->fat->boot.offset + 44;
		problem->length = 4;
	}
	return problem;
}

/* Is `wanted` among the first `steps` clusters of the chain? */
static int in_chain(struct walk *walk, uint32_t cluster, uint32_t wanted, uint32_t steps, bool *ret, struct error *err)
{
	struct fat_state *state = walk->state;

	*ret = false;
	for (; steps && walk->search_steps && fat_cluster_valid(state->fat, cluster); steps--, walk->search_steps--) {
		int r;

		if (cluster == wanted) {
			*ret = true;
			return 0;
		}
		r = fat_table_get(&state->table, cluster, &cluster, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The file that was the first to mark the cluster: chains are followed in the order of the nodes. */
static int owner_of(struct walk *walk, uint32_t wanted, uint32_t limit, const char **ret, struct error *err)
{
	struct fat_state *state = walk->state;

	for (uint32_t i = 0; i < limit && walk->search_steps; i++) {
		bool found;
		int r = in_chain(walk, fat_node(state, i)->first_cluster, wanted, state->fat->usable_clusters, &found,
				 err);

		if (r < 0)
			return r;
		if (found) {
			*ret = fat_path(state->fat, state->arena, i);
			return 0;
		}
	}
	return 0;
}

/* The chain of a node has come to a cluster that is marked: its own, or another file's? */
static int crossed(struct walk *walk, uint32_t index, uint32_t from, uint32_t cluster, uint32_t length,
		   struct error *err)
{
	struct fat_problem *problem;
	bool own;
	int r;

	/* not more steps than it took to come here, so these are not counted */
	walk->search_steps += length;
	r = in_chain(walk, fat_node(walk->state, index)->first_cluster, cluster, length, &own, err);
	if (r < 0)
		return r;
	problem = link_problem(walk->state, own ? FAT_CHAIN_LOOPS : FAT_CHAIN_CROSSES, index, from, cluster);
	return own || !problem ? 0 : owner_of(walk, cluster, index, &problem->other, err);
}

/* Follows the chain of a node and marks it.  With a scan, hands it each cluster's bytes: the node is a directory. */
static int follow(struct walk *walk, uint32_t index, struct fat_scan *scan, struct error *err)
{
	struct fat_state *state = walk->state;
	const struct fat *fat = state->fat;
	struct fat_node *node = fat_node(state, index);
	uint32_t cluster = node->first_cluster, from = 0, length = 0;
	uint64_t needed = scan ? 0 : ((uint64_t)node->size + fat->cluster_size - 1) / fat->cluster_size;
	struct fat_problem *problem;
	int r;

	/* an empty file has no cluster; a file that is not empty and has none is short */
	while (cluster != FAT_END && !(cluster == FAT_FREE && !from)) {
		uint64_t offset;

		if (!fat_cluster_valid(fat, cluster)) {
			enum fat_problem_kind kind = cluster == FAT_FREE                             ? FAT_CHAIN_FREE
						     : cluster == FAT_BAD || cluster == FAT_RESERVED ? FAT_CHAIN_BAD
												     : FAT_CHAIN_LEAVES;

			link_problem(state, kind, index, from, cluster);
			return 0;
		}
		if (!mark(walk, cluster))
			return crossed(walk, index, from, cluster, length, err);
		offset = fat_cluster_offset(fat, cluster);
		if (offset + fat->cluster_size > fat->view_size) {
			link_problem(state, FAT_CLUSTER_BEYOND_VIEW, index, from, cluster);
			return 0;
		}
		length++;
		if (scan && !scan->ended) {
			state->directory_bytes += fat->cluster_size;
			if ((uint64_t)length * fat->cluster_size > limits_directory_bytes() ||
			    state->directory_bytes > limits_directories_bytes()) {
				node->unlisted = state->fat->limited =
					arena_printf(state->arena, "its directories take more than %" PRIu64 " bytes in all, "
						     "or one of them more than %" PRIu64 RAISES("max-files"),
						     limits_directories_bytes(), limits_directory_bytes());
				scan->ended = true;
			} else {
				r = view_read(state->view, offset, state->cluster_buffer, fat->cluster_size, err);
				if (r < 0)
					return r;
				fat_directory_scan(scan, state->cluster_buffer, fat->cluster_size, offset);
			}
		}
		from = cluster;
		r = fat_table_get(&state->table, cluster, &cluster, err);
		if (r < 0)
			return r;
	}
	if (scan && !length) {
		link_problem(state, FAT_DIRECTORY_START, index, 0, 0);
	} else if (length < needed) {
		problem = fat_problem_add(state, FAT_CHAIN_SHORT, index);
		if (problem) {
			problem->cluster = node->first_cluster;
			problem->value = length;
			problem->expected = (uint32_t)needed;
			problem->offset = node->entry_offset + 28;
			problem->length = 4;
		}
	}
	return 0;
}

/* FAT12's and FAT16's root directory has a region of its own. */
static int fixed_root(struct fat_state *state, struct fat_scan *scan, struct error *err)
{
	const struct fat *fat = state->fat;
	uint64_t end = fat->root_offset + (uint64_t)fat->boot.root_entries * 32;

	for (uint64_t at = fat->root_offset; at < end && !scan->ended; at += fat->cluster_size) {
		size_t size = end - at < fat->cluster_size ? (size_t)(end - at) : fat->cluster_size;
		int r = view_read(state->view, at, state->cluster_buffer, size, err);

		if (r < 0)
			return r;
		fat_directory_scan(scan, state->cluster_buffer, size, at);
	}
	return 0;
}

int fat_check(struct fat_state *state, struct error *err)
{
	struct fat *fat = state->fat;
	struct walk walk = { .state = state, .search_steps = SEARCH_STEPS };
	struct fat_node *root;

	walk.used = arena_alloc(state->arena, fat->usable_clusters / 8 + 1);
	state->cluster_buffer = arena_alloc(state->arena, fat->cluster_size);
	state->blocks = ARENA_ARRAY(state->arena, limits.files / FAT_NODES_PER_BLOCK + 1, struct fat_node *);
	state->blocks[0] = ARENA_ARRAY(state->arena, FAT_NODES_PER_BLOCK, struct fat_node);
	state->node_count = 1;
	root = fat_node(state, 0);
	*root = (struct fat_node){ .first_child = FAT_NO_NODE,
				   .last_child = FAT_NO_NODE,
				   .next = FAT_NO_NODE,
				   .directory = true,
				   .name = "",
				   .first_cluster = fat->boot.fat32 ? fat->boot.root_cluster : 0 };

	/* breadth first: nodes are appended while the list is gone through */
	for (uint32_t i = 0; i < state->node_count; i++) {
		struct fat_scan scan = { .state = state, .directory = i };
		struct fat_node *node = fat_node(state, i);
		int r;

		if (node->directory && node->depth > limits.depth) {
			node->unlisted = fat->limited =
				arena_printf(state->arena, "it has directories more than %" PRIu64 " deep" RAISES("max-depth"),
					     limits.depth);
			continue;
		}
		if (!i && !fat->boot.fat32)
			r = fixed_root(state, &scan, err);
		else
			r = follow(&walk, i, node->directory ? &scan : NULL, err);
		if (r < 0)
			return r;
	}
	return 0;
}
