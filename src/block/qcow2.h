/* SPDX-License-Identifier: MIT */
/* qcow2: reads QEMU's copy-on-write container, versions 2 and 3.
 *
 * Source: docs/interop/qcow2 of QEMU ("the specification" below); where it leaves a choice, what QEMU's block/qcow2*.c
 * does. All features of version 3 are read but encryption: zlib and zstd clusters, extended L2 entries, external data
 * files, backing chains.  No file is ever opened here: a backing or data file is only named, and attached by the
 * caller.
 *
 * What is wrong with the container becomes `problems`, at once for the header and, as reads happen, for the tables on
 * the way.  Memory is bounded: a few pages of metadata and one decompressed cluster are kept, whatever the image's
 * size.  Nothing is taken from the arena after qcow2_open (but in the two checks), so that callers may read between
 * arena_mark and arena_release.
 */
#ifndef BLOCK_QCOW2_H
#define BLOCK_QCOW2_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "block/view.h"

enum qcow2_kind {
	QCOW2_TRUNCATED, /* it refers to bytes past the end of the file */
	QCOW2_CORRUPT,   /* it cannot be so in a sound image; what it describes cannot be read, or not be trusted */
	QCOW2_NOTE,      /* breaks the specification, and is read all the same */
};

/* What exactly was found; together with the offset this identifies a problem. */
enum qcow2_defect {
	QCOW2_HEADER_SHORT,
	QCOW2_HEADER_FIELD,
	QCOW2_HEADER_EXTENSION,
	QCOW2_L1_TABLE,
	QCOW2_L1_ENTRY,
	QCOW2_L2_ENTRY,
	QCOW2_L2_RESERVED,
	QCOW2_SUBCLUSTERS,
	QCOW2_COMPRESSED,
	QCOW2_DATA_FILE_END,
	QCOW2_REFCOUNT_TABLE,
	QCOW2_REFCOUNT_BLOCK,
	QCOW2_REFCOUNT,
	QCOW2_SNAPSHOT_TABLE,
};

struct qcow2_problem {
	enum qcow2_kind kind;
	enum qcow2_defect defect;
	uint64_t offset, length; /* the bytes of the container that say so */
	char message[184];       /* one line, without the place and without a full stop */
};

/* A name that the container holds. */
struct qcow2_name {
	const char *text;        /* NULL: there is none.  Ends at the first NUL byte, as QEMU reads it. */
	uint64_t offset, length; /* where it stands in the container, bytes */
};

#define QCOW2_PROBLEMS_MAX 64

struct qcow2 {
	unsigned version;
	uint64_t size;         /* of the guest disk, bytes */
	uint64_t cluster_size; /* bytes */
	uint64_t l1_offset;    /* bytes */
	uint64_t l1_entries;
	uint64_t incompatible, compatible, autoclear; /* feature bits */
	unsigned refcount_bits;
	unsigned compression; /* 0 zlib, 1 zstd */
	bool dirty, corrupt;  /* incompatible feature bits 0 and 1 */
	bool extended_l2, data_file_used, data_file_raw;
	uint32_t snapshots;
	struct qcow2_name backing, backing_format, data_file;
	bool usable; /* the header is good enough to read the guest disk */
	struct qcow2_problem problems[QCOW2_PROBLEMS_MAX];
	unsigned problem_count;
	unsigned problems_dropped; /* found when the list was full */
	struct qcow2_state *state;
};

/* Does the file begin with a qcow2's magic and version 2 or above?  Version 1 is another format. */
bool qcow2_probe(const void *start, size_t size);

/* Reads the header.  0 with *ret whenever the header could be looked at, even if it is too broken for more (then
 * `usable` is false and problems say why).  -ENOTSUP for encryption, unknown incompatible features, compression types
 * and versions, with their names in err and *ret filled as far as the header goes; -EIO and the like when the file
 * could not be read
 * (*ret is NULL).  Everything lives in the arena; `file` must outlive it. */
int qcow2_open(struct arena *arena, struct view *file, struct qcow2 **ret, struct error *err);

/* The guest disk; NULL if the image is not usable.  Reads fail with -ENODATA where the container refers to bytes past
 * the end of its file, -EBADMSG where its tables or compressed data are corrupt (both are in `problems` then), and
 * -ENOLINK where the data is in a backing or data file that was not attached. */
struct view *qcow2_view(struct qcow2 *q);

/* Attaches the disk that unallocated clusters are read from; what lies beyond its end reads as zeros. */
void qcow2_set_backing(struct qcow2 *q, struct view *backing);

/* Attaches the raw external data file. */
void qcow2_set_data_file(struct qcow2 *q, struct view *data);

/* Looks whether clusters that are in use lie past the end of the file, without walking all tables: asks the reference
 * counts of what would follow the end, and only if some are not zero looks through the L2 tables for an entry that
 * points there (`problems` has it then).  0, or a negative errno if it could not look. */
int qcow2_check_truncated(struct qcow2 *q, struct error *err);

struct qcow2_refcounts {
	uint64_t clusters;   /* of the file */
	uint64_t leaked;     /* clusters whose count is higher than their references: wasted, harmless */
	uint64_t too_low;    /* clusters whose count is lower: the next write may destroy data */
	uint64_t bad_copied; /* entries whose "refcount is one" bit is wrong */
};

/* Walks all tables, those of snapshots too, and compares them with the reference counts (specification, "Host cluster
 * management").  What it finds wrong, leaks apart, is added to problems.  0, or a negative errno if it could not look:
 * -EFBIG if the metadata is over LIMIT_QCOW2_TABLES. */
int qcow2_check_refcounts(struct qcow2 *q, struct qcow2_refcounts *ret, struct error *err);

#endif
