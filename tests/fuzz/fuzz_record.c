/* SPDX-License-Identifier: MIT */
/* fuzz_record: what a worker sends to the parent is untrusted.  A result is a message after the other, each with its length in
 * two bytes before it; what is believed of it is printed, in each format.
 */
#include <stdint.h>
#include <stdio.h>

#include "base/limits.h"
#include "process/keeper.h"
#include "process/record.h"
#include "report/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print(const struct lint_result *result)
{
	static const struct report_format *const formats[] = { &report_text, &report_json, &report_vmspec };
	static FILE *null;
	struct report_options options = { .verbose = true };

	if (!null)
		null = fopen("/dev/null", "w");
	options.out = null;
	for (size_t i = 0; null && i < sizeof(formats) / sizeof(*formats); i++) {
		struct report report = { .options = &options };

		formats[i]->begin(&report);
		formats[i]->image(&report, result);
		formats[i]->end(&report);
	}
}

/* What belongs into a memory file, of which the parent keeps a bounded number of bytes. */
static void keep(const uint8_t *data, size_t size)
{
	static struct keeper keeper;
	static bool is_open;
	struct error err;

	if (!is_open)
		keeper_open(&keeper);
	is_open = true;
	if (record_is(data, size, RECORD_MEMORY))
		keeper_take(&keeper, data, size, &err);
}

/* As the parent takes them: the image's own first, and once. */
static void take_all(struct arena *arena, const uint8_t *data, size_t size, struct lint_result *result)
{
	bool begun = false, end = false;
	struct error err;

	while (size > 2 && !end) {
		size_t length = (size_t)data[0] | (size_t)data[1] << 8;

		data += 2;
		size -= 2;
		length = length < size ? length : size;
		if (record_is(data, length, RECORD_IMAGE) == begun || record_decode(arena, data, length, result, &end, &err) < 0)
			return;
		begun = true;
		data += length;
		size -= length;
	}
	if (begun)
		print(result);
}

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
	lint_result_init(&result, "fuzz");
	result.guest = size && data[size - 1] & 1;
	take_all(arena, data, size, &result);
	keep(data, size);
	record_decode_request(arena, data, size, &request);
	record_decode_reply(data, size, &status, &number, &message, &err);
	return 0;
}
