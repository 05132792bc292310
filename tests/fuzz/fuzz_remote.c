/* SPDX-License-Identifier: MIT */
/* fuzz_remote: whatever the helper that reads a container might say, while its disk is read here and there. */
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "block/remote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(struct view *view)
{
	static unsigned char bytes[200000];
	const uint64_t places[] = { 0, 512, 65535, view->size / 2, view->size - 1, 0 };
	struct error err;

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		uint64_t offset = places[i], left;

		if (offset >= view->size)
			continue;
		left = view->size - offset;
		view_read(view, offset, bytes, left < sizeof(bytes) ? (size_t)left : sizeof(bytes), &err);
		view_next_data(view, offset);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_AUTO arena = arena_new(64 * MiB);
	struct view *view;
	struct error err;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		return 0;
	/* what does not fit into the socket is not said */
	if (size && send(pair[1], data, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		size = 0;
	shutdown(pair[1], SHUT_WR);
	if (view_remote(arena, pair[0], &view, &err) == 0)
		read_all(view);
	close(pair[0]);
	close(pair[1]);
	return 0;
}
