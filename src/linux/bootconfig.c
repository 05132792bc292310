/* SPDX-License-Identifier: MIT */
/* bootconfig: found from the end of the initrd: text, its size and checksum, and a magic word. */
#include "linux/bootconfig.h"

#include <stdbool.h>
#include <string.h>

#include "base/cursor.h"
#include "base/limits.h"
#include "linux/stream.h"

#define MAGIC "#BOOTCONFIG\n"
#define MAGIC_SIZE 12
#define NUMBERS_SIZE 8
#define PADDING 3 /* bytes that a loader may have put behind it */

/* Is the sum of these bytes that? */
static int is_sum(struct view *view, uint64_t offset, uint64_t size, uint32_t sum, bool *ret, struct error *err)
{
	uint8_t bytes[4096];

	while (size) {
		size_t n = size < sizeof(bytes) ? (size_t)size : sizeof(bytes);
		int r = view_read(view, offset, bytes, n, err);

		if (r >= 0)
			r = limit_spend(WORK_UNPACKING, n * STREAM_BYTE_COST, err);
		if (r < 0)
			return r;
		for (size_t i = 0; i < n; i++)
			sum -= bytes[i];
		offset += n;
		size -= n;
	}
	*ret = !sum;
	return 0;
}

int bootconfig_begin(struct view *view, uint64_t *ret, struct error *err)
{
	uint8_t tail[NUMBERS_SIZE + MAGIC_SIZE];
	uint64_t size, end = view->size;
	struct cursor c;
	bool good;
	int r;

	*ret = view->size;
	for (unsigned i = 0;; i++, end--) {
		if (i > PADDING || end < sizeof(tail))
			return 0;
		r = view_read(view, end - sizeof(tail), tail, sizeof(tail), err);
		if (r < 0)
			return r;
		if (!memcmp(tail + NUMBERS_SIZE, MAGIC, MAGIC_SIZE))
			break;
	}
	c = cursor_make(tail, sizeof(tail));
	size = cursor_le32(&c);
	end -= sizeof(tail);
	/* then it stays, and is no archive */
	if (size > end)
		return 0;
	r = is_sum(view, end - size, size, cursor_le32(&c), &good, err);
	if (r >= 0 && good)
		*ret = end - size;
	return r;
}
