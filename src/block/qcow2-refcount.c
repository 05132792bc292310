/* SPDX-License-Identifier: MIT */
/* qcow2-refcount: walks every table of the image and compares what refers to each cluster with its reference count.
 *
 * Memory: two bytes for each cluster of the file.  What qcow2-map checks of an entry on the path of a read is checked
 * here of all; so that this file has no words of its own for it, entries of the active tables go through qcow2_map.
 */
#include "block/qcow2-internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/cursor.h"
#include "base/limits.h"

#define CLUSTERS_MAX (48ULL << 20)
#define BITMAPS_MAX 65535
#define BITMAP_ENTRY 24

struct walk {
	struct qcow2_state *s;
	uint64_t clusters; /* of the file */
	uint16_t *references;
	unsigned char *table;  /* one L2 table, or one refcount block */
	uint64_t block_offset; /* of the refcount block that `block` holds; 0: none */
	unsigned char *block;
	uint64_t budget; /* bytes of metadata that may still be read */
	struct qcow2_refcounts *result;
};

static void refer(struct walk *w, uint64_t offset, uint64_t length)
{
	uint64_t first = offset >> w->s->cluster_bits, last;

	if (!length || offset >= w->s->file->size)
		return;
	last = (offset + length - 1) >> w->s->cluster_bits;
	for (uint64_t i = first; i <= last && i < w->clusters; i++)
		if (w->references[i] < UINT16_MAX)
			w->references[i]++;
}

/* Reads a cluster of metadata; what lies past the end of the file is zero. */
static int read_cluster(struct walk *w, uint64_t offset, unsigned char *data, struct error *err)
{
	uint64_t size = w->s->q->cluster_size, present = 0;

	if (w->budget < size)
		return error_set(err, EFBIG, "the qcow2 has more metadata than %llu GiB",
				 LIMIT_QCOW2_THOROUGH_BYTES / GiB);
	w->budget -= size;
	if (offset < w->s->file->size)
		present = qcow2_min(size, w->s->file->size - offset);
	memset(data + present, 0, (size_t)(size - present));
	return present ? view_read(w->s->file, offset, data, (size_t)present, err) : 0;
}

/* The refcount of one cluster, as the tables have it. */
static int get_refcount(struct walk *w, uint64_t cluster, uint64_t *ret, struct error *err)
{
	struct qcow2_state *s = w->s;
	unsigned bits = s->q->refcount_bits;
	uint64_t per_block = s->q->cluster_size * 8 / bits, index = cluster / per_block, block,
		 within = cluster % per_block;
	uint64_t value = 0;
	int r;

	*ret = 0;
	if (index >= s->refcount_table_clusters * s->q->cluster_size / 8)
		return 0;
	r = qcow2_table_entry(s, s->refcount_table_offset + index * 8, &block, err);
	if (r == -ENODATA)
		return 0;
	if (r < 0)
		return r;
	block &= ~0x1ffULL;
	if (!block || block % s->q->cluster_size || block >= s->file->size)
		return 0;
	if (w->block_offset != block) {
		w->block_offset = 0;
		r = read_cluster(w, block, w->block, err);
		if (r < 0)
			return r;
		w->block_offset = block;
	}
	if (bits < 8) {
		*ret = w->block[within * bits / 8] >> within * bits % 8 & ((1U << bits) - 1);
		return 0;
	}
	for (unsigned i = 0; i < bits / 8; i++)
		value = value << 8 | w->block[within * bits / 8 + i];
	*ret = value;
	return 0;
}

static int walk_l2(struct walk *w, uint64_t table, struct error *err)
{
	struct qcow2_state *s = w->s;
	struct cursor c = cursor_make(w->table, (size_t)s->q->cluster_size);
	int r = read_cluster(w, table, w->table, err);

	if (r < 0)
		return r;
	for (uint64_t i = 0; i < 1ULL << s->l2_bits; i++) {
		uint64_t entry = cursor_be64(&c), offset, length;

		cursor_skip(&c, s->l2_entry_size - 8);
		if (entry & QCOW2_COMPRESSED_BIT) {
			qcow2_compressed_extent(s, entry, &offset, &length);
			refer(w, offset, length);
		} else if (!s->q->data_file_used && entry & QCOW2_OFFSET_MASK) {
			refer(w, entry & QCOW2_OFFSET_MASK, 1);
		}
	}
	return 0;
}

static int walk_l1(struct walk *w, uint64_t offset, uint64_t entries, struct error *err)
{
	struct qcow2_state *s = w->s;

	refer(w, offset, entries * 8);
	for (uint64_t i = 0; i < entries; i++) {
		uint64_t entry, table;
		int r = qcow2_table_entry(s, offset + i * 8, &entry, err);

		if (r == -ENODATA)
			return 0; /* listed with the header, or by the caller */
		if (r < 0)
			return r;
		table = entry & QCOW2_OFFSET_MASK;
		if (!table || table % s->q->cluster_size || table >= s->file->size)
			continue;
		refer(w, table, 1);
		r = walk_l2(w, table, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int walk_snapshots(struct walk *w, struct error *err)
{
	struct qcow2_state *s = w->s;
	struct qcow2 *q = s->q;
	uint64_t at = s->snapshots_offset;

	if (!q->snapshots || q->snapshots > QCOW2_SNAPSHOTS_MAX || at % q->cluster_size || at < q->cluster_size)
		return 0;
	for (uint32_t i = 0; i < q->snapshots; i++) {
		struct qcow2_snapshot snapshot;
		int r = qcow2_read_snapshot(s, i, &at, &snapshot, err);

		if (r < 0)
			return r;
		if (r == 0)
			break;
		r = walk_l1(w, snapshot.l1_offset, snapshot.l1_entries, err);
		if (r < 0)
			return r;
	}
	refer(w, s->snapshots_offset, at - s->snapshots_offset);
	return 0;
}

/* Persistent bitmaps have clusters of their own (specification, "Bitmaps"). */
static int walk_bitmaps(struct walk *w, struct error *err)
{
	struct qcow2_state *s = w->s;
	uint64_t at = s->bitmaps_offset, end = at + s->bitmaps_size;

	if (!s->bitmaps_size || s->bitmaps_size > s->file->size || at > s->file->size - s->bitmaps_size)
		return 0;
	refer(w, at, s->bitmaps_size);
	for (unsigned i = 0; i < BITMAPS_MAX && end - at >= BITMAP_ENTRY; i++) {
		unsigned char head[BITMAP_ENTRY];
		struct cursor c = cursor_make(head, sizeof(head));
		uint64_t table, entries, size;
		int r = view_read(s->file, at, head, sizeof(head), err);

		if (r < 0)
			return r;
		table = cursor_be64(&c);
		entries = cursor_be32(&c);
		cursor_seek(&c, 18);
		size = BITMAP_ENTRY + (uint64_t)cursor_be16(&c);
		size += cursor_be32(&c);
		refer(w, table, entries * 8);
		for (uint64_t k = 0; k < entries; k++) {
			uint64_t entry;

			r = qcow2_table_entry(s, table + k * 8, &entry, err);
			if (r == -ENODATA)
				break;
			if (r < 0)
				return r;
			if (entry & QCOW2_OFFSET_MASK)
				refer(w, entry & QCOW2_OFFSET_MASK, 1);
		}
		size = (size + 7) / 8 * 8;
		if (size > end - at)
			break;
		at += size;
	}
	return 0;
}

static int walk_refcount_table(struct walk *w, struct error *err)
{
	struct qcow2_state *s = w->s;
	uint64_t bytes = s->refcount_table_clusters * s->q->cluster_size;

	refer(w, s->refcount_table_offset, bytes);
	for (uint64_t at = s->refcount_table_offset; at < s->refcount_table_offset + bytes; at += 8) {
		uint64_t block;
		int r = qcow2_table_entry(s, at, &block, err);

		if (r == -ENODATA)
			break;
		if (r < 0)
			return r;
		if (block & 0x1ff || block % s->q->cluster_size)
			qcow2_problem(s->q, QCOW2_CORRUPT, QCOW2_REFCOUNT_BLOCK, at, 8,
				      "refcount table entry %#" PRIx64 " is not a multiple of the cluster size", block);
		else if (block >= s->file->size)
			qcow2_problem(s->q, QCOW2_TRUNCATED, QCOW2_REFCOUNT_BLOCK, at, 8,
				      "refcount block at %#" PRIx64 " lies past the end of the file (%" PRIu64
				      " bytes)",
				      block, s->file->size);
		else if (block)
			refer(w, block, 1);
	}
	return 0;
}

static int compare(struct walk *w, struct error *err)
{
	for (uint64_t i = 0; i < w->clusters; i++) {
		uint64_t count;
		int r = get_refcount(w, i, &count, err);

		if (r < 0)
			return r;
		if (count > w->references[i]) {
			w->result->leaked++;
		} else if (count < w->references[i]) {
			w->result->too_low++;
			qcow2_problem(w->s->q, QCOW2_CORRUPT, QCOW2_REFCOUNT, i << w->s->cluster_bits,
				      w->s->q->cluster_size,
				      "the reference count of cluster %" PRIu64 " is %" PRIu64
				      ", and %u references to it exist",
				      i, count, w->references[i]);
		}
	}
	return 0;
}

/* "Refcount is exactly one" (bit 63) makes QEMU write in place: with a count above one that changes a snapshot as well.
 */
static int check_copied(struct walk *w, uint64_t at, uint64_t entry, const char *what, struct error *err)
{
	uint64_t count;
	int r = get_refcount(w, (entry & QCOW2_OFFSET_MASK) >> w->s->cluster_bits, &count, err);

	if (r < 0 || !!(entry & QCOW2_COPIED_BIT) == (count == 1))
		return r;
	w->result->bad_copied++;
	if (count > 1)
		qcow2_problem(w->s->q, QCOW2_CORRUPT, QCOW2_REFCOUNT, at, 8,
			      "%s entry says that its cluster is used once, its reference count is %" PRIu64, what,
			      count);
	return 0;
}

static int check_active(struct walk *w, struct error *err)
{
	struct qcow2_state *s = w->s;
	struct qcow2 *q = s->q;
	uint64_t per_l1 = q->cluster_size << s->l2_bits;

	for (uint64_t guest = 0; guest < q->size;) {
		struct qcow2_mapping map = { 0 };
		struct error ignored;
		uint64_t entry = 0, at = q->l1_offset + guest / per_l1 * 8;
		int r;

		if (guest % per_l1 == 0) {
			r = qcow2_table_entry(s, at, &entry, err);
			if (r < 0 && r != -ENODATA)
				return r;
			if (!r && entry & QCOW2_OFFSET_MASK)
				r = check_copied(w, at, entry, "L1", err);
			if (r < 0 && r != -ENODATA)
				return r;
		}
		if (w->budget < 8)
			return error_set(err, EFBIG, "the qcow2 has more metadata than %llu GiB",
					 LIMIT_QCOW2_THOROUGH_BYTES / GiB);
		w->budget -= 8;
		r = qcow2_map(s, guest, &map, &ignored);
		if (r < 0 && r != -ENODATA && r != -EBADMSG)
			return error_set(err, -r, "%s", ignored.message);
		if (r < 0) {
			guest += q->cluster_size;
			continue;
		}
		if (map.type == QCOW2_MAP_DATA && !q->data_file_used && map.host < s->file->size &&
		    qcow2_min(map.length, q->size - guest) > s->file->size - map.host)
			qcow2_problem(q, QCOW2_TRUNCATED, QCOW2_L2_ENTRY, map.entry_offset, 8,
				      "L2 entry has a cluster at %#" PRIx64 ", cut off by the end of the file (%" PRIu64
				      " bytes)",
				      map.host, s->file->size);
		if (map.entry & QCOW2_OFFSET_MASK && !(map.entry & QCOW2_COMPRESSED_BIT) && !q->data_file_used) {
			r = check_copied(w, map.entry_offset, map.entry, "L2", err);
			if (r < 0)
				return r;
		}
		guest += map.entry_offset ? q->cluster_size : map.length;
	}
	return 0;
}

int qcow2_check_refcounts(struct qcow2 *q, struct qcow2_refcounts *ret, struct error *err)
{
	struct qcow2_state *s = q->state;
	struct walk w = { .s = s, .budget = LIMIT_QCOW2_THOROUGH_BYTES, .result = ret };
	int r;

	*ret = (struct qcow2_refcounts){ 0 };
	if (!q->usable || !q->refcount_bits || !s->refcount_table_clusters ||
	    s->refcount_table_offset % q->cluster_size ||
	    s->refcount_table_clusters * q->cluster_size > QCOW2_REFCOUNT_TABLE_MAX)
		return 0; /* problems has it */
	w.clusters = (s->file->size + q->cluster_size - 1) >> s->cluster_bits;
	ret->clusters = w.clusters;
	if (w.clusters > CLUSTERS_MAX)
		return error_set(err, EFBIG, "the qcow2 has more than %llu clusters", CLUSTERS_MAX);
	w.references = ARENA_ARRAY(s->arena, w.clusters, uint16_t);
	w.table = arena_alloc(s->arena, q->cluster_size);
	w.block = arena_alloc(s->arena, q->cluster_size);
	refer(&w, 0, q->cluster_size);
	r = walk_l1(&w, q->l1_offset, q->l1_entries, err);
	if (!r)
		r = walk_snapshots(&w, err);
	if (!r)
		r = walk_bitmaps(&w, err);
	if (!r)
		r = walk_refcount_table(&w, err);
	if (!r)
		r = compare(&w, err);
	if (!r)
		r = check_active(&w, err);
	return r;
}
