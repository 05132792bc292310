/* SPDX-License-Identifier: MIT */
/* qcow2-read: the guest disk as a view, and compressed clusters (specification, "Compressed Clusters Descriptor"). */
#include "block/qcow2-internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/deflate_blocks.h"
#include "base/limits.h"
#include "base/zstd_parts.h"

/* How many entries next_data looks at before it says "I do not know": a table may refer to one L2 table a million times.  In all
 * calls: who reads a little here and a little there asks as often. */
#define NEXT_DATA_STEPS 1000000

/* Picoseconds for each byte that a cluster decompresses to. */
#define COST_BYTE 2000

/* A raw deflate stream with a window of 4 KiB, as QEMU writes and expects it; it must fill the cluster. */
static bool inflate_cluster(unsigned char *out, size_t out_size, const unsigned char *in, size_t in_size)
{
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)in,
		       .avail_in = (uInt)in_size,
		       .next_out = out,
		       .avail_out = (uInt)out_size };
	uint64_t blocks = 0;
	int r;

	if (inflateInit2(&z, -12) != Z_OK)
		return false;
	r = deflate_blocks(&z, &blocks);
	inflateEnd(&z);
	limit_count(WORK_CLUSTERS, blocks * DEFLATE_BLOCK_COST);
	return (r == Z_STREAM_END || r == Z_OK || r == Z_BUF_ERROR) && !z.avail_out;
}

/* One or more zstd frames that fill the cluster.  Decompressed frame by frame into the cluster itself, so that a
 * frame's window, which it may claim to be of 2 GiB, is never allocated. */
static bool unzstd_cluster(unsigned char *out, size_t out_size, const unsigned char *in, size_t in_size)
{
	ZSTD_DCtx *context = ZSTD_createDCtx();
	struct zstd_parts parts = { 0 };

	while (context && out_size) {
		size_t frame = ZSTD_findFrameCompressedSize(in, in_size), made;

		if (ZSTD_isError(frame))
			break;
		made = ZSTD_decompressDCtx(context, out, out_size, in, frame);
		zstd_parts_see(&parts, in, frame);
		if (ZSTD_isError(made))
			break;
		in += frame;
		in_size -= frame;
		out += made;
		out_size -= made;
	}
	limit_count(WORK_CLUSTERS, parts.count * ZSTD_PART_COST);
	ZSTD_freeDCtx(context);
	return !out_size;
}

/* The slot that holds the cluster, or the one that was not used for longest, emptied. */
static struct qcow2_cluster *find_slot(struct qcow2_state *s, uint64_t entry)
{
	struct qcow2_cluster *oldest = &s->clusters[0];

	for (unsigned i = 0; i < s->cluster_slots; i++) {
		if (s->clusters[i].entry == entry)
			return &s->clusters[i];
		if (s->clusters[i].used < oldest->used)
			oldest = &s->clusters[i];
	}
	oldest->entry = 0;
	return oldest;
}

int qcow2_decompress(struct qcow2_state *s, const struct qcow2_mapping *map, const unsigned char **ret,
		     struct error *err)
{
	struct qcow2 *q = s->q;
	struct qcow2_cluster *slot = find_slot(s, map->entry);
	uint64_t offset, length, present;
	bool ok;
	int r;

	slot->used = ++s->clock;
	*ret = slot->data;
	if (slot->entry == map->entry)
		return 0;
	r = limit_spend(WORK_CLUSTERS, q->cluster_size * COST_BYTE, err);
	if (r < 0)
		return r;
	qcow2_compressed_extent(s, map->entry, &offset, &length);
	/* the last sector may end past the file's end without any data in it */
	present = qcow2_min(length, s->file->size - offset);
	r = view_read(s->file, offset, s->compressed, (size_t)present, err);
	if (r < 0)
		return r;
	if (q->compression == 0)
		ok = inflate_cluster(slot->data, q->cluster_size, s->compressed, (size_t)present);
	else
		ok = unzstd_cluster(slot->data, q->cluster_size, s->compressed, (size_t)present);
	if (ok) {
		slot->entry = map->entry;
		return 0;
	}
	if (present < length) {
		qcow2_problem(q, QCOW2_TRUNCATED, QCOW2_COMPRESSED, map->entry_offset, 8,
			      "compressed cluster at %#" PRIx64 " is cut off by the end of the file (%" PRIu64
			      " bytes)",
			      offset, s->file->size);
		return error_set(err, ENODATA, "the qcow2's compressed cluster at %#" PRIx64 " is cut off", offset);
	}
	qcow2_problem(q, QCOW2_CORRUPT, QCOW2_COMPRESSED, map->entry_offset, 8,
		      "compressed cluster at %#" PRIx64 " (%" PRIu64 " bytes) does not decompress as %s", offset,
		      length, q->compression ? "zstd" : "zlib");
	return error_set(err, EBADMSG, "the qcow2's compressed cluster at %#" PRIx64 " does not decompress", offset);
}

static int read_backing(struct qcow2_state *s, uint64_t offset, unsigned char *data, size_t length, struct error *err)
{
	uint64_t present = 0;

	if (!s->backing) {
		if (s->q->backing.text)
			return error_set(err, ENOLINK,
					 "the data at guest offset %#" PRIx64
					 " is in the backing file, which was not opened",
					 offset);
	} else if (offset < s->backing->size) {
		int r;

		present = qcow2_min(length, s->backing->size - offset);
		r = view_read(s->backing, offset, data, (size_t)present, err);
		if (r < 0)
			return r;
	}
	memset(data + present, 0, length - (size_t)present);
	return 0;
}

static int read_data(struct qcow2_state *s, const struct qcow2_mapping *map, uint64_t offset, unsigned char *data,
		     size_t length, struct error *err)
{
	struct view *from = s->q->data_file_used ? s->data : s->file;

	if (!from)
		return error_set(err, ENOLINK,
				 "the data at guest offset %#" PRIx64
				 " is in the external data file, which was not opened",
				 offset);
	if (map->host > from->size || length > from->size - map->host) {
		qcow2_problem(s->q, QCOW2_TRUNCATED, s->q->data_file_used ? QCOW2_DATA_FILE_END : QCOW2_L2_ENTRY,
			      map->entry_offset, 8,
			      "L2 entry has a cluster at %#" PRIx64 ", cut off by the end of the %s (%" PRIu64
			      " bytes)",
			      map->host - map->host % s->q->cluster_size, s->q->data_file_used ? "data file" : "file",
			      from->size);
		return error_set(err, ENODATA,
				 "the qcow2's data for guest offset %#" PRIx64 " lies past the end of its file",
				 offset);
	}
	return view_read(from, map->host, data, length, err);
}

static int guest_read(struct view *view, uint64_t offset, void *data, size_t length, struct error *err)
{
	struct qcow2_state *s = view->state;
	unsigned char *p = data;

	while (length) {
		const unsigned char *cluster;
		struct qcow2_mapping map;
		size_t n;
		int r = qcow2_map(s, offset, &map, err);

		if (r < 0)
			return r;
		n = (size_t)qcow2_min(length, map.length);
		switch (map.type) {
		case QCOW2_MAP_ZERO:
			memset(p, 0, n);
			break;
		case QCOW2_MAP_UNALLOCATED:
			r = read_backing(s, offset, p, n, err);
			break;
		case QCOW2_MAP_DATA:
			r = read_data(s, &map, offset, p, n, err);
			break;
		case QCOW2_MAP_COMPRESSED:
			r = qcow2_decompress(s, &map, &cluster, err);
			if (!r)
				memcpy(p, cluster + offset % s->q->cluster_size, n);
			break;
		}
		if (r < 0)
			return r;
		p += n;
		offset += n;
		length -= n;
	}
	return 0;
}

static uint64_t guest_next_data(struct view *view, uint64_t offset)
{
	struct qcow2_state *s = view->state;

	for (unsigned step = 0; step < NEXT_DATA_STEPS && !limit_is_spent(WORK_HOLES) && offset < view->size; step++) {
		struct qcow2_mapping map;
		struct error ignored;

		limit_count(WORK_HOLES, 1);
		if (qcow2_map(s, offset, &map, &ignored) < 0)
			return offset;
		if (map.type == QCOW2_MAP_UNALLOCATED && s->backing) {
			/* one look at a hole below serves all the clusters above it */
			if (offset < s->hole_start || offset >= s->hole_end) {
				uint64_t next = view_next_data(s->backing, offset);

				s->hole_start = offset;
				s->hole_end = next < s->backing->size ? next : UINT64_MAX;
			}
			if (s->hole_end - offset < map.length)
				return s->hole_end;
		} else if (map.type != QCOW2_MAP_ZERO && (map.type != QCOW2_MAP_UNALLOCATED || s->q->backing.text)) {
			return offset;
		}
		offset += map.length;
	}
	return offset;
}

const struct view_ops qcow2_view_ops = { guest_read, guest_next_data };
