/* SPDX-License-Identifier: MIT */
/* fuzz_guest: any bytes as a record of a guest, and as what comes over its console. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "guest/frame.h"
#include "guest/machine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void got_text(void *context, uint32_t boot, const char *text, size_t size)
{
	(void)boot;
	assert(size < FRAME_LINE && !memchr(text, '\n', size));
	++*(uint32_t *)context;
}

static void got_other(void *context, const char *line, size_t size)
{
	(void)context;
	assert(size && size <= FRAME_LINE && !memchr(line, '\n', size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_AUTO arena = arena_new(256 * MiB);
	const struct guest *guest;
	uint32_t count = 0;
	struct frames frames = { .nonce = "0123456789abcdef", .text = got_text, .other = got_other, .context = &count };
	struct error err;
	uint64_t number;
	size_t total = 0;

	frames_feed(&frames, data, size);
	assert(count == frames.good);
	if (guest_read(arena, data, size, &guest, &err) < 0)
		return 0;
	assert(guest->count && (guest->strange == 0) == (guest->strange_line == 0));
	for (uint32_t i = 0; i < guest->count; i++) {
		const struct fact *fact = &guest->facts[i];

		assert(*fact->kind && (fact->data || !fact->size));
		if (fact->data)
			assert(fact->data[fact->size] == 0);
		for (uint32_t k = 0; k < fact->value_count; k++) {
			assert(*fact->values[k].key && fact->values[k].value);
			fact_number(fact, fact->values[k].key, &number);
		}
		total += fact->size;
	}
	assert(total <= size);
	machine_read(arena, guest);
	return 0;
}
