/* SPDX-License-Identifier: MIT */
/* fuzz_qcow2: opens the input as a qcow2 and reads what its tables map, without and with something attached. */
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "block/qcow2.h"

/* What one input may cost: a table of 32 MiB can point to the same cluster a million times. */
#define READS 200
#define READ_SIZE 8192

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(struct view *view)
{
	static unsigned char buffer[READ_SIZE];
	struct error err;
	uint64_t at = 0;

	for (unsigned i = 0; i < READS && at < view->size; i++) {
		uint64_t left = view->size - at;

		(void)view_read(view, at, buffer, left < READ_SIZE ? (size_t)left : READ_SIZE, &err);
		at = left < READ_SIZE ? view->size : at + READ_SIZE;
		if (i % 8 == 7)
			at = view_next_data(view, at);
	}
	if (view->size)
		(void)view_read(view, view->size - 1, buffer, 1, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct view *file = view_memory(arena, data, size);
	struct qcow2_refcounts counts;
	struct qcow2 *q;
	struct error err;

	limits_begin_image();
	if (!qcow2_probe(data, size) || qcow2_open(arena, file, &q, &err) < 0 || !qcow2_view(q))
		return 0;
	(void)qcow2_check_truncated(q, &err);
	walk(qcow2_view(q));
	qcow2_set_backing(q, file);
	qcow2_set_data_file(q, file);
	walk(qcow2_view(q));
	(void)qcow2_check_refcounts(q, &counts, &err);
	return 0;
}
