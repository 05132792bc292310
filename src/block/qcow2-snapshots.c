/* SPDX-License-Identifier: MIT */
/* qcow2-snapshots: the entries of the snapshot table, one after the other, for each has a length of its own. */
#include "block/qcow2-internal.h"

#include <inttypes.h>

#include "base/cursor.h"
#include "base/limits.h"

#define HEADER_BYTES 40
#define EXTRA_MAX 1024 /* QEMU's own bound */

int qcow2_read_snapshot(struct qcow2_state *s, uint32_t index, uint64_t *at, struct qcow2_snapshot *ret,
			struct error *err)
{
	struct qcow2 *q = s->q;
	unsigned char header[HEADER_BYTES];
	struct cursor c = cursor_make(header, sizeof(header));
	uint32_t id, name, extra;
	int r;

	if (*at > s->file->size || s->file->size - *at < sizeof(header)) {
		qcow2_problem(q, QCOW2_TRUNCATED, QCOW2_SNAPSHOT_TABLE, 64, 8,
			      "the snapshot table goes past the end of the file (%" PRIu64 " bytes)", s->file->size);
		return 0;
	}
	r = view_read(s->file, *at, header, sizeof(header), err);
	if (r < 0)
		return r;
	ret->l1_offset = cursor_be64(&c);
	ret->l1_entries = cursor_be32(&c);
	id = cursor_be16(&c);
	name = cursor_be16(&c);
	cursor_seek(&c, 36);
	extra = cursor_be32(&c);
	if (extra > EXTRA_MAX || ret->l1_offset % q->cluster_size || ret->l1_entries > LIMIT_QCOW2_L1_BYTES / 8) {
		qcow2_problem(q, QCOW2_CORRUPT, QCOW2_SNAPSHOT_TABLE, *at, sizeof(header),
			      "entry %" PRIu32 " of the snapshot table is not valid", index + 1);
		return 0;
	}
	if (ret->l1_entries && ret->l1_offset >= s->file->size)
		qcow2_problem(q, QCOW2_TRUNCATED, QCOW2_SNAPSHOT_TABLE, *at, 8,
			      "snapshot %" PRIu32 "'s L1 table at %#" PRIx64 " lies past the end of the file",
			      index + 1, ret->l1_offset);
	*at += (sizeof(header) + extra + id + name + 7) / 8 * 8;
	return 1;
}
