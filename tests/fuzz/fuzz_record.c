/* SPDX-License-Identifier: MIT */
/* fuzz_record: what a worker sends to the parent is untrusted. */
#include <stdint.h>

#include "base/limits.h"
#include "process/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_AUTO arena = arena_new(16 * MiB);
	struct record_request request;
	struct lint_result result;
	struct error err, message;
	unsigned number;
	int status;
	bool end;

	lint_result_init(&result, "fuzz");
	/* of a guest, whose rules and places are others */
	result.guest = size && data[size - 1] & 1;
	record_decode(arena, data, size, &result, &end, &err);
	record_decode_request(arena, data, size, &request);
	record_decode_reply(data, size, &status, &number, &message, &err);
	return 0;
}
