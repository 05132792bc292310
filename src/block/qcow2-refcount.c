/* SPDX-License-Identifier: MIT */
/* qcow2-refcount: walks every table of the image and compares what refers to each cluster with its reference count.
 *
 * Memory: two bytes and a bit for each cluster of the file, and two bytes for each L2 table.  What qcow2-map checks of an entry
 * on the path of a read is checked here of all; so that this file has no words of its own for it, entries of the active tables
 * go through qcow2_map.
 *
 * Tables of a hostile image name each other as often as they like: an L2 table is looked at once, however many L1 entries name
 * it, and what remains is paid for from one budget.
 */
#include "block/qcow2-internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/cursor.h"
#include "base/limits.h"

#define CLUSTERS_MAX (48ULL << 20)
#define CHUNK 65536U

/* What work costs that is no read, in bytes of the budget: an entry that is looked up, or whose cluster is anywhere among the
 * counts. */
#define ENTRY_COST 64

struct walk {
	struct qcow2_state *s;
	uint64_t clusters; /* of the file */
	uint16_t *references; /* to each cluster; once they are compared, their counts */
	unsigned char *is_table; /* a bit for each cluster: L1 entries name it */
	uint16_t *times;       /* how many of them, for each of these clusters in turn */
	unsigned char *chunk;  /* of a table of entries */
	unsigned char *table;  /* one L2 table, or one refcount block */
	uint64_t block_offset; /* of the refcount block that `block` holds; 0: none */
	unsigned char *block;
	struct qcow2_refcounts *result;
};

static void refer_times(struct walk *w, uint64_t offset, uint64_t length, unsigned times)
{
	uint64_t first = offset >> w->s->cluster_bits, last;

	if (!length || offset >= w->s->file->size)
		return;
	last = (offset + length - 1) >> w->s->cluster_bits;
	for (uint64_t i = first; i <= last && i < w->clusters; i++)
		w->references[i] = (uint16_t)qcow2_min(UINT16_MAX, (uint64_t)w->references[i] + times);
}

static void refer(struct walk *w, uint64_t offset)
{
	refer_times(w, offset, 1, 1);
}

/* All of a table that may have any length. */
static int refer_table(struct walk *w, uint64_t offset, uint64_t length, struct error *err)
{
	int r = limit_spend(WORK_TABLES_CHECKED, (qcow2_min(length, w->s->file->size) >> w->s->cluster_bits) * 8, err);

	if (r == 0)
		refer_times(w, offset, length, 1);
	return r;
}

/* Each entry of a table; what lies past the end of the file is listed with the header, or by the caller. */
static int each_entry(struct walk *w, uint64_t offset, uint64_t count, void (*one)(struct walk *w, uint64_t entry),
		      struct error *err)
{
	uint64_t size = w->s->file->size;

	while (count && offset < size) {
		uint64_t n = qcow2_min(qcow2_min(CHUNK, count * 8), (size - offset) / 8 * 8);
		struct cursor c = cursor_make(w->chunk, (size_t)n);
		int r = n ? limit_spend(WORK_TABLES_CHECKED, n / 8 * ENTRY_COST, err) : 0;

		if (r == 0 && n)
			r = view_read(w->s->file, offset, w->chunk, (size_t)n, err);
		if (r < 0 || !n)
			return r;
		for (uint64_t i = 0; i < n / 8; i++)
			one(w, cursor_be64(&c));
		offset += n;
		count -= n / 8;
	}
	return 0;
}

/* Reads a cluster of metadata; what lies past the end of the file is zero. */
static int read_cluster(struct walk *w, uint64_t offset, unsigned char *data, struct error *err)
{
	uint64_t size = w->s->q->cluster_size, present = 0;
	int r = qcow2_pay(w->s, offset, size, err);

	if (r < 0)
		return r;
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

/* The L2 table that an L1 entry names; false: none, or none that can be looked at. */
static bool table_of(const struct walk *w, uint64_t entry, uint64_t *ret)
{
	*ret = entry & QCOW2_OFFSET_MASK;
	return *ret && *ret % w->s->q->cluster_size == 0 && *ret < w->s->file->size;
}

static void note_table(struct walk *w, uint64_t entry)
{
	uint64_t table;

	if (!table_of(w, entry, &table))
		return;
	refer(w, table);
	table >>= w->s->cluster_bits;
	w->is_table[table / 8] |= (unsigned char)(1U << table % 8);
}

static bool is_table(const struct walk *w, uint64_t cluster)
{
	return w->is_table[cluster / 8] >> cluster % 8 & 1;
}

/* Was it one, until now? */
static bool take_table(struct walk *w, uint64_t table)
{
	uint64_t cluster = table >> w->s->cluster_bits;
	bool was = is_table(w, cluster);

	w->is_table[cluster / 8] &= (unsigned char)~(1U << cluster % 8);
	return was;
}

static int walk_l2(struct walk *w, uint64_t table, unsigned times, struct error *err)
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
			refer_times(w, offset, length, times);
		} else if (!s->q->data_file_used && entry & QCOW2_OFFSET_MASK) {
			refer_times(w, entry & QCOW2_OFFSET_MASK, 1, times);
		}
	}
	return 0;
}

/* Each table once, for all that name it. */
static int walk_tables(struct walk *w, struct error *err)
{
	uint64_t count = 0, at = 0;

	for (uint64_t i = 0; i < w->clusters; i++)
		count += is_table(w, i);
	w->times = ARENA_ARRAY(w->s->arena, count, uint16_t);
	for (uint64_t i = 0; i < w->clusters; i++)
		if (is_table(w, i))
			w->times[at++] = w->references[i];
	at = 0;
	for (uint64_t i = 0; i < w->clusters; i++) {
		int r = 0;

		if (is_table(w, i))
			r = walk_l2(w, i << w->s->cluster_bits, w->times[at++], err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* First what their L1 tables name, then where these are: see qcow2_check_refcounts. */
static int walk_snapshots(struct walk *w, bool tables, struct error *err)
{
	struct qcow2_state *s = w->s;
	struct qcow2 *q = s->q;
	uint64_t at = s->snapshots_offset;

	if (!q->snapshots || q->snapshots > QCOW2_SNAPSHOTS_MAX || at % q->cluster_size || at < q->cluster_size)
		return 0;
	for (uint32_t i = 0; i < q->snapshots; i++) {
		struct qcow2_snapshot snapshot;
		int r = qcow2_read_snapshot(s, i, &at, &snapshot, err);

		if (r == 0)
			break;
		if (r > 0 && tables)
			r = each_entry(w, snapshot.l1_offset, snapshot.l1_entries, note_table, err);
		else if (r > 0)
			r = refer_table(w, snapshot.l1_offset, snapshot.l1_entries * 8, err);
		if (r < 0)
			return r;
	}
	return tables ? 0 : refer_table(w, s->snapshots_offset, at - s->snapshots_offset, err);
}

static void note_cluster(struct walk *w, uint64_t entry)
{
	if (entry & QCOW2_OFFSET_MASK)
		refer(w, entry & QCOW2_OFFSET_MASK);
}

/* Persistent bitmaps have clusters of their own (specification, "Bitmaps"). */
static int walk_bitmaps(struct walk *w, struct error *err)
{
	struct qcow2_state *s = w->s;
	uint64_t at = s->bitmaps_offset, end = at + s->bitmaps_size;

	if (!s->bitmaps_size || s->bitmaps_size > s->file->size || at > s->file->size - s->bitmaps_size)
		return 0;
	refer_times(w, at, s->bitmaps_size, 1);
	for (unsigned i = 0; i < QCOW2_BITMAPS_MAX && end - at >= QCOW2_BITMAP_ENTRY; i++) {
		unsigned char head[QCOW2_BITMAP_ENTRY];
		struct qcow2_bitmap bitmap;
		int r = view_read(s->file, at, head, sizeof(head), err);

		if (r < 0)
			return r;
		bitmap = qcow2_bitmap(head);
		r = refer_table(w, bitmap.table, bitmap.entries * 8, err);
		if (r == 0)
			r = each_entry(w, bitmap.table, bitmap.entries, note_cluster, err);
		if (r < 0)
			return r;
		if (bitmap.size > end - at)
			break;
		at += bitmap.size;
	}
	return 0;
}

static int walk_refcount_table(struct walk *w, struct error *err)
{
	struct qcow2_state *s = w->s;
	uint64_t bytes = s->refcount_table_clusters * s->q->cluster_size;

	refer_times(w, s->refcount_table_offset, bytes, 1);
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
			refer(w, block);
	}
	return 0;
}

/* From here on, the counts stand in the place of the references. */
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
		w->references[i] = (uint16_t)qcow2_min(UINT16_MAX, count);
	}
	return 0;
}

/* "Refcount is exactly one" (bit 63) makes QEMU write in place: with a count above one that changes a snapshot as well.
 */
static void check_copied(struct walk *w, uint64_t at, uint64_t entry, const char *what)
{
	uint64_t cluster = (entry & QCOW2_OFFSET_MASK) >> w->s->cluster_bits;

	/* past the end of the file: said where it is looked up */
	if (cluster >= w->clusters || !!(entry & QCOW2_COPIED_BIT) == (w->references[cluster] == 1))
		return;
	w->result->bad_copied++;
	if (w->references[cluster] > 1)
		qcow2_problem(w->s->q, QCOW2_CORRUPT, QCOW2_REFCOUNT, at, 8,
			      "%s entry says that its cluster is used once, its reference count is %u%s", what,
			      w->references[cluster], w->references[cluster] == UINT16_MAX ? " or more" : "");
}

/* What qcow2_map finds wrong joins the problems; -EIO and the like alone are errors here.  *ret is zero where it found any. */
static int look_up(struct walk *w, uint64_t guest, struct qcow2_mapping *ret, struct error *err)
{
	struct qcow2_mapping map;
	struct error why;
	int r = limit_spend(WORK_TABLES_CHECKED, ENTRY_COST, err);

	*ret = (struct qcow2_mapping){ 0 };
	if (r < 0)
		return r;
	r = qcow2_map(w->s, guest, &map, &why);
	if (r < 0 && r != -ENODATA && r != -EBADMSG)
		return error_set(err, -r, "%s", why.message);
	if (r == 0)
		*ret = map;
	return 0;
}

/* The entries of the L2 table of guest offsets from `guest` on. */
static int check_table(struct walk *w, uint64_t guest, struct error *err)
{
	struct qcow2_state *s = w->s;
	struct qcow2 *q = s->q;
	uint64_t end = qcow2_min(q->size, guest + (q->cluster_size << s->l2_bits));

	for (; guest < end; guest += q->cluster_size) {
		struct qcow2_mapping map;
		int r = look_up(w, guest, &map, err);

		if (r < 0)
			return r;
		if (map.type == QCOW2_MAP_DATA && !q->data_file_used && map.host < s->file->size &&
		    qcow2_min(map.length, q->size - guest) > s->file->size - map.host)
			qcow2_problem(q, QCOW2_TRUNCATED, QCOW2_L2_ENTRY, map.entry_offset, 8,
				      "L2 entry has a cluster at %#" PRIx64 ", cut off by the end of the file (%" PRIu64
				      " bytes)",
				      map.host, s->file->size);
		if (map.entry & QCOW2_OFFSET_MASK && !(map.entry & QCOW2_COMPRESSED_BIT) && !q->data_file_used)
			check_copied(w, map.entry_offset, map.entry, "L2");
	}
	return 0;
}

static int check_active(struct walk *w, struct error *err)
{
	struct qcow2_state *s = w->s;
	struct qcow2 *q = s->q;
	uint64_t per_l1 = q->cluster_size << s->l2_bits;

	for (uint64_t i = 0; i * per_l1 < q->size; i++) {
		uint64_t entry = 0, at = q->l1_offset + i * 8, table;
		struct qcow2_mapping map;
		int r = qcow2_table_entry(s, at, &entry, err);
		bool cut = r == -ENODATA;

		if (r < 0 && !cut)
			return r;
		if (!cut && !entry)
			continue;
		r = look_up(w, i * per_l1, &map, err);
		if (r < 0 || cut)
			return r;
		if (entry & QCOW2_OFFSET_MASK)
			check_copied(w, at, entry, "L1");
		/* with a data file, entries are bound to their places on the disk: a second time they may be wrong */
		if (table_of(w, entry, &table) && (take_table(w, table) || q->data_file_used))
			r = check_table(w, i * per_l1, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int qcow2_check_refcounts(struct qcow2 *q, struct qcow2_refcounts *ret, struct error *err)
{
	struct qcow2_state *s = q->state;
	struct walk w = { .s = s, .result = ret };
	int r;

	*ret = (struct qcow2_refcounts){ 0 };
	if (!q->usable || !q->refcount_bits || !s->refcount_table_clusters ||
	    s->refcount_table_offset % q->cluster_size ||
	    s->refcount_table_clusters * q->cluster_size > QCOW2_REFCOUNT_TABLE_MAX)
		return 0; /* problems has it */
	w.clusters = (s->file->size + q->cluster_size - 1) >> s->cluster_bits;
	ret->clusters = w.clusters;
	if (w.clusters > CLUSTERS_MAX)
		return limit_error(err, "the qcow2 has more than %llu clusters", CLUSTERS_MAX);
	w.references = ARENA_ARRAY(s->arena, w.clusters, uint16_t);
	w.is_table = arena_alloc(s->arena, w.clusters / 8 + 1);
	w.chunk = arena_alloc(s->arena, CHUNK);
	w.table = arena_alloc(s->arena, q->cluster_size);
	w.block = arena_alloc(s->arena, q->cluster_size);
	/* what this takes is not missing where the disk is read */
	s->tables_work = WORK_TABLES_CHECKED;
	/* what L1 entries refer to comes first, so that it says how often each L2 table is named */
	r = each_entry(&w, q->l1_offset, q->l1_entries, note_table, err);
	if (!r)
		r = walk_snapshots(&w, true, err);
	if (!r)
		r = walk_tables(&w, err);
	refer(&w, 0);
	if (!r)
		r = refer_table(&w, q->l1_offset, q->l1_entries * 8, err);
	if (!r)
		r = walk_snapshots(&w, false, err);
	if (!r)
		r = walk_bitmaps(&w, err);
	if (!r)
		r = walk_refcount_table(&w, err);
	if (!r)
		r = compare(&w, err);
	if (!r)
		r = check_active(&w, err);
	s->tables_work = WORK_TABLES;
	return r;
}
