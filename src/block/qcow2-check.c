/* SPDX-License-Identifier: MIT */
/* qcow2-check: is the file as long as its reference counts say?  A cheap look that needs no walk over the tables. */
#include "block/qcow2-internal.h"

#include <errno.h>

/* How many bytes of refcount blocks behind the file's end are looked at, which a table may name again and again; and how many L2
 * entries after that. */
#define BLOCK_BYTES_MAX (256ULL << 20)
#define MAPPINGS_MAX (16 * 1024 * 1024)

/* Is a refcount of this block, from `bit` of it on, not zero?  Whatever its width: any byte will do.  1, 0 or an errno.
 */
static int block_in_use(struct qcow2_state *s, uint64_t block, uint64_t bit, struct error *err)
{
	for (uint64_t at = bit / 64 * 8; at < s->q->cluster_size; at += 8) {
		uint64_t value;
		int r = qcow2_table_entry(s, block + at, &value, err);

		if (r == -ENODATA)
			return 0;
		if (r < 0)
			return r;
		/* In what was read as big-endian, the counts of wider than a byte and those of whole bytes are in
		 * order. */
		if (at == bit / 64 * 8 && bit % 64)
			value &= UINT64_MAX >> bit % 64 / 8 * 8;
		if (value)
			return 1;
	}
	return 0;
}

/* Do the refcounts say that anything from the file's end on is in use?  1, 0 or a negative errno. */
static int end_in_use(struct qcow2_state *s, struct error *err)
{
	struct qcow2 *q = s->q;
	uint64_t clusters = (s->file->size + q->cluster_size - 1) >> s->cluster_bits;
	uint64_t per_block = q->cluster_size * 8 / q->refcount_bits;
	uint64_t first = clusters / per_block, bit = clusters % per_block * q->refcount_bits;
	uint64_t entries = s->refcount_table_clusters * q->cluster_size / 8, bytes = 0;

	for (uint64_t i = first; i < entries; i++, bit = 0) {
		uint64_t block;
		int r = qcow2_table_entry(s, s->refcount_table_offset + i * 8, &block, err);

		if (r == -ENODATA)
			return 1; /* the table itself is cut off */
		if (r < 0)
			return r;
		block &= ~0x1ffULL;
		if (!block || block % q->cluster_size)
			continue;
		if (block >= s->file->size)
			return 1;
		bytes += q->cluster_size;
		if (bytes > BLOCK_BYTES_MAX)
			return limit_error(err, "the qcow2 has more than %llu MiB of reference counts for what lies past "
					 "the end of its file", BLOCK_BYTES_MAX >> 20);
		r = block_in_use(s, block, bit, err);
		if (r)
			return r;
	}
	return 0;
}

int qcow2_check_truncated(struct qcow2 *q, struct error *err)
{
	struct qcow2_state *s = q->state;
	unsigned before;
	uint64_t at = 0;
	int r;

	if (!q->usable || !q->refcount_bits || !s->refcount_table_offset ||
	    s->refcount_table_offset % q->cluster_size || !s->refcount_table_clusters ||
	    s->refcount_table_clusters * q->cluster_size > QCOW2_REFCOUNT_TABLE_MAX ||
	    s->refcount_table_offset >= s->file->size)
		return 0; /* the header's problems say so, or it is not our question */
	if (q->data_file_used)
		return 0;
	r = end_in_use(s, err);
	if (r <= 0)
		return r;
	/* A leaked cluster may lie there too, which is harmless: only a table entry that points there makes it a
	 * problem. */
	before = q->problem_count;
	for (uint64_t step = 0; at < q->size && step < MAPPINGS_MAX && q->problem_count == before; step++) {
		struct qcow2_mapping map = { 0 };
		struct error ignored;

		if (qcow2_map(s, at, &map, &ignored) < 0 || !map.length)
			map.length = q->cluster_size - at % q->cluster_size;
		at += map.length;
	}
	if (at < q->size && q->problem_count == before)
		return limit_error(err, "clusters past the end of the qcow2's file are in use, and it has more than %u to "
				 "look through for what they hold", MAPPINGS_MAX);
	return 0;
}
