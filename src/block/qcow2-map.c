/* SPDX-License-Identifier: MIT */
/* qcow2-map: from a guest offset through L1 and L2 to where the data is (specification, "Cluster mapping").
 *
 * Every entry is checked on the way; what is wrong joins the image's problems and makes the lookup fail, except for
 * reserved bits, which QEMU does not look at either.
 */
#include "block/qcow2-internal.h"

#include <errno.h>
#include <inttypes.h>

#include "base/cursor.h"
#include "base/limits.h"

int qcow2_pay(struct qcow2_state *s, uint64_t offset, uint64_t length, struct error *err)
{
	uint64_t cost = offset == s->tables_end ? QCOW2_PAGE : LIMIT_QCOW2_FAR;
	int r;

	if (cost < length)
		cost = length;
	r = limit_spend(s->tables_work, cost, err);
	if (r < 0)
		return r;
	s->tables_end = offset + length;
	return 0;
}

/* The page of the file that holds `offset`; offset lies in the file. */
static int get_page(struct qcow2_state *s, uint64_t offset, struct qcow2_page **ret, struct error *err)
{
	uint64_t start = offset / QCOW2_PAGE * QCOW2_PAGE;
	struct qcow2_page *oldest;
	int r;

	oldest = s->pages;
	for (unsigned i = 0; i < QCOW2_PAGES; i++) {
		if (s->pages[i].length && s->pages[i].offset == start) {
			oldest = &s->pages[i];
			goto found;
		}
		if (s->pages[i].used < oldest->used)
			oldest = &s->pages[i];
	}
	oldest->length = 0;
	oldest->offset = start;
	r = qcow2_pay(s, start, QCOW2_PAGE, err);
	if (r == 0)
		r = view_read(s->file, start, oldest->data, (size_t)qcow2_min(QCOW2_PAGE, s->file->size - start), err);
	if (r < 0)
		return r;
	oldest->length = (size_t)qcow2_min(QCOW2_PAGE, s->file->size - start);
found:
	oldest->used = ++s->clock;
	*ret = oldest;
	return 0;
}

int qcow2_table_entry(struct qcow2_state *s, uint64_t offset, uint64_t *ret, struct error *err)
{
	struct qcow2_page *page;
	struct cursor c;
	int r;

	if (offset >= s->file->size)
		return error_set(err, ENODATA, "the qcow2 refers to a table at %#" PRIx64 ", past the end of its file",
				 offset);
	r = get_page(s, offset, &page, err);
	if (r < 0)
		return r;
	c = cursor_make(page->data, page->length);
	cursor_seek(&c, (size_t)(offset - page->offset));
	*ret = cursor_be64(&c);
	if (!cursor_ok(&c))
		return error_set(err, ENODATA, "the qcow2 refers to a table at %#" PRIx64 ", past the end of its file",
				 offset);
	return 0;
}

static int corrupt(struct error *err, uint64_t offset)
{
	return error_set(err, EBADMSG, "the qcow2 is corrupt where it describes guest offset %#" PRIx64, offset);
}

static int truncated(struct error *err, uint64_t offset)
{
	return error_set(err, ENODATA, "the qcow2's data for guest offset %#" PRIx64 " lies past the end of its file",
			 offset);
}

/* The L2 table for guest offset; *ret 0 when there is none. */
static int lookup_l1(struct qcow2_state *s, uint64_t offset, uint64_t *ret, struct error *err)
{
	struct qcow2 *q = s->q;
	uint64_t index = offset >> (s->cluster_bits + s->l2_bits);
	uint64_t at = q->l1_offset + index * 8, entry = 0, table;
	int r = qcow2_table_entry(s, at, &entry, err);

	if (r == -ENODATA)
		qcow2_problem(q, QCOW2_TRUNCATED, QCOW2_L1_TABLE, 40, 8, "the L1 table lies past the end of the file");
	if (r < 0)
		return r;
	if (entry & QCOW2_L1_RESERVED)
		qcow2_problem(q, QCOW2_CORRUPT, QCOW2_L2_RESERVED, at, 8,
			      "L1 entry %" PRIu64 " (%#018" PRIx64 ") has reserved bits set", index, entry);
	table = entry & QCOW2_OFFSET_MASK;
	*ret = table;
	if (!table)
		return 0;
	if (table % q->cluster_size) {
		qcow2_problem(q, QCOW2_CORRUPT, QCOW2_L1_ENTRY, at, 8,
			      "L1 entry %" PRIu64 " has an L2 table at %#" PRIx64
			      ", which is not a multiple of the cluster size",
			      index, table);
		return corrupt(err, offset);
	}
	if (table >= s->file->size) {
		qcow2_problem(q, QCOW2_TRUNCATED, QCOW2_L1_ENTRY, at, 8,
			      "L1 entry %" PRIu64 " has an L2 table at %#" PRIx64 ", past the end of the file (%" PRIu64
			      " bytes)",
			      index, table, s->file->size);
		return truncated(err, offset);
	}
	if (table >= q->l1_offset && table - q->l1_offset < q->l1_entries * 8) {
		qcow2_problem(q, QCOW2_CORRUPT, QCOW2_L1_ENTRY, at, 8,
			      "L1 entry %" PRIu64 " has an L2 table at %#" PRIx64 ", which is in the L1 table itself",
			      index, table);
		return corrupt(err, offset);
	}
	return 0;
}

void qcow2_compressed_extent(const struct qcow2_state *s, uint64_t entry, uint64_t *ret_offset, uint64_t *ret_length)
{
	unsigned x = 62 - (s->cluster_bits - 8);
	uint64_t sectors = (entry >> x & ((1ULL << (s->cluster_bits - 8)) - 1)) + 1;

	*ret_offset = entry & ((1ULL << x) - 1);
	*ret_length = sectors * 512 - *ret_offset % 512;
}

static int map_compressed(struct qcow2_state *s, uint64_t offset, struct qcow2_mapping *m, struct error *err)
{
	uint64_t host, length;

	qcow2_compressed_extent(s, m->entry, &host, &length);
	m->type = QCOW2_MAP_COMPRESSED;
	if (s->q->data_file_used) {
		qcow2_problem(s->q, QCOW2_CORRUPT, QCOW2_L2_ENTRY, m->entry_offset, 8,
			      "L2 entry %#018" PRIx64
			      " is of a compressed cluster, which an external data file excludes",
			      m->entry);
		return corrupt(err, offset);
	}
	if (host < s->q->cluster_size || host >> 56) {
		qcow2_problem(s->q, QCOW2_CORRUPT, QCOW2_L2_ENTRY, m->entry_offset, 8,
			      "L2 entry has compressed data at %#" PRIx64 "%s", host,
			      host >> 56 ? ", beyond what is possible" : ", in the header's cluster");
		return corrupt(err, offset);
	}
	if (host >= s->file->size) {
		qcow2_problem(s->q, QCOW2_TRUNCATED, QCOW2_L2_ENTRY, m->entry_offset, 8,
			      "L2 entry has compressed data at %#" PRIx64 ", past the end of the file (%" PRIu64
			      " bytes)",
			      host, s->file->size);
		return truncated(err, offset);
	}
	return 0;
}

/* Which subclusters, from that of `within` on, are of one kind?  Specification, "Extended L2 Entries". */
static int map_subclusters(struct qcow2_state *s, uint64_t offset, uint64_t bitmap, bool allocated,
			   struct qcow2_mapping *m, struct error *err)
{
	uint64_t within = offset % s->q->cluster_size, size = s->q->cluster_size / QCOW2_SUBCLUSTERS_PER_CLUSTER;
	uint32_t alloc = (uint32_t)bitmap, zero = (uint32_t)(bitmap >> 32);
	unsigned first = (unsigned)(within / size), last = first;

	if (alloc & zero || (alloc && !allocated)) {
		qcow2_problem(s->q, QCOW2_CORRUPT, QCOW2_SUBCLUSTERS, m->entry_offset + 8, 8,
			      alloc & zero ? "subcluster bitmap %#018" PRIx64
					     " calls a subcluster both allocated and zero"
					   : "subcluster bitmap %#018" PRIx64
					     " calls subclusters allocated that have no cluster",
			      bitmap);
		return corrupt(err, offset);
	}
	while (++last < QCOW2_SUBCLUSTERS_PER_CLUSTER && (alloc >> last & 1) == (alloc >> first & 1) &&
	       (zero >> last & 1) == (zero >> first & 1))
		;
	m->type = zero >> first & 1 ? QCOW2_MAP_ZERO : alloc >> first & 1 ? QCOW2_MAP_DATA : QCOW2_MAP_UNALLOCATED;
	m->length = last * size - within;
	return 0;
}

/* Any standard cluster that has a place, if only one kept for it. */
static int check_alignment(struct qcow2_state *s, uint64_t offset, uint64_t host, const struct qcow2_mapping *m,
			   struct error *err)
{
	if (host % s->q->cluster_size == 0)
		return 0;
	qcow2_problem(s->q, QCOW2_CORRUPT, QCOW2_L2_ENTRY, m->entry_offset, 8,
		      "L2 entry has a cluster at %#" PRIx64 ", which is not a multiple of the cluster size", host);
	return corrupt(err, offset);
}

/* A standard cluster whose data is to be read at `host`, the place of the whole cluster. */
static int check_host(struct qcow2_state *s, uint64_t offset, uint64_t host, const struct qcow2_mapping *m,
		      struct error *err)
{
	struct qcow2 *q = s->q;
	uint64_t start = offset - offset % q->cluster_size;

	if (q->data_file_used) {
		if (host != start) {
			qcow2_problem(q, QCOW2_CORRUPT, QCOW2_L2_ENTRY, m->entry_offset, 8,
				      "L2 entry has a cluster at %#" PRIx64 " of the data file, %#" PRIx64 " expected",
				      host, start);
			return corrupt(err, offset);
		}
		return 0;
	}
	if (host >= s->file->size) {
		qcow2_problem(q, QCOW2_TRUNCATED, QCOW2_L2_ENTRY, m->entry_offset, 8,
			      "L2 entry has a cluster at %#" PRIx64 ", past the end of the file (%" PRIu64 " bytes)",
			      host, s->file->size);
		return truncated(err, offset);
	}
	if (host < q->cluster_size || (host >= q->l1_offset && host - q->l1_offset < q->l1_entries * 8)) {
		qcow2_problem(q, QCOW2_CORRUPT, QCOW2_L2_ENTRY, m->entry_offset, 8,
			      "L2 entry has a cluster at %#" PRIx64 ", which is in the %s", host,
			      host < q->cluster_size ? "header" : "L1 table");
		return corrupt(err, offset);
	}
	return 0;
}

int qcow2_map(struct qcow2_state *s, uint64_t offset, struct qcow2_mapping *ret, struct error *err)
{
	struct qcow2 *q = s->q;
	uint64_t within = offset % q->cluster_size, table, index, entry = 0, bitmap = 0, host;
	uint64_t per_l1 = q->cluster_size << s->l2_bits;
	struct qcow2_mapping m = { .type = QCOW2_MAP_UNALLOCATED, .length = q->cluster_size - within };
	bool allocated;
	int r = lookup_l1(s, offset, &table, err);

	if (r < 0)
		return r;
	if (!table) {
		m.length = per_l1 - offset % per_l1;
		*ret = m;
		return 0;
	}
	index = offset >> s->cluster_bits & ((1ULL << s->l2_bits) - 1);
	m.entry_offset = table + index * s->l2_entry_size;
	r = qcow2_table_entry(s, m.entry_offset, &entry, err);
	if (!r && q->extended_l2)
		r = qcow2_table_entry(s, m.entry_offset + 8, &bitmap, err);
	if (r == -ENODATA)
		qcow2_problem(q, QCOW2_TRUNCATED, QCOW2_L2_ENTRY, table, q->cluster_size,
			      "the L2 table at %#" PRIx64 " is cut off by the end of the file (%" PRIu64 " bytes)",
			      table, s->file->size);
	if (r < 0)
		return r;
	m.entry = entry;
	if (entry & QCOW2_COMPRESSED_BIT) {
		r = map_compressed(s, offset, &m, err);
		*ret = m;
		return r;
	}
	if (entry & (QCOW2_L2_RESERVED_BITS | (q->extended_l2 ? QCOW2_ZERO_BIT : 0)))
		qcow2_problem(q, QCOW2_CORRUPT, QCOW2_L2_RESERVED, m.entry_offset, 8,
			      "L2 entry %#018" PRIx64 " has reserved bits set", entry);
	host = entry & QCOW2_OFFSET_MASK;
	/* an offset of 0 counts in a data file only, and there only with bit 63 */
	allocated = host || (q->data_file_used && entry & QCOW2_COPIED_BIT);
	r = check_alignment(s, offset, host, &m, err);
	if (r < 0)
		return r;
	if (q->extended_l2) {
		r = map_subclusters(s, offset, bitmap, allocated, &m, err);
		if (r < 0)
			return r;
	} else if (entry & QCOW2_ZERO_BIT) {
		if (q->version < 3) {
			qcow2_problem(q, QCOW2_CORRUPT, QCOW2_L2_ENTRY, m.entry_offset, 8,
				      "L2 entry %#018" PRIx64 " is of a zero cluster, which version 2 does not have",
				      entry);
			return corrupt(err, offset);
		}
		m.type = QCOW2_MAP_ZERO;
	} else if (allocated) {
		m.type = QCOW2_MAP_DATA;
	}
	if (m.type == QCOW2_MAP_DATA) {
		r = check_host(s, offset, host, &m, err);
		if (r < 0)
			return r;
		m.host = host + within;
	}
	*ret = m;
	return 0;
}
