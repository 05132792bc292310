/* SPDX-License-Identifier: MIT */
/* qcow2-internal: what the qcow2 reader's own files share.  Nothing else includes this. */
#ifndef BLOCK_QCOW2_INTERNAL_H
#define BLOCK_QCOW2_INTERNAL_H

#include "base/limits.h"
#include "block/qcow2.h"

#define QCOW2_INCOMPATIBLE_DIRTY (1ULL << 0)
#define QCOW2_INCOMPATIBLE_CORRUPT (1ULL << 1)
#define QCOW2_INCOMPATIBLE_DATA_FILE (1ULL << 2)
#define QCOW2_INCOMPATIBLE_COMPRESSION (1ULL << 3)
#define QCOW2_INCOMPATIBLE_EXTENDED_L2 (1ULL << 4)
#define QCOW2_INCOMPATIBLE_KNOWN 0x1fULL
#define QCOW2_AUTOCLEAR_BITMAPS (1ULL << 0)
#define QCOW2_AUTOCLEAR_RAW_EXTERNAL (1ULL << 1)

/* specification, "Cluster mapping" */
#define QCOW2_OFFSET_MASK 0x00fffffffffffe00ULL
#define QCOW2_L1_RESERVED 0x7f000000000001ffULL
#define QCOW2_L2_RESERVED_BITS 0x3f000000000001feULL /* of a standard cluster descriptor, but for bit 0 */
#define QCOW2_COMPRESSED_BIT (1ULL << 62)
#define QCOW2_COPIED_BIT (1ULL << 63)
#define QCOW2_ZERO_BIT 1ULL

#define QCOW2_SUBCLUSTERS_PER_CLUSTER 32

/* QEMU's own bounds (block/qcow2.h) */
#define QCOW2_REFCOUNT_TABLE_MAX (8ULL << 20) /* bytes */
#define QCOW2_SNAPSHOTS_MAX 65536

/* Tables are read in pages, because a whole L2 table of 2 MiB would be a high price for one entry. */
#define QCOW2_PAGE 4096
#define QCOW2_PAGES 32

struct qcow2_page {
	uint64_t offset; /* in the file, a multiple of QCOW2_PAGE */
	size_t length;   /* 0: the slot is free */
	uint64_t used;   /* the higher, the later */
	unsigned char data[QCOW2_PAGE];
};

/* Decompressed clusters that are kept: at most this many, and this many bytes.  Those are four of the largest: FAT's two copies
 * are compared side by side, and one table leads into another. */
#define QCOW2_CLUSTERS 32U
#define QCOW2_CLUSTERS_BYTES (8U << 20)

struct qcow2_cluster {
	uint64_t entry; /* the descriptor that it was made from; 0: the slot is free */
	uint64_t used;  /* the higher, the later */
	unsigned char *data;
};

struct qcow2_state {
	struct qcow2 *q;
	struct arena *arena;
	struct view *file, *backing, *data;
	unsigned cluster_bits;
	unsigned l2_bits; /* log2 of the entries of an L2 table */
	unsigned l2_entry_size;
	uint64_t refcount_table_offset, refcount_table_clusters, snapshots_offset;
	uint64_t bitmaps_offset, bitmaps_size; /* of the bitmap directory, bytes; 0: none */
	struct view view;
	struct qcow2_page *pages;
	uint64_t clock;
	enum limit_work tables_work; /* which account pays for them now */
	uint64_t tables_end;  /* of what was read of them last */
	struct qcow2_cluster clusters[QCOW2_CLUSTERS];
	unsigned cluster_slots;        /* how many of them are used with clusters of this size */
	unsigned char *compressed;     /* scratch for their source */
	uint64_t hole_start, hole_end; /* of the backing file, as next_data last found it */
};

enum qcow2_mapping_type {
	QCOW2_MAP_ZERO,
	QCOW2_MAP_UNALLOCATED, /* read from the backing file */
	QCOW2_MAP_DATA,        /* at `host` in the file, or in the data file */
	QCOW2_MAP_COMPRESSED,
};

struct qcow2_mapping {
	enum qcow2_mapping_type type;
	uint64_t length;       /* bytes from the guest offset asked for that are of this type */
	uint64_t host;         /* DATA: where the byte at the guest offset is */
	uint64_t entry;        /* COMPRESSED: the descriptor */
	uint64_t entry_offset; /* where the descriptor stands in the file; 0 if there is none */
};

/* Adds to the bounded list unless the same defect at the same offset is there. */
void qcow2_problem(struct qcow2 *q, enum qcow2_kind kind, enum qcow2_defect defect, uint64_t offset, uint64_t length,
		   const char *format, ...) __attribute__((format(printf, 6, 7)));

/* Pays for a read of `length` bytes of tables at `offset` of the file: what is small and lies far apart takes as long as what is
 * larger and does not, and a file of holes has more of it than anybody waits for.  limit_error when there is nothing left. */
int qcow2_pay(struct qcow2_state *s, uint64_t offset, uint64_t length, struct error *err);

/* A big-endian 64-bit integer of the file's tables, aligned to 8, through the page cache.  -ENODATA past the end (no
 * problem is added), or the view's error. */
int qcow2_table_entry(struct qcow2_state *s, uint64_t offset, uint64_t *ret, struct error *err);

/* Where the guest's byte at `offset` is; see qcow2_view for errors. */
int qcow2_map(struct qcow2_state *s, uint64_t offset, struct qcow2_mapping *ret, struct error *err);

/* Bytes of the file that a compressed cluster's descriptor speaks of. */
void qcow2_compressed_extent(const struct qcow2_state *s, uint64_t entry, uint64_t *ret_offset, uint64_t *ret_length);

/* The decompressed cluster of `map`; good until the next call. */
int qcow2_decompress(struct qcow2_state *s, const struct qcow2_mapping *map, const unsigned char **ret,
		     struct error *err);

/* One entry of the snapshot table (specification, "Snapshots"). */
struct qcow2_snapshot {
	uint64_t l1_offset, l1_entries;
};

/* Reads the entry at *at of the file, number `index` from 0, and steps over it.  1; 0 when there is none or it is not
 * valid, which problems has then; or the view's errno. */
int qcow2_read_snapshot(struct qcow2_state *s, uint32_t index, uint64_t *at, struct qcow2_snapshot *ret,
			struct error *err);

#define QCOW2_BITMAPS_MAX 65535
#define QCOW2_BITMAP_ENTRY 24

/* The fixed part of an entry of the directory of bitmaps (specification, "Bitmap directory"). */
struct qcow2_bitmap {
	uint64_t table, entries; /* where the table is, and of how many clusters it tells */
	uint64_t size;           /* of the directory's entry with all that belongs to it, bytes */
	uint32_t flags, extra;
	unsigned type, granularity, name;
};
struct qcow2_bitmap qcow2_bitmap(const unsigned char bytes[QCOW2_BITMAP_ENTRY]);

/* Reads the extension for bitmaps, whose `length` bytes are at `offset`, and looks at their directory; what is wrong goes to the
 * problems.  0, or a negative errno. */
int qcow2_read_bitmaps(struct qcow2_state *s, uint64_t offset, uint32_t length, struct error *err);

extern const struct view_ops qcow2_view_ops;

static inline uint64_t qcow2_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

#endif
