/* SPDX-License-Identifier: MIT */
/* window: see the header. */
#include "block/window.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/limits.h"

#define PIECE (64 * KiB)

int window_memory_file(const char *name, struct error *err)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	return fd < 0 ? error_set(err, errno, "cannot make a memory file: %s", strerror(errno)) : fd;
}

static int write_all(int fd, const uint8_t *data, size_t length, uint64_t offset, struct error *err)
{
	while (length) {
		ssize_t n = pwrite(fd, data, length, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return error_set(err, n ? errno : EIO, "cannot write a memory file: %s", strerror(n ? errno : EIO));
		data += n;
		offset += (uint64_t)n;
		length -= (size_t)n;
	}
	return 0;
}

int window_copy(struct arena *arena, struct view *view, int fd, uint64_t from, uint64_t to, bool lenient, struct error *err)
{
	struct arena_mark mark = arena_mark(arena);
	uint8_t *piece = arena_alloc(arena, PIECE);
	int r = 0;

	if (to > view->size)
		to = view->size;
	while (from < to && r == 0) {
		uint64_t at = view_next_data(view, from);
		size_t length;

		if (at >= to)
			break;
		length = to - at < PIECE ? (size_t)(to - at) : PIECE;
		r = view_read(view, at, piece, length, lenient ? NULL : err);
		if (r == 0)
			r = write_all(fd, piece, length, at, err);
		else if (lenient)
			r = 0;
		from = at + length;
	}
	arena_release(arena, mark);
	return r;
}
