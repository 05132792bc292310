/* SPDX-License-Identifier: MIT */
/* window: see the header. */
#include "block/window.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/limits.h"

#define PIECE (64 * KiB)

const struct window_keeper *window_keeper;

/* What window_memory_file gave last for each purpose: a keeper knows files by that. */
static int handed_out[WINDOW_PURPOSES] = { -1, -1 };

int window_make_file(enum window_purpose purpose, struct error *err)
{
	/* shown in /proc alone */
	static const char *const names[WINDOW_PURPOSES] = { "vmlint-superblock", "vmlint-fdisk" };
	int fd = memfd_create(names[purpose], MFD_CLOEXEC);

	return fd < 0 ? error_set(err, errno, "cannot make a memory file: %s", strerror(errno)) : fd;
}

int window_size_file(int fd, uint64_t size, struct error *err)
{
	if (size > INT64_MAX)
		return limit_error(err, "%" PRIu64 " bytes are too many for a memory file", size);
	if (ftruncate(fd, 0) < 0 || ftruncate(fd, (off_t)size) < 0)
		return error_set(err, errno, "cannot size a memory file: %s", strerror(errno));
	return 0;
}

int window_write_file(int fd, const uint8_t *data, size_t length, uint64_t offset, struct error *err)
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

int window_memory_file(enum window_purpose purpose, struct error *err)
{
	int fd;

	if (!window_keeper)
		return window_make_file(purpose, err);
	if (window_keeper->files[purpose] < 0)
		return error_set(err, ENOENT, "there is no memory file, since /proc is not mounted");
	fd = fcntl(window_keeper->files[purpose], F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return error_set(err, errno, "cannot use a memory file: %s", strerror(errno));
	handed_out[purpose] = fd;
	return fd;
}

/* With a keeper, what `fd` is for: an assertion that it is one of these. */
static enum window_purpose purpose_of(int fd)
{
	enum window_purpose purpose = 0;

	while (handed_out[purpose] != fd && purpose < WINDOW_PURPOSES - 1)
		purpose++;
	assert(handed_out[purpose] == fd);
	return purpose;
}

int window_clear(int fd, uint64_t size, struct error *err)
{
	return window_keeper ? window_keeper->put(purpose_of(fd), size, NULL, 0, err) : window_size_file(fd, size, err);
}

static int write_piece(int fd, const uint8_t *data, size_t length, uint64_t offset, struct error *err)
{
	return window_keeper ? window_keeper->put(purpose_of(fd), offset, data, length, err)
			     : window_write_file(fd, data, length, offset, err);
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
			r = write_piece(fd, piece, length, at, err);
		else if (lenient)
			r = 0;
		from = at + length;
	}
	arena_release(arena, mark);
	return r == 0 && window_keeper ? window_keeper->wait(err) : r;
}
