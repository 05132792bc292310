/* SPDX-License-Identifier: MIT */
/* test_qcow2: a small image made by hand, and what the reader says when one thing in it is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "block/qcow2.h"

/* Clusters of 4 KiB: header, L1, refcount table, refcount block, L2, then data. */
#define CLUSTER 4096
#define L1 (1 * CLUSTER)
#define L2 (4 * CLUSTER)
#define DATA (5 * CLUSTER)
#define FILE_SIZE (8 * CLUSTER)
#define DISK (16 * CLUSTER)

static unsigned char image[FILE_SIZE];

static void put(uint64_t offset, unsigned bytes, uint64_t value)
{
	while (bytes--) {
		image[offset + bytes] = (unsigned char)value;
		value >>= 8;
	}
}

static void make_image(void)
{
	memset(image, 0, sizeof(image));
	put(0, 4, 0x514649fb);
	put(4, 4, 3);
	put(20, 4, 12);
	put(24, 8, DISK);
	put(36, 4, 1);
	put(40, 8, L1);
	put(48, 8, 2 * CLUSTER);
	put(56, 4, 1);
	put(96, 4, 4);
	put(100, 4, 112);
	put(L1, 8, L2 | 1ULL << 63);
	put(2 * CLUSTER, 8, 3 * CLUSTER);
	for (unsigned i = 0; i < 8; i++)
		put(3 * CLUSTER + 2 * i, 2, 1);
	put(L2 + 0, 8, DATA | 1ULL << 63);
	put(L2 + 8, 8, 1); /* zero */
	put(L2 + 24, 8, (DATA + CLUSTER) | 1ULL << 63);
	put(L2 + 32, 8, (DATA + 2 * CLUSTER) | 1ULL << 63);
	memset(image + DATA, 0xaa, CLUSTER);
	memset(image + DATA + CLUSTER, 0xbb, CLUSTER);
	memset(image + DATA + 2 * CLUSTER, 0xcc, CLUSTER);
}

static struct arena *arena;
static struct error err;

static struct qcow2 *open_image(uint64_t size)
{
	struct qcow2 *q;

	assert_int_equal(qcow2_open(arena, view_memory(arena, image, size), &q, &err), 0);
	return q;
}

static int start(void **state)
{
	(void)state;
	arena = arena_new(LIMIT_ARENA_BYTES);
	make_image();
	return 0;
}

static int stop(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static int read_at(struct qcow2 *q, uint64_t offset, size_t length)
{
	static unsigned char out[DISK];

	return view_read(qcow2_view(q), offset, out, length, &err);
}

static void good_image(void **state)
{
	struct qcow2 *q = open_image(FILE_SIZE);
	struct view *v = qcow2_view(q);
	unsigned char out[DISK];

	(void)state;
	assert_int_equal(v->size, DISK);
	assert_int_equal(view_read(v, 0, out, DISK, &err), 0);
	assert_int_equal(out[CLUSTER - 1], 0xaa);
	assert_int_equal(out[CLUSTER], 0);
	assert_int_equal(out[2 * CLUSTER], 0);
	assert_int_equal(out[3 * CLUSTER], 0xbb);
	assert_int_equal(out[5 * CLUSTER - 1], 0xcc);
	assert_int_equal(out[DISK - 1], 0);
	assert_int_equal(view_next_data(v, 0), 0);
	assert_int_equal(view_next_data(v, CLUSTER), 3 * CLUSTER);
	assert_int_equal(view_next_data(v, 5 * CLUSTER), DISK);
	assert_int_equal(q->problem_count, 0);
	assert_int_equal(qcow2_check_truncated(q, &err), 0);
	assert_int_equal(q->problem_count, 0);
	assert_true(view_read(v, DISK - 1, out, 2, &err) < 0);
}

static void probe(void **state)
{
	(void)state;
	assert_true(qcow2_probe(image, 8));
	assert_false(qcow2_probe(image, 7));
	put(4, 4, 1);
	assert_false(qcow2_probe(image, 8));
}

/* One field, its value, and what the header's judge says. */
static void bad_header_fields(void **state)
{
	static const struct {
		unsigned offset, bytes;
		uint64_t value;
		enum qcow2_kind kind;
		bool usable;
	} cases[] = {
		{ 20, 4, 8, QCOW2_CORRUPT, false },
		{ 20, 4, 22, QCOW2_CORRUPT, false },
		{ 20, 4, 0xffffffff, QCOW2_CORRUPT, false },
		{ 24, 8, 1ULL << 63, QCOW2_CORRUPT, false },
		{ 24, 8, UINT64_MAX, QCOW2_CORRUPT, false },
		{ 36, 4, 0, QCOW2_CORRUPT, false },
		{ 36, 4, 0xffffffff, QCOW2_CORRUPT, false },
		{ 40, 8, 4097, QCOW2_CORRUPT, false },
		{ 40, 8, 0, QCOW2_CORRUPT, false },
		{ 40, 8, 1ULL << 40, QCOW2_TRUNCATED, false },
		{ 40, 8, UINT64_MAX - 4095, QCOW2_TRUNCATED, false },
		{ 8, 8, 5000, QCOW2_CORRUPT, false },
		{ 100, 4, 72, QCOW2_CORRUPT, false },
		{ 100, 4, 0xfffffff8, QCOW2_CORRUPT, false },
		{ 96, 4, 7, QCOW2_CORRUPT, true },
		{ 56, 4, 0, QCOW2_CORRUPT, true },
		{ 56, 4, 0xffffffff, QCOW2_CORRUPT, true },
		{ 48, 8, 1, QCOW2_CORRUPT, true },
		{ 48, 8, 1ULL << 50, QCOW2_TRUNCATED, true },
		{ 60, 4, 70000, QCOW2_CORRUPT, true },
		{ 104, 1, 1, QCOW2_CORRUPT, true },
		{ 112, 8, 0x12345678ffffffff, QCOW2_CORRUPT, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct qcow2 *q;

		make_image();
		put(cases[i].offset, cases[i].bytes, cases[i].value);
		q = open_image(FILE_SIZE);
		assert_int_equal(q->problem_count, 1);
		assert_int_equal(q->problems[0].kind, cases[i].kind);
		assert_int_equal(q->usable, cases[i].usable);
		assert_int_equal(!!qcow2_view(q), cases[i].usable);
	}
}

static void short_files(void **state)
{
	(void)state;
	for (unsigned size = 8; size <= FILE_SIZE; size++) {
		struct qcow2 *q = open_image(size);

		if (qcow2_view(q)) {
			(void)read_at(q, 0, DISK);
			assert_int_equal(qcow2_check_truncated(q, &err), 0);
		}
		if (size < FILE_SIZE) {
			assert_true(q->problem_count > 0);
			assert_int_equal(q->problems[0].kind, QCOW2_TRUNCATED);
		}
		if (size == 512)
			assert_null(qcow2_view(q));
		arena_free(arena);
		arena = arena_new(LIMIT_ARENA_BYTES);
	}
}

static void unsupported_is_named(void **state)
{
	struct qcow2 *q;
	struct view *file = view_memory(arena, image, FILE_SIZE);

	(void)state;
	put(72, 8, 1ULL << 7 | 1ULL << 9);
	put(112, 4, 0x6803f857);
	put(116, 4, 48);
	image[121] = 7;
	memcpy(image + 122, "time travel", 12);
	assert_int_equal(qcow2_open(arena, file, &q, &err), -ENOTSUP);
	assert_non_null(strstr(err.message, "\"time travel\" (bit 7), bit 9"));
	assert_non_null(q);
	make_image();
	put(32, 4, 2);
	assert_int_equal(qcow2_open(arena, view_memory(arena, image, FILE_SIZE), &q, &err), -ENOTSUP);
	assert_non_null(strstr(err.message, "LUKS"));
	make_image();
	put(4, 4, 4);
	assert_int_equal(qcow2_open(arena, view_memory(arena, image, FILE_SIZE), &q, &err), -ENOTSUP);
	make_image();
	put(72, 8, 8);
	put(104, 1, 2);
	assert_int_equal(qcow2_open(arena, view_memory(arena, image, FILE_SIZE), &q, &err), -ENOTSUP);
}

static void bad_entries(void **state)
{
	static const struct {
		unsigned offset;
		uint64_t value;
		int result;
		enum qcow2_defect defect;
	} cases[] = {
		{ L1, L2 + 512, -EBADMSG, QCOW2_L1_ENTRY },
		{ L1, L1, -EBADMSG, QCOW2_L1_ENTRY },
		{ L1, 1ULL << 40, -ENODATA, QCOW2_L1_ENTRY },
		{ L1, 0x00fffffffffff000, -ENODATA, QCOW2_L1_ENTRY },
		{ L1, L2 | 1, 0, QCOW2_L2_RESERVED },
		{ L2, DATA + 512, -EBADMSG, QCOW2_L2_ENTRY },
		{ L2, L1, -EBADMSG, QCOW2_L2_ENTRY },
		{ L2, FILE_SIZE, -ENODATA, QCOW2_L2_ENTRY },
		{ L2, DATA | 2, 0, QCOW2_L2_RESERVED },
		{ L2, 1ULL << 62 | DATA, -EBADMSG, QCOW2_COMPRESSED },
		{ L2, 1ULL << 62 | 100, -EBADMSG, QCOW2_L2_ENTRY },
		{ L2, 1ULL << 62 | FILE_SIZE, -ENODATA, QCOW2_L2_ENTRY },
		{ L2, 0x7fffffffffffffff, -EBADMSG, QCOW2_L2_ENTRY },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct qcow2 *q;

		make_image();
		put(cases[i].offset, 8, cases[i].value);
		q = open_image(FILE_SIZE);
		assert_int_equal(read_at(q, 10, 100), cases[i].result);
		assert_int_equal(read_at(q, 10, 100), cases[i].result);
		assert_int_equal(q->problem_count, 1);
		assert_int_equal(q->problems[0].defect, cases[i].defect);
		assert_int_equal(q->problems[0].offset, cases[i].offset);
		assert_int_equal(q->problems[0].kind == QCOW2_TRUNCATED, cases[i].result == -ENODATA);
		if (cases[i].offset == L2) /* one bad entry does not hide the next cluster */
			assert_int_equal(read_at(q, 3 * CLUSTER, 100), 0);
	}
}

static void names_are_read_not_followed(void **state)
{
	struct qcow2 *q;
	struct view *backing;
	unsigned char out[CLUSTER], below[CLUSTER / 2];

	(void)state;
	put(112, 4, 0xe2792aca);
	put(116, 4, 3);
	memcpy(image + 120, "raw", 3);
	put(8, 8, 200);
	put(16, 4, 11);
	memcpy(image + 200, "/etc/passwd", 11);
	q = open_image(FILE_SIZE);
	assert_string_equal(q->backing.text, "/etc/passwd");
	assert_int_equal(q->backing.offset, 200);
	assert_string_equal(q->backing_format.text, "raw");
	assert_int_equal(read_at(q, 2 * CLUSTER, 1), -ENOLINK);
	assert_int_equal(read_at(q, CLUSTER, 1), 0); /* zero cluster: nothing of the backing file */
	assert_int_equal(view_next_data(qcow2_view(q), CLUSTER), 2 * CLUSTER);
	memset(below, 0x55, sizeof(below));
	backing = view_slice(arena, view_memory(arena, image, FILE_SIZE), 0, 2 * CLUSTER + 10);
	qcow2_set_backing(q, backing);
	assert_int_equal(view_read(qcow2_view(q), 2 * CLUSTER, out, CLUSTER, &err), 0);
	assert_memory_equal(out, image + 2 * CLUSTER, 10);
	assert_int_equal(out[10], 0); /* beyond the backing file's end */
	assert_int_equal(q->problem_count, 0);
}

static void data_file_must_be_attached(void **state)
{
	struct qcow2 *q;

	(void)state;
	put(72, 8, 4);
	put(112, 4, 0x44415441);
	put(116, 4, 8);
	memcpy(image + 120, "data.raw", 8);
	put(L2, 8, 1ULL << 63);
	q = open_image(FILE_SIZE);
	assert_true(q->data_file_used);
	assert_string_equal(q->data_file.text, "data.raw");
	assert_int_equal(read_at(q, 0, 1), -ENOLINK);
	qcow2_set_data_file(q, view_memory(arena, "0123456789", 10));
	assert_int_equal(read_at(q, 2, 8), 0);
	assert_int_equal(read_at(q, 2, 9), -ENODATA);
	assert_int_equal(q->problems[0].defect, QCOW2_DATA_FILE_END);
	assert_int_equal(read_at(q, 3 * CLUSTER, 1), -EBADMSG); /* not where a data file's cluster must be */
}

static void the_list_of_problems_is_bounded(void **state)
{
	struct qcow2 *q;

	(void)state;
	put(24, 8, 512 * CLUSTER);
	for (unsigned i = 0; i < 512; i++)
		put(L2 + 8 * i, 8, 1ULL << 45);
	q = open_image(FILE_SIZE);
	for (unsigned i = 0; i < 512; i++)
		assert_int_equal(read_at(q, i * CLUSTER, 1), -ENODATA);
	assert_int_equal(q->problem_count, QCOW2_PROBLEMS_MAX);
	assert_int_equal(q->problems_dropped, 512 - QCOW2_PROBLEMS_MAX);
}

static void subclusters(void **state)
{
	struct qcow2 *q;
	static unsigned char big[12 * 16384];
	struct view *file = view_memory(arena, big, sizeof(big));
	static unsigned char out[16384];

	(void)state;
	put(20, 4, 14);
	put(24, 8, 16384);
	put(40, 8, 16384);
	put(48, 8, 2 * 16384);
	put(72, 8, 16);
	memcpy(big, image, 112);
	memset(big + 4 * 16384, 0xdd, 16384);
	memset(image, 0, 32);
	put(0, 8, 3 * 16384);
	memcpy(big + 16384, image, 8);
	put(0, 8, 4 * 16384 | 1ULL << 63);
	put(8, 8, 0x0000000400000003); /* 0 and 1 allocated, 2 zero */
	memcpy(big + 3 * 16384, image, 16);
	assert_int_equal(qcow2_open(arena, file, &q, &err), 0);
	assert_int_equal(view_read(qcow2_view(q), 0, out, sizeof(out), &err), 0);
	assert_int_equal(out[1023], 0xdd);
	assert_int_equal(out[1024], 0);
	assert_int_equal(view_next_data(qcow2_view(q), 1024), 16384);
	big[3 * 16384 + 15] = 7; /* subcluster 2 both */
	assert_int_equal(qcow2_open(arena, file, &q, &err), 0);
	assert_int_equal(view_read(qcow2_view(q), 0, out, 1, &err), -EBADMSG);
	assert_int_equal(q->problems[0].defect, QCOW2_SUBCLUSTERS);
}

static struct qcow2_refcounts walk(struct qcow2 *q)
{
	struct qcow2_refcounts counts;

	assert_int_equal(qcow2_check_refcounts(q, &counts, &err), 0);
	return counts;
}

static void reference_counts(void **state)
{
	struct qcow2_refcounts counts;
	struct qcow2 *q;

	(void)state;
	q = open_image(FILE_SIZE);
	counts = walk(q);
	assert_int_equal(counts.clusters, 8);
	assert_int_equal(counts.leaked + counts.too_low + counts.bad_copied, 0);
	assert_int_equal(q->problem_count, 0);

	put(L2 + 24, 8, 0); /* its cluster is used by nothing now */
	q = open_image(FILE_SIZE);
	counts = walk(q);
	assert_int_equal(counts.leaked, 1);
	assert_int_equal(q->problem_count, 0);

	put(L2 + 40, 8, DATA | 1ULL << 63); /* another is used twice */
	q = open_image(FILE_SIZE);
	counts = walk(q);
	assert_int_equal(counts.too_low, 1);
	assert_int_equal(q->problem_count, 1);
	assert_int_equal(q->problems[0].defect, QCOW2_REFCOUNT);
	assert_int_equal(q->problems[0].offset, DATA);

	put(3 * CLUSTER + 2 * 5, 2, 2); /* its count is right now, and "used once" is not */
	q = open_image(FILE_SIZE);
	counts = walk(q);
	assert_int_equal(counts.too_low, 0);
	assert_int_equal(counts.bad_copied, 2);
	assert_int_equal(q->problem_count, 2);

	make_image();
	put(2 * CLUSTER, 8, 3 * CLUSTER + 512);
	q = open_image(FILE_SIZE);
	walk(q);
	assert_int_equal(q->problems[0].defect, QCOW2_REFCOUNT_BLOCK);
}

/* A file that is cut behind all that a reader would look at. */
static void cut_off_where_nobody_reads(void **state)
{
	struct qcow2 *q = open_image(FILE_SIZE - CLUSTER);

	(void)state;
	assert_int_equal(read_at(q, 0, 100), 0);
	assert_int_equal(q->problem_count, 0);
	assert_int_equal(qcow2_check_truncated(q, &err), 0);
	assert_int_equal(q->problem_count, 1);
	assert_int_equal(q->problems[0].kind, QCOW2_TRUNCATED);
	assert_int_equal(q->problems[0].offset, L2 + 32);

	/* a leaked cluster past the end does no harm */
	put(L2 + 32, 8, 0);
	q = open_image(FILE_SIZE - CLUSTER);
	assert_int_equal(qcow2_check_truncated(q, &err), 0);
	assert_int_equal(q->problem_count, 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(good_image),
		TEST(probe),
		TEST(bad_header_fields),
		TEST(short_files),
		TEST(unsupported_is_named),
		TEST(bad_entries),
		TEST(names_are_read_not_followed),
		TEST(data_file_must_be_attached),
		TEST(the_list_of_problems_is_bounded),
		TEST(subclusters),
		TEST(reference_counts),
		TEST(cut_off_where_nobody_reads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
