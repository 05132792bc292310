/* SPDX-License-Identifier: MIT */
/* fuzz_container: whatever the bytes, detection ends, and a container that names another file never goes to the helper.
 */
#include <stddef.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "block/container.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct container_truncation t;
	struct container c;
	struct error err;
	int rc;

	if (container_detect(arena, view_memory(arena, data, size), &c, &err) < 0)
		abort(); /* memory cannot fail */
	if (c.external_count && c.access != CONTAINER_CLOSED)
		abort();
	if ((c.access == CONTAINER_CLOSED) != !!c.reason)
		abort();
	if (c.access == CONTAINER_SELF && c.disk_size > size)
		abort();
	rc = container_check_truncated(arena, view_memory(arena, data, size), &c, false, &t, &err);
	/* more tables than are looked at, which many entries that name one table make of a small file */
	if (rc < 0 && rc != -EFBIG)
		abort();
	if (rc == 0 && t.needed_bytes && t.needed_bytes <= size)
		abort();
	(void)container_unpack_command(arena, c.format, "image");
	return 0;
}
