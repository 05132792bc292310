/* SPDX-License-Identifier: MIT */
/* test_qcow2_cost: what a qcow2 whose tables name each other again and again may cost, in bytes that are read of its file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/unseen.h"
#include "block/qcow2.h"

static struct arena *arena;
static struct error err;

/* A file of zeros but for a few spans of big-endian 8-byte numbers, of which so many repeat. */
#define PERIOD 5

struct span {
	uint64_t offset, size;
	uint64_t period; /* bytes */
	unsigned char bytes[PERIOD * 8];
};
static struct span spans[64];
static unsigned span_count;
static uint64_t snapshot_count, file_size, bytes_read, reads;
static uint64_t own_tables;       /* L1 entries from 2048 on, each of which names a cluster of 512 bytes of its own */
static uint64_t tables_step;      /* of so many is the next one's cluster */
static unsigned char *compressed; /* lies at compressed_at */
static size_t compressed_size;
static uint64_t compressed_at;

static void put_all(uint64_t offset, uint64_t count, const uint64_t *words, unsigned period)
{
	struct span *span = &spans[span_count++];

	*span = (struct span){ .offset = offset, .size = count * period * 8, .period = period * 8 };
	for (unsigned i = 0; i < period * 8; i++)
		span->bytes[i] = (unsigned char)(words[i / 8] >> (56 - i % 8 * 8));
}

static void put(uint64_t offset, uint64_t count, uint64_t value)
{
	put_all(offset, count, &value, 1);
}

/* What of [offset, offset + length) is of [at, at + size): *from to *to, from offset on. */
static bool overlap(uint64_t offset, size_t length, uint64_t at, uint64_t size, size_t *from, size_t *to)
{
	*from = at > offset ? (size_t)(at - offset) : 0;
	*to = at + size < offset + length ? (size_t)(at + size - offset) : length;
	return at < offset + length && at + size > offset;
}

/* Bytes [from, to) of the span, by whole copies of its period: a loop over bytes would take longer than what is tested. */
static void fill(unsigned char *out, const struct span *span, uint64_t from, uint64_t to)
{
	uint64_t done = 0, part = span->period;

	for (; done < to - from && done < part; done++)
		out[done] = span->bytes[(from + done) % part];
	for (; done < to - from; done += part) {
		part = done < to - from - done ? done : to - from - done;
		memcpy(out + done, out, part);
	}
}

/* Bytes [from, to) of the L1 entries that name clusters of their own. */
static void fill_own_tables(unsigned char *out, uint64_t from, uint64_t to)
{
	for (uint64_t at = from, n; at < to; at += n, out += n) {
		uint64_t entry = __builtin_bswap64(at / 8 * tables_step * 512 + own_tables * 8);

		n = 8 - at % 8 < to - at ? 8 - at % 8 : to - at;
		memcpy(out, (unsigned char *)&entry + at % 8, n);
	}
}

static int sparse_read(struct view *view, uint64_t offset, void *data, size_t length, struct error *why)
{
	unsigned char *out = data;
	size_t from, to;

	(void)view;
	(void)why;
	memset(out, 0, length);
	for (unsigned i = 0; i < span_count; i++) {
		const struct span *s = &spans[i];

		if (overlap(offset, length, s->offset, s->size, &from, &to))
			fill(out + from, s, offset + from - s->offset, offset + to - s->offset);
	}
	if (own_tables && overlap(offset, length, 2048, own_tables * 8, &from, &to))
		fill_own_tables(out + from, offset + from, offset + to);
	if (compressed && overlap(offset, length, compressed_at, compressed_size, &from, &to))
		memcpy(out + from, compressed + (offset + from - compressed_at), to - from);
	bytes_read += length;
	reads++;
	return 0;
}

static const struct view_ops sparse_ops = { .read = sparse_read };

static int start(void **state)
{
	(void)state;
	limits_begin_image();
	arena = arena_new(LIMIT_ARENA_BYTES);
	span_count = 0;
	snapshot_count = own_tables = 0;
	tables_step = 1;
	bytes_read = reads = 0;
	return 0;
}

static int stop(void **state)
{
	(void)state;
	arena_free(arena);
	free(compressed);
	compressed = NULL;
	return 0;
}

/* Header; the refcount table in cluster 1, its block in 2, the L2 table in 3, the L1 table from 4 on. */
static struct qcow2 *open_qcow2(unsigned bits, uint64_t disk, uint64_t l1_entries, uint64_t size)
{
	static struct view file;
	uint64_t cluster = 1ULL << bits;
	struct qcow2 *q;

	put(0, 1, 0x514649fb00000003);
	put(16, 1, bits);
	put(24, 1, disk);
	put(32, 1, l1_entries);
	put(40, 1, 4 * cluster);
	put(48, 1, cluster);
	put(56, 1, 1ULL << 32 | snapshot_count);
	put(96, 1, 4ULL << 32 | 112);
	put(cluster, 1, 2 * cluster);
	file_size = size;
	file = (struct view){ .ops = &sparse_ops, .size = size };
	assert_int_equal(qcow2_open(arena, &file, &q, &err), 0);
	assert_true(q->usable);
	bytes_read = reads = 0;
	return q;
}

#define CLUSTER 4096ULL

static void an_l2_table_that_all_l1_entries_name(void **state)
{
	uint64_t entries = 1 << 17;
	struct qcow2_refcounts counts;
	struct qcow2 *q;

	(void)state;
	put(3 * CLUSTER, 512, 5 * CLUSTER);
	put(4 * CLUSTER, entries, 3 * CLUSTER);
	q = open_qcow2(12, entries * 512 * CLUSTER, entries, 4 * CLUSTER + entries * 8);
	assert_int_equal(qcow2_check_refcounts(q, &counts, &err), 0);
	/* as often as they name it: the count of the table, and of the cluster that it names, is 0 */
	assert_true(counts.too_low >= 2);
	assert_true(bytes_read < 4 * file_size);
}

static void references_are_counted_as_often_as_they_stand_there(void **state)
{
	struct qcow2_refcounts counts;
	struct qcow2 *q;

	(void)state;
	/* 3 entries, one table, in which 2 entries name one cluster: 3 and 6; 1 for all else but the cluster in the middle */
	put(2 * CLUSTER, 1, 0x0001000100010003);
	put(2 * CLUSTER + 8, 1, 0x0001000600000000);
	put(3 * CLUSTER, 2, 5 * CLUSTER);
	put(4 * CLUSTER, 3, 3 * CLUSTER);
	q = open_qcow2(12, 3 * 512 * CLUSTER, 3, 7 * CLUSTER);
	assert_int_equal(qcow2_check_refcounts(q, &counts, &err), 0);
	assert_int_equal(counts.too_low, 0);
	assert_int_equal(counts.leaked, 0);
	assert_int_equal(counts.bad_copied, 0);
	assert_int_equal(q->problem_count, 0);
}

/* A table of snapshots, all with the L1 table of the disk. */
static void put_snapshots(uint64_t table, uint64_t count, uint64_t entries)
{
	const uint64_t snapshot[] = { 4 * CLUSTER, entries << 32, 0, 0, 0 };

	snapshot_count = count;
	put(64, 1, table);
	put_all(table, count, snapshot, 5);
}

static void snapshots_that_share_an_l1_table(void **state)
{
	const uint64_t entries = 1 << 17, table = 4 * CLUSTER + entries * 8, count = 100;
	struct qcow2_refcounts counts;
	struct qcow2 *q;

	(void)state;
	put_snapshots(table, count, entries);
	put(3 * CLUSTER, 512, 5 * CLUSTER);
	put(4 * CLUSTER, entries, 3 * CLUSTER);
	q = open_qcow2(12, entries * 512 * CLUSTER, entries, table + CLUSTER);
	assert_int_equal(q->snapshots, count);
	assert_int_equal(qcow2_check_refcounts(q, &counts, &err), 0);
	assert_true(counts.too_low >= 2);
	/* each L1 table for each that has it, and what these name once */
	assert_true(bytes_read < (count + 4) * entries * 8);
}

static void snapshots_have_an_end(void **state)
{
	const uint64_t entries = LIMIT_QCOW2_L1_BYTES / 8, table = 1 * GiB, count = 4000;
	struct qcow2_refcounts counts;
	struct qcow2 *q;

	(void)state;
	put_snapshots(table, count, entries);
	q = open_qcow2(12, GiB, 512, table + 100 * CLUSTER);
	assert_int_equal(q->snapshots, count);
	assert_int_equal(qcow2_check_refcounts(q, &counts, &err), -EFBIG);
	/* 64 is paid for each of 8 */
	assert_true(bytes_read <= LIMIT_QCOW2_TABLES / 8);
}

/* A table in each cluster of a file that is nearly all holes. */
static void small_clusters_have_an_end(void **state)
{
	const uint64_t entries = LIMIT_QCOW2_L1_BYTES / 8;
	struct qcow2_refcounts counts;
	struct qcow2 *q;

	(void)state;
	q = open_qcow2(9, entries * 64 * 512, entries, 4 * 512 + entries * 8 + (entries + 256) * 512);
	own_tables = entries;
	assert_int_equal(qcow2_check_refcounts(q, &counts, &err), -EFBIG);
	assert_true(reads <= LIMIT_QCOW2_TABLES / 4096);
}

/* Who asks where there is data, and who reads here and there.  Most tables have some, so that one look at each does. */
static void tables_that_lie_apart_have_an_end(void **state)
{
	const uint64_t entries = LIMIT_QCOW2_L1_BYTES / 8, far = LIMIT_QCOW2_TABLES / LIMIT_QCOW2_FAR;
	const uint64_t table = 64 * 512, filled = far / 8 * 7; /* guest's bytes of a table, and how many have data */
	struct view *disk;
	struct qcow2 *q;
	unsigned char out[16];
	uint64_t at;

	(void)state;
	put(entries * 8, (256 + filled) * table / 8, 1ULL << 63 | 512); /* the first is the 256th: see fill_own_tables */
	q = open_qcow2(9, entries * table, entries, 4 * 512 + entries * 8 + (entries * 64 + 256) * 512);
	own_tables = entries;
	tables_step = 64;
	disk = qcow2_view(q);
	limits_begin_image();
	for (at = 0; at < filled * table; at += table)
		assert_int_equal(view_next_data(disk, at), at);
	assert_int_equal(unseen_count, 0);
	assert_true(reads >= filled);
	for (; at < disk->size && reads <= far && !unseen_count; at = view_next_data(disk, at + 1))
		;
	assert_true(at < disk->size);
	assert_non_null(unseen_with(EFBIG));
	assert_true(reads <= far);
	assert_int_equal(view_read(disk, disk->size / 2, out, sizeof(out), &err), -EFBIG);
	/* tables side by side are no such case, although a page of the file holds but eight of them */
	q = open_qcow2(9, entries * table, entries, 4 * 512 + entries * 8 + (entries + 256) * 512);
	tables_step = 1;
	limits_begin_image();
	disk = qcow2_view(q);
	for (at = 0; at < 9 * far * table; at += table)
		assert_int_equal(view_next_data(disk, at), at);
	assert_int_equal(unseen_count, 0);
}

/* One table for the whole disk: from whatever place on, it is a long way to the next data. */
static void asking_for_data_again_and_again_has_an_end(void **state)
{
	const uint64_t entries = 1 << 17;
	struct view *disk;
	struct qcow2 *q;
	unsigned asked = 0;
	uint64_t at = 0;

	(void)state;
	put(3 * 512, 64, 1); /* clusters of zeros */
	put(4 * 512, entries, 3 * 512);
	q = open_qcow2(9, entries * 64 * 512, entries, 4 * 512 + entries * 8);
	disk = qcow2_view(q);
	while (asked < 10000 && view_next_data(disk, at) > at) {
		asked++;
		at = (at + 48 * KiB) % (disk->size / 2);
	}
	assert_true(asked < 100);
	/* it is read as well as ever */
	assert_int_equal(view_read(disk, at, &asked, sizeof(asked), &err), 0);
	assert_int_equal(asked, 0);
}

static void blocks_past_the_end_that_are_one(void **state)
{
	uint64_t cluster = 2 * MiB;
	struct qcow2 *q;

	(void)state;
	q = open_qcow2(21, 512 * GiB, 1, 5 * cluster);
	put(cluster, cluster / 8, 2 * cluster);
	assert_int_equal(qcow2_check_truncated(q, &err), -EFBIG);
	assert_true(bytes_read <= 260 * MiB);
}

/* Zeros, behind so many empty blocks that are stored, five bytes each. */
static void make_compressed(size_t size, size_t blocks)
{
	unsigned char *zeros = calloc(1, size);
	z_stream z = { .next_in = zeros, .avail_in = (uInt)size };

	compressed = malloc(size);
	for (size_t i = 0; i < blocks; i++)
		memcpy(compressed + i * 5, "\0\0\0\xff\xff", 5);
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -12, 9, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_out = compressed + blocks * 5;
	z.avail_out = (uInt)(size - blocks * 5);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	compressed_size = blocks * 5 + z.total_out;
	deflateEnd(&z);
	free(zeros);
}

/* `count` guest clusters, each with a descriptor of its own for the same compressed bytes. */
static struct qcow2 *open_compressed(unsigned count, size_t blocks)
{
	uint64_t cluster = 2 * MiB;

	free(compressed);
	make_compressed(cluster, blocks);
	compressed_at = 5 * cluster;
	for (unsigned i = 0; i < count; i++)
		/* so many sectors, of which the last are not needed */
		put(3 * cluster + i * 8, 1, 1ULL << 62 | (uint64_t)(compressed_size / 512 + 1 + i) << 49 | compressed_at);
	put(4 * cluster, 1, 3 * cluster | 1ULL << 63);
	return open_qcow2(21, 64 * cluster, 1, 6 * cluster);
}

static void large_clusters_are_kept_while_four_are_read_side_by_side(void **state)
{
	struct qcow2 *q = open_compressed(5, 0);
	unsigned char out[16];
	uint64_t first;

	(void)state;
	for (uint64_t i = 0; i < 4; i++)
		assert_int_equal(view_read(qcow2_view(q), i * 2 * MiB, out, sizeof(out), &err), 0);
	first = reads;
	for (uint64_t i = 0; i < 400; i++)
		assert_int_equal(view_read(qcow2_view(q), i % 4 * 2 * MiB + i, out, sizeof(out), &err), 0);
	assert_int_equal(reads, first);
}

static void decompressing_the_same_clusters_again_and_again_has_an_end(void **state)
{
	struct qcow2 *q = open_compressed(5, 0);
	unsigned char out[16];
	unsigned done = 0;
	struct limits before = limits;

	(void)state;
	limits.decompressed = 10 * MiB;
	while (done < 1000 && view_read(qcow2_view(q), done % 5 * 2 * MiB, out, sizeof(out), &err) == 0)
		done++;
	assert_in_range(done, 9, 10);
	assert_int_equal(err.code, EFBIG);
	assert_non_null(strstr(err.message, "--max-decompressed"));
	assert_non_null(unseen_with(EFBIG));
	limits.decompressed = 20 * MiB;
	assert_int_equal(view_read(qcow2_view(q), 0, out, sizeof(out), &err), 0);
	limits = before;
}

/* A cluster that is made of many small blocks takes as long as many clusters. */
static void clusters_of_empty_blocks_have_an_end(void **state)
{
	struct qcow2 *q = open_compressed(5, 300000);
	unsigned char out[16];
	unsigned done = 0;

	(void)state;
	while (done < 1000 && view_read(qcow2_view(q), done % 5 * 2 * MiB, out, sizeof(out), &err) == 0)
		done++;
	assert_in_range(done, 1, 40);
	assert_int_equal(err.code, EFBIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_l2_table_that_all_l1_entries_name, start, stop),
		cmocka_unit_test_setup_teardown(references_are_counted_as_often_as_they_stand_there, start, stop),
		cmocka_unit_test_setup_teardown(snapshots_that_share_an_l1_table, start, stop),
		cmocka_unit_test_setup_teardown(snapshots_have_an_end, start, stop),
		cmocka_unit_test_setup_teardown(small_clusters_have_an_end, start, stop),
		cmocka_unit_test_setup_teardown(tables_that_lie_apart_have_an_end, start, stop),
		cmocka_unit_test_setup_teardown(asking_for_data_again_and_again_has_an_end, start, stop),
		cmocka_unit_test_setup_teardown(blocks_past_the_end_that_are_one, start, stop),
		cmocka_unit_test_setup_teardown(large_clusters_are_kept_while_four_are_read_side_by_side, start, stop),
		cmocka_unit_test_setup_teardown(decompressing_the_same_clusters_again_and_again_has_an_end, start, stop),
		cmocka_unit_test_setup_teardown(clusters_of_empty_blocks_have_an_end, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
