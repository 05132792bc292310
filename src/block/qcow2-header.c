/* SPDX-License-Identifier: MIT */
/* qcow2-header: the header, its extensions, and what is wrong with them (specification, "Header").
 *
 * Where QEMU refuses an image but its disk could be read all the same, the problem is listed and reading goes on, so
 * that one defect does not hide the next.  Not here: the tables behind the header, which qcow2-map reads on demand.
 */
#include "block/qcow2-internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/limits.h"

#define MAGIC 0x514649fbU /* QFI\xfb */
#define HEADER_V2 72
#define HEADER_V3 104
#define COMPRESSION_OFFSET 104
#define EXTENSION_BACKING_FORMAT 0xe2792acaU
#define EXTENSION_FEATURE_NAMES 0x6803f857U
#define EXTENSION_DATA_FILE 0x44415441U
#define EXTENSION_BITMAPS 0x23852875U
#define EXTENSION_CRYPTO 0x0537be77U
#define FEATURE_NAME_SIZE 48
#define BACKING_NAME_MAX 1023
#define BACKING_FORMAT_MAX 15 /* QEMU's own bound */
#define SNAPSHOTS_CHECKED 1000 /* the rest is looked at with all tables */

bool qcow2_probe(const void *start, size_t size)
{
	struct cursor c = cursor_make(start, size);

	return cursor_be32(&c) == MAGIC && cursor_be32(&c) >= 2 && cursor_ok(&c);
}

void qcow2_problem(struct qcow2 *q, enum qcow2_kind kind, enum qcow2_defect defect, uint64_t offset, uint64_t length,
		   const char *format, ...)
{
	struct qcow2_problem *p;
	va_list ap;

	for (unsigned i = 0; i < q->problem_count; i++)
		if (q->problems[i].defect == defect && q->problems[i].offset == offset)
			return;
	if (q->problem_count == QCOW2_PROBLEMS_MAX) {
		q->problems_dropped++;
		return;
	}
	p = &q->problems[q->problem_count++];
	*p = (struct qcow2_problem){ .kind = kind, .defect = defect, .offset = offset, .length = length };
	va_start(ap, format);
	vsnprintf(p->message, sizeof(p->message), format, ap);
	va_end(ap);
}

/* Reads up to `length` bytes; fewer where the file ends, the rest stays zero. */
static int read_clipped(struct view *file, uint64_t offset, unsigned char *data, size_t length, struct error *err)
{
	if (offset >= file->size)
		return 0;
	return view_read(file, offset, data, (size_t)qcow2_min(length, file->size - offset), err);
}

static int read_name(struct qcow2_state *s, uint64_t offset, uint64_t length, struct qcow2_name *ret, struct error *err)
{
	unsigned char *text = arena_alloc(s->arena, length + 1);
	int r = read_clipped(s->file, offset, text, length, err);

	if (r < 0)
		return r;
	*ret = (struct qcow2_name){ .text = (const char *)text, .offset = offset, .length = length };
	return 0;
}

/* The names of the unknown incompatible features, from the image's own table or as bit numbers. */
static void name_features(struct qcow2_state *s, uint64_t bits, uint64_t table, uint64_t table_length,
			  struct buffer *out)
{
	struct error ignored;
	unsigned char row[FEATURE_NAME_SIZE];

	for (unsigned bit = 0; bit < 64; bit++) {
		const char *name = NULL;

		if (!(bits >> bit & 1))
			continue;
		/* At most 64 types x 64 bits make sense in the table. */
		for (uint64_t i = 0; i < 256 && (i + 1) * sizeof(row) <= table_length && !name; i++) {
			memset(row, 0, sizeof(row));
			if (read_clipped(s->file, table + i * sizeof(row), row, sizeof(row), &ignored) < 0)
				break;
			if (row[0] == 0 && row[1] == bit && row[2])
				name = (const char *)row + 2;
		}
		buffer_string(out, out->size ? ", " : "");
		if (name)
			buffer_printf(out, "\"%.46s\" (bit %u)", name, bit);
		else
			buffer_printf(out, "bit %u", bit);
	}
}

/* Specification, "Header extensions".  `end` is where QEMU stops too: the backing file's name, or the first cluster's
 * end. */
static int read_extensions(struct qcow2_state *s, uint64_t offset, uint64_t end, uint64_t unknown, uint32_t encryption,
			   struct error *err)
{
	struct qcow2 *q = s->q;
	uint64_t names = 0, names_length = 0;

	for (unsigned i = 0; offset < end; i++) {
		unsigned char head[8] = { 0 };
		struct cursor c = cursor_make(head, sizeof(head));
		uint32_t type, length;
		int r = read_clipped(s->file, offset, head, sizeof(head), err);

		if (r < 0)
			return r;
		type = cursor_be32(&c);
		length = cursor_be32(&c);
		/* of the end marker, too, QEMU checks the length */
		if (end - offset < 8 || length > end - offset - 8) {
			qcow2_problem(q, QCOW2_CORRUPT, QCOW2_HEADER_EXTENSION, offset, 8,
				      "header extension %#" PRIx32 " of %" PRIu32
				      " bytes does not fit into the header cluster",
				      type, length);
			break;
		}
		if (!type)
			break;
		if (i == LIMIT_QCOW2_HEADER_EXTENSIONS)
			return limit_error(err, "the qcow2 has more than %d header extensions", LIMIT_QCOW2_HEADER_EXTENSIONS);
		offset += 8;
		if (type == EXTENSION_BACKING_FORMAT && length > BACKING_FORMAT_MAX)
			qcow2_problem(q, QCOW2_CORRUPT, QCOW2_HEADER_EXTENSION, offset - 8, 8,
				      "the backing file's format has a name of %" PRIu32 " bytes", length);
		else if (type == EXTENSION_BACKING_FORMAT)
			r = read_name(s, offset, length, &q->backing_format, err);
		else if (type == EXTENSION_DATA_FILE && length > LIMIT_FILE_NAME)
			qcow2_problem(q, QCOW2_CORRUPT, QCOW2_HEADER_EXTENSION, offset - 8, 8,
				      "the external data file has a name of %" PRIu32 " bytes", length);
		else if (type == EXTENSION_DATA_FILE)
			r = read_name(s, offset, length, &q->data_file, err);
		else if (type == EXTENSION_CRYPTO && !encryption)
			qcow2_problem(q, QCOW2_CORRUPT, QCOW2_HEADER_EXTENSION, offset - 8, 8,
				      "the header has an extension for encryption, and is not encrypted");
		else if (type == EXTENSION_BITMAPS)
			r = qcow2_read_bitmaps(s, offset, length, err);
		else if (type == EXTENSION_FEATURE_NAMES) {
			names = offset;
			names_length = length;
		}
		if (r < 0)
			return r;
		offset += ((uint64_t)length + 7) / 8 * 8;
	}
	if (unknown) {
		BUFFER_AUTO list = buffer_make(sizeof(err->message) / 2);

		name_features(s, unknown, names, names_length, &list);
		return error_set(err, ENOTSUP, "the qcow2 uses features that are not known here: %s", list.data);
	}
	return 0;
}

static void check_l1(struct qcow2_state *s)
{
	struct qcow2 *q = s->q;
	uint64_t per_l1 = q->cluster_size << s->l2_bits; /* at most 2^39 */
	uint64_t needed = q->size / per_l1 + (q->size % per_l1 != 0);

	q->usable = false;
	if (q->l1_entries * 8 > LIMIT_QCOW2_L1_BYTES) {
		qcow2_problem(q, QCOW2_CORRUPT, QCOW2_HEADER_FIELD, 36, 4,
			      "the L1 table has %" PRIu64 " entries, QEMU reads at most %llu", q->l1_entries,
			      LIMIT_QCOW2_L1_BYTES / 8);
		return;
	}
	if (needed > q->l1_entries) {
		qcow2_problem(q, QCOW2_CORRUPT, QCOW2_HEADER_FIELD, 36, 4,
			      "the L1 table has %" PRIu64 " entries, a disk of %" PRIu64 " bytes needs %" PRIu64,
			      q->l1_entries, q->size, needed);
		return;
	}
	if (q->l1_offset % q->cluster_size) {
		qcow2_problem(q, QCOW2_CORRUPT, QCOW2_HEADER_FIELD, 40, 8,
			      "the L1 table's offset %#" PRIx64 " is not a multiple of the cluster size", q->l1_offset);
		return;
	}
	if (needed && q->l1_offset < q->cluster_size) {
		qcow2_problem(q, QCOW2_CORRUPT, QCOW2_HEADER_FIELD, 40, 8, "the L1 table lies in the header's cluster");
		return;
	}
	if (needed && (q->l1_offset >= s->file->size || needed * 8 > s->file->size - q->l1_offset))
		qcow2_problem(q, QCOW2_TRUNCATED, QCOW2_L1_TABLE, 40, 8,
			      "the L1 table at %#" PRIx64 " (%" PRIu64 " bytes) lies past the end of the file (%" PRIu64
			      " bytes)",
			      q->l1_offset, needed * 8, s->file->size);
	q->usable = !needed || q->l1_offset < s->file->size;
}

/* QEMU reads the snapshot table when it opens the image, and refuses it for a bad entry. */
static int check_snapshots(struct qcow2_state *s, struct error *err)
{
	struct qcow2 *q = s->q;
	uint64_t at = s->snapshots_offset;

	if (q->snapshots > QCOW2_SNAPSHOTS_MAX || at % q->cluster_size || at >= s->file->size)
		return 0; /* listed already */
	if (q->snapshots && !at) {
		qcow2_problem(q, QCOW2_CORRUPT, QCOW2_HEADER_FIELD, 64, 8,
			      "the snapshot table lies in the header's cluster");
		return 0;
	}
	for (uint32_t i = 0; i < q->snapshots && i < SNAPSHOTS_CHECKED; i++) {
		struct qcow2_snapshot snapshot;
		int r = qcow2_read_snapshot(s, i, &at, &snapshot, err);

		if (r <= 0)
			return r;
	}
	return 0;
}

static void check_refcount_fields(struct qcow2_state *s)
{
	struct qcow2 *q = s->q;
	uint64_t table_bytes = s->refcount_table_clusters * q->cluster_size;

	if (!s->refcount_table_clusters)
		qcow2_problem(q, QCOW2_CORRUPT, QCOW2_HEADER_FIELD, 56, 4, "the image has no refcount table");
	else if (table_bytes > QCOW2_REFCOUNT_TABLE_MAX)
		qcow2_problem(q, QCOW2_CORRUPT, QCOW2_HEADER_FIELD, 56, 4,
			      "the refcount table has %" PRIu64 " bytes, QEMU reads at most %llu", table_bytes,
			      QCOW2_REFCOUNT_TABLE_MAX);
	else if (s->refcount_table_offset % q->cluster_size || !s->refcount_table_offset)
		qcow2_problem(q, QCOW2_CORRUPT, QCOW2_HEADER_FIELD, 48, 8,
			      "the refcount table's offset %#" PRIx64 " is not a multiple of the cluster size or is 0",
			      s->refcount_table_offset);
	else if (s->refcount_table_offset >= s->file->size)
		qcow2_problem(q, QCOW2_TRUNCATED, QCOW2_REFCOUNT_TABLE, 48, 8,
			      "the refcount table at %#" PRIx64 " lies past the end of the file (%" PRIu64 " bytes)",
			      s->refcount_table_offset, s->file->size);
	if (q->snapshots > QCOW2_SNAPSHOTS_MAX)
		qcow2_problem(q, QCOW2_CORRUPT, QCOW2_HEADER_FIELD, 60, 4,
			      "%" PRIu32 " snapshots, at most %d are possible", q->snapshots, QCOW2_SNAPSHOTS_MAX);
	else if (s->snapshots_offset % q->cluster_size || s->snapshots_offset > INT64_MAX)
		qcow2_problem(q, QCOW2_CORRUPT, QCOW2_HEADER_FIELD, 64, 8,
			      "the snapshot table's offset %#" PRIx64
			      " is not a multiple of the cluster size, or negative",
			      s->snapshots_offset);
	else if (q->snapshots && s->snapshots_offset >= s->file->size)
		qcow2_problem(q, QCOW2_TRUNCATED, QCOW2_SNAPSHOT_TABLE, 64, 8,
			      "the snapshot table at %#" PRIx64 " lies past the end of the file (%" PRIu64 " bytes)",
			      s->snapshots_offset, s->file->size);
}

/* Names what kind of encryption or compression we cannot read, if any. */
static int check_supported(const struct qcow2 *q, uint32_t encryption, struct error *err)
{
	if (encryption)
		return error_set(err, ENOTSUP, "the qcow2 is encrypted (%s)",
				 encryption == 1   ? "AES"
				 : encryption == 2 ? "LUKS"
						   : "by an unknown method");
	if (q->compression > 1)
		return error_set(err, ENOTSUP, "the qcow2 has clusters of the unknown compression type %u",
				 q->compression);
	return 0;
}

int qcow2_open(struct arena *arena, struct view *file, struct qcow2 **ret, struct error *err)
{
	struct qcow2 *q = ARENA_NEW(arena, struct qcow2);
	struct qcow2_state *s = ARENA_NEW(arena, struct qcow2_state);
	unsigned char header[112] = { 0 };
	struct cursor c = cursor_make(header, sizeof(header));
	uint64_t backing_offset, header_length = HEADER_V2, end, unknown;
	uint32_t backing_length, encryption, refcount_order = 4;
	int r = read_clipped(file, 0, header, sizeof(header), err);

	*ret = NULL;
	if (r < 0)
		return r;
	*s = (struct qcow2_state){ .q = q, .arena = arena, .file = file, .tables_work = WORK_TABLES };
	q->state = s;
	*ret = q;

	cursor_skip(&c, 4); /* qcow2_probe has seen it */
	q->version = cursor_be32(&c);
	backing_offset = cursor_be64(&c);
	backing_length = cursor_be32(&c);
	s->cluster_bits = cursor_be32(&c);
	q->size = cursor_be64(&c);
	encryption = cursor_be32(&c);
	q->l1_entries = cursor_be32(&c);
	q->l1_offset = cursor_be64(&c);
	s->refcount_table_offset = cursor_be64(&c);
	s->refcount_table_clusters = cursor_be32(&c);
	q->snapshots = cursor_be32(&c);
	s->snapshots_offset = cursor_be64(&c);
	if (q->version > 3)
		return error_set(err, ENOTSUP, "qcow2 version %u is not known here", q->version);
	if (file->size < (q->version == 2 ? HEADER_V2 : HEADER_V3)) {
		qcow2_problem(q, QCOW2_TRUNCATED, QCOW2_HEADER_SHORT, 0, file->size,
			      "the file ends within the qcow2 header (%" PRIu64 " bytes)", file->size);
		return 0;
	}
	if (q->version == 3) {
		q->incompatible = cursor_be64(&c);
		q->compatible = cursor_be64(&c);
		q->autoclear = cursor_be64(&c);
		refcount_order = cursor_be32(&c);
		header_length = cursor_be32(&c);
		if (header_length > COMPRESSION_OFFSET)
			q->compression = cursor_u8(&c);
	}
	q->dirty = q->incompatible & QCOW2_INCOMPATIBLE_DIRTY;
	q->corrupt = q->incompatible & QCOW2_INCOMPATIBLE_CORRUPT;
	q->data_file_used = q->incompatible & QCOW2_INCOMPATIBLE_DATA_FILE;
	q->data_file_raw = q->data_file_used && q->autoclear & QCOW2_AUTOCLEAR_RAW_EXTERNAL;
	q->extended_l2 = q->incompatible & QCOW2_INCOMPATIBLE_EXTENDED_L2;
	unknown = q->incompatible & ~QCOW2_INCOMPATIBLE_KNOWN;

	if (s->cluster_bits < 9 || s->cluster_bits > LIMIT_QCOW2_CLUSTER_BITS) {
		qcow2_problem(q, QCOW2_CORRUPT, QCOW2_HEADER_FIELD, 20, 4, "cluster_bits is %u, 9 to %d expected",
			      s->cluster_bits, LIMIT_QCOW2_CLUSTER_BITS);
		return 0;
	}
	q->cluster_size = 1ULL << s->cluster_bits;
	s->l2_entry_size = q->extended_l2 ? 16 : 8;
	s->l2_bits = s->cluster_bits - (q->extended_l2 ? 4 : 3);
	if (header_length < (q->version == 2 ? HEADER_V2 : HEADER_V3) || header_length > q->cluster_size) {
		qcow2_problem(q, QCOW2_CORRUPT, QCOW2_HEADER_FIELD, 100, 4,
			      "header_length is %" PRIu64 ", %d to %" PRIu64 " expected", header_length, HEADER_V3,
			      q->cluster_size);
		return 0;
	}
	if (backing_offset > q->cluster_size) {
		qcow2_problem(q, QCOW2_CORRUPT, QCOW2_HEADER_FIELD, 8, 8,
			      "the backing file's name at %#" PRIx64 " is not in the header's cluster", backing_offset);
		return 0;
	}
	if (backing_offset) {
		if (backing_length > qcow2_min(BACKING_NAME_MAX, q->cluster_size - backing_offset)) {
			qcow2_problem(q, QCOW2_CORRUPT, QCOW2_HEADER_FIELD, 16, 4,
				      "the backing file's name has %" PRIu32 " bytes, which do not fit",
				      backing_length);
			return 0;
		}
		if (backing_length) {
			r = read_name(s, backing_offset, backing_length, &q->backing, err);
			if (r < 0)
				goto unreadable;
		}
	}
	end = backing_offset ? backing_offset : q->cluster_size;
	r = read_extensions(s, header_length, end, unknown, encryption, err);
	if (r == -ENOTSUP)
		return r;
	if (r < 0)
		goto unreadable;
	if (refcount_order > 6)
		qcow2_problem(q, QCOW2_CORRUPT, QCOW2_HEADER_FIELD, 96, 4,
			      "refcount_order is %" PRIu32 ", at most 6 expected", refcount_order);
	else
		q->refcount_bits = 1U << refcount_order;
	r = check_supported(q, encryption, err);
	if (r < 0)
		return r;
	if (q->version == 3 && !(q->incompatible & QCOW2_INCOMPATIBLE_COMPRESSION) != !q->compression)
		qcow2_problem(q, QCOW2_CORRUPT, QCOW2_HEADER_FIELD, COMPRESSION_OFFSET, 1,
			      "compression_type is %u, which contradicts the compression type feature bit",
			      q->compression);
	if (q->extended_l2 && s->cluster_bits < 14) {
		qcow2_problem(q, QCOW2_CORRUPT, QCOW2_HEADER_FIELD, 20, 4,
			      "cluster_bits is %u, extended L2 entries need at least 14", s->cluster_bits);
		return 0;
	}
	if (q->data_file_used && q->snapshots)
		qcow2_problem(q, QCOW2_CORRUPT, QCOW2_HEADER_FIELD, 60, 4,
			      "internal snapshots and an external data file exclude each other");
	if (!q->data_file_used && q->autoclear & QCOW2_AUTOCLEAR_RAW_EXTERNAL)
		qcow2_problem(q, QCOW2_CORRUPT, QCOW2_HEADER_FIELD, 88, 8,
			      "the bit for a raw external data file is set, and there is no external data file");
	if (q->data_file_raw && q->backing.text)
		qcow2_problem(q, QCOW2_NOTE, QCOW2_HEADER_FIELD, 88, 8,
			      "a backing file and a raw external data file exclude each other");
	check_l1(s);
	check_refcount_fields(s);
	r = check_snapshots(s, err);
	if (r < 0)
		goto unreadable;
	if (q->usable) {
		s->pages = ARENA_ARRAY(arena, QCOW2_PAGES, struct qcow2_page);
		s->cluster_slots = (unsigned)qcow2_min(QCOW2_CLUSTERS, QCOW2_CLUSTERS_BYTES / q->cluster_size);
		/* now rather than at need: a caller may be about to release what is allocated later (arena_mark) */
		for (unsigned i = 0; i < s->cluster_slots; i++)
			s->clusters[i].data = arena_alloc(arena, q->cluster_size);
		s->compressed = arena_alloc(arena, 2 * q->cluster_size);
	}
	s->view = (struct view){ .ops = &qcow2_view_ops, .size = q->size, .state = s };
	return 0;

unreadable:
	*ret = NULL;
	return r;
}

struct view *qcow2_view(struct qcow2 *q)
{
	return q->usable ? &q->state->view : NULL;
}

void qcow2_set_backing(struct qcow2 *q, struct view *backing)
{
	q->state->backing = backing;
}

void qcow2_set_data_file(struct qcow2 *q, struct view *data)
{
	q->state->data = data;
}
