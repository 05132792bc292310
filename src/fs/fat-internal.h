/* SPDX-License-Identifier: MIT */
/* fat-internal: what the parts of the FAT reader share.  Nothing outside of src/fs/fat*.c includes it. */
#ifndef FS_FAT_INTERNAL_H
#define FS_FAT_INTERNAL_H

#include "base/cursor.h"
#include "base/limits.h"
#include "fs/fat.h"

/* Values of a FAT entry beyond cluster numbers, the same for all types. */
#define FAT_FREE 0U
#define FAT_END UINT32_MAX
#define FAT_BAD (UINT32_MAX - 1)
#define FAT_RESERVED (UINT32_MAX - 2)

#define FAT_PAGE 4096U
#define FAT_CACHE_PAGES 256U

/* Pages that are read again before the whole table is taken into memory: chains that jump about in a large table, as no
 * driver writes them, would otherwise cost a read for each link. */
#define FAT_PAGES_READ_MAX 4096U

/* The copy of the FAT that is in use.  FAT12's is in memory as a whole, of others some pages are. */
struct fat_table {
	struct view *view;
	uint64_t offset;
	uint32_t bytes; /* that hold entries of clusters */
	enum fat_type type;
	uint32_t clusters;
	uint8_t *data;   /* whole table, or FAT_CACHE_PAGES pages, each page in the place of its number modulo that */
	uint32_t *pages; /* number of the page in each place + 1; NULL when the table is whole */
	uint32_t pages_read;
	uint8_t *whole; /* room for the whole table, untouched until it is taken; NULL when `data` has room for it */
};

/* Places of a file's chain that are remembered, so that reading backwards need not begin at its start. */
#define FAT_CHECKPOINTS 256U

#define FAT_NODES_PER_BLOCK 256U
#define FAT_NO_NODE UINT32_MAX

struct fat_node {
	uint32_t parent, first_child, last_child, next;
	uint32_t first_cluster;
	uint32_t size;
	uint8_t attributes;
	uint8_t depth;
	bool directory;
	const char *unlisted; /* of a directory that was not read to its end, because of a limit: which */
	uint64_t entry_offset; /* of the short entry; 0 for the root */
	const char *name, *alias;
};

struct fat_state {
	struct fat *fat;
	struct arena *arena;
	struct view *view;
	struct fs fs;
	struct fat_table table;
	uint8_t *cluster_buffer; /* one cluster */
	uint64_t directory_bytes; /* read so far */
	struct fat_node **blocks; /* room for limits.files nodes */
	uint32_t node_count;
	/* where the last read of a file ended: index of a cluster in its chain */
	uint32_t last_node, last_index, last_cluster;
	/* clusters number n * stride of that file's chain, as far as it was gone through */
	uint32_t checkpoints[FAT_CHECKPOINTS], checkpoint_count, stride;
	uint64_t seek_steps; /* links that were followed for reading, of all files */
};

static inline struct fat_node *fat_node(const struct fat_state *state, uint32_t index)
{
	return &state->blocks[index / FAT_NODES_PER_BLOCK][index % FAT_NODES_PER_BLOCK];
}

static inline bool fat_cluster_valid(const struct fat *fat, uint32_t cluster)
{
	return cluster >= 2 && cluster - 2 < fat->usable_clusters;
}

static inline uint64_t fat_cluster_offset(const struct fat *fat, uint32_t cluster)
{
	return fat->data_offset + (uint64_t)(cluster - 2) * fat->cluster_size;
}

/* fat-boot.c: reads boot sector, backup and FSInfo; sets everything up to and with the layout. */
int fat_boot_read(struct fat *fat, struct view *view, struct error *err);
int fat_fsinfo_read(struct fat *fat, struct view *view, struct error *err);

/* fat-table.c */
int fat_table_open(struct fat *fat, struct arena *arena, struct view *view, struct fat_table *ret, struct error *err);
/* The entry of a valid cluster: the number of the next one (which need not be valid), or one of the values above. */
int fat_table_get(struct fat_table *table, uint32_t cluster, uint32_t *ret, struct error *err);
/* Where the entry of a cluster lies in the volume. */
uint64_t fat_table_entry_offset(const struct fat_table *table, uint32_t cluster);
uint32_t fat_table_entry_length(const struct fat_table *table);

/* fat-directory.c: the names in a piece of a directory, carried from one piece to the next. */
struct fat_long_name {
	uint8_t units[20 * 13 * 2];
	unsigned int expected, total; /* sequence number that comes next, entries in all; 0: none under way */
	uint8_t checksum;
};
struct fat_scan {
	struct fat_state *state;
	uint32_t directory; /* node */
	uint32_t bad_names;
	struct fat_long_name long_name;
	bool ended;
};
/* Adds a node for each entry in `size` bytes of the directory that lie at `offset` in the volume. */
void fat_directory_scan(struct fat_scan *scan, const uint8_t *data, size_t size, uint64_t offset);

/* fat-names.c: sets fat->clash. */
#define FAT_NAME_UNITS 260U /* of UTF-16, at most */
void fat_check_names(struct fat_state *state);

/* fat-check.c: walks the tree and marks the clusters. */
int fat_check(struct fat_state *state, struct error *err);
struct fat_problem *fat_problem_add(struct fat_state *state, enum fat_problem_kind kind, uint32_t node);

#endif
