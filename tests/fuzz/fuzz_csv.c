/* SPDX-License-Identifier: MIT */
/* fuzz_csv: any bytes as BOOT.CSV. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/limits.h"
#include "efi/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_AUTO arena = arena_new(64 * MiB);
	const struct csv *csv;
	struct error err;

	if (csv_read(arena, view_memory(arena, data, size), &csv, &err) < 0)
		return 0;
	for (size_t i = 0; i < csv->row_count; i++)
		assert(*csv->rows[i].loader && csv->rows[i].label && csv->rows[i].options && csv->rows[i].remark);
	return 0;
}
