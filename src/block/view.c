/* SPDX-License-Identifier: MIT */
/* view: bounds, slices, memory and plain files.  Containers have files of their own. */
#include "block/view.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

struct view_statistics view_statistics;

int view_read(struct view *view, uint64_t offset, void *data, size_t length, struct error *err)
{
	if (offset > view->size || length > view->size - offset)
		return error_set(err, ERANGE, "%zu bytes at %#" PRIx64 " lie beyond the end (%" PRIu64 " bytes)", length,
				 offset, view->size);
	if (!length)
		return 0;
	return view->ops->read(view, offset, data, length, err);
}

uint64_t view_next_data(struct view *view, uint64_t offset)
{
	uint64_t next;

	if (offset >= view->size)
		return view->size;
	if (!view->ops->next_data)
		return offset;
	next = view->ops->next_data(view, offset);
	assert(next >= offset);
	return next < view->size ? next : view->size;
}

static struct view *view_new(struct arena *arena, const struct view_ops *ops, uint64_t size, void *state)
{
	struct view *view = ARENA_NEW(arena, struct view);

	*view = (struct view){ .ops = ops, .size = size, .state = state };
	return view;
}

struct slice {
	struct view *parent;
	uint64_t offset;
};

static int slice_read(struct view *view, uint64_t offset, void *data, size_t length, struct error *err)
{
	const struct slice *slice = view->state;

	return view_read(slice->parent, slice->offset + offset, data, length, err);
}

static uint64_t slice_next_data(struct view *view, uint64_t offset)
{
	const struct slice *slice = view->state;

	return view_next_data(slice->parent, slice->offset + offset) - slice->offset;
}

static const struct view_ops slice_ops = { slice_read, slice_next_data };

struct view *view_slice(struct arena *arena, struct view *parent, uint64_t offset, uint64_t length)
{
	struct slice *slice = ARENA_NEW(arena, struct slice);

	if (offset > parent->size)
		offset = parent->size;
	if (length > parent->size - offset)
		length = parent->size - offset;
	*slice = (struct slice){ parent, offset };
	return view_new(arena, &slice_ops, length, slice);
}

static int memory_read(struct view *view, uint64_t offset, void *data, size_t length, struct error *err)
{
	(void)err;
	memcpy(data, (const char *)view->state + offset, length);
	return 0;
}

static const struct view_ops memory_ops = { memory_read, NULL };

struct view *view_memory(struct arena *arena, const void *data, size_t size)
{
	return view_new(arena, &memory_ops, size, (void *)(uintptr_t)data);
}

/* Parsers read a header here and a directory entry there, and file systems the same directories for each path: a few pages
 * kept, each in the place that its number gives it, save most of the system calls. */
#define FILE_PAGE 4096
#define FILE_PAGES 64

struct file {
	int fd;
	struct file_page {
		uint64_t offset;
		size_t length; /* 0: nothing is kept here */
		unsigned char bytes[FILE_PAGE];
	} pages[FILE_PAGES];
};

int view_medium_failed(const struct error *err)
{
	if (!view_statistics.failures++)
		view_statistics.first_failure = *err;
	return -err->code;
}

static int file_pread(const struct file *file, uint64_t offset, void *data, size_t length, struct error *err)
{
	struct error why;
	char *p = data;

	while (length) {
		ssize_t n = pread(file->fd, p, length, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			error_set(&why, errno, "cannot read at offset %#" PRIx64 ": %s", offset, strerror(errno));
		else if (n == 0)
			error_set(&why, EIO, "the file has become shorter while it was read (at offset %#" PRIx64 ")", offset);
		if (n <= 0) {
			if (err)
				*err = why;
			return view_medium_failed(&why);
		}
		view_statistics.reads++;
		view_statistics.bytes += (uint64_t)n;
		p += n;
		offset += (uint64_t)n;
		length -= (size_t)n;
	}
	return 0;
}

static int file_read(struct view *view, uint64_t offset, void *data, size_t length, struct error *err)
{
	struct file *file = view->state;
	uint64_t start = offset / FILE_PAGE * FILE_PAGE;
	struct file_page *page = &file->pages[start / FILE_PAGE % FILE_PAGES];

	if (length > FILE_PAGE || offset - start + length > FILE_PAGE)
		return file_pread(file, offset, data, length, err);
	if (!page->length || page->offset != start) {
		uint64_t left = view->size - start;
		int r;

		page->length = 0;
		r = file_pread(file, start, page->bytes, left < FILE_PAGE ? (size_t)left : FILE_PAGE, err);
		if (r < 0)
			return r;
		page->offset = start;
		page->length = left < FILE_PAGE ? (size_t)left : FILE_PAGE;
	}
	memcpy(data, page->bytes + (offset - start), length);
	return 0;
}

static uint64_t file_next_data(struct view *view, uint64_t offset)
{
	const struct file *file = view->state;
	off_t next = lseek(file->fd, (off_t)offset, SEEK_DATA);

	if (next >= 0)
		return (uint64_t)next;
	/* ENXIO: a hole up to the end.  Anything else: this file system cannot tell. */
	return errno == ENXIO ? view->size : offset;
}

static const struct view_ops file_ops = { file_read, file_next_data };

struct view *view_file(struct arena *arena, int fd, uint64_t size)
{
	struct file *file = ARENA_NEW(arena, struct file);

	file->fd = fd;
	return view_new(arena, &file_ops, size, file);
}
