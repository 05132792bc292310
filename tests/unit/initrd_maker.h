/* SPDX-License-Identifier: MIT */
/* initrd_maker: archives of the newc format, entry by entry, and questions about them. */
#ifndef TESTS_INITRD_MAKER_H
#define TESTS_INITRD_MAKER_H

#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "linux/initrd.h"

#define FILE_MODE 0100644

struct maker {
	struct buffer b;
	unsigned inode;
};

static inline struct maker make(void)
{
	return (struct maker){ .b = buffer_make(64 * MiB) };
}

static inline void align(struct maker *m)
{
	while (m->b.size % 4)
		buffer_char(&m->b, 0);
}

/* An entry; with links, the inode is a fixed one. */
static inline void entry(struct maker *m, const char *name, unsigned mode, unsigned links, const void *data, size_t size)
{
	buffer_printf(&m->b, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", links > 1 ? 999U : ++m->inode, mode,
		      0U, 0U, links, 0U, (unsigned)size, 0U, 0U, 0U, 0U, (unsigned)strlen(name) + 1, 0U);
	buffer_append(&m->b, name, strlen(name) + 1);
	align(m);
	buffer_append(&m->b, data, size);
	align(m);
}

static inline void file(struct maker *m, const char *name, const char *content)
{
	entry(m, name, FILE_MODE, 1, content, strlen(content));
}

/* The folders of a path, which must be there before it. */
static inline void folders(struct maker *m, const char *path)
{
	char folder[256];

	for (size_t i = 1; path[i]; i++)
		if (path[i] == '/') {
			(void)snprintf(folder, sizeof(folder), "%.*s", (int)i, path);
			entry(m, folder, 040755, 2, "", 0);
		}
}

static inline void trailer(struct maker *m)
{
	entry(m, "TRAILER!!!", 0, 1, "", 0);
}

static inline void zeros(struct maker *m, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buffer_char(&m->b, 0);
}

static inline struct initrd *ask(struct arena *arena, const struct maker *m, struct initrd_question *q, size_t count, bool to_end)
{
	struct initrd_options options = { .to_end = to_end };
	struct initrd *initrd;
	struct error err;

	if (initrd_read(arena, view_memory(arena, m->b.data, m->b.size), q, count, &options, &initrd, &err) < 0)
		fail_msg("%s", err.message);
	return initrd;
}

#endif
