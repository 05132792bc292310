/* SPDX-License-Identifier: MIT */
/* magic: libmagic on a bounded window. */
#include "efi/magic.h"

#include <errno.h>
#include <magic.h>
#include <stdbool.h>
#include <string.h>

#include "base/limits.h"

#define WINDOW (64 * KiB)

/* One worker judges one image and ends: the database is never closed. */
static magic_t database;
static bool tried;

void magic_load_database(void)
{
	if (tried)
		return;
	tried = true;
	database = magic_open(MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_TAR | MAGIC_NO_CHECK_ELF);
	if (database && magic_load(database, NULL) < 0) {
		magic_close(database);
		database = NULL;
	}
}

const char *magic_describe(struct arena *arena, struct view *file, struct error *err)
{
	size_t size = file->size < WINDOW ? (size_t)file->size : (size_t)WINDOW;
	struct arena_mark mark;
	const char *text;
	void *bytes;

	magic_load_database();
	if (!database) {
		error_set(err, ENOENT, "libmagic's database cannot be loaded");
		return NULL;
	}
	mark = arena_mark(arena);
	bytes = arena_alloc(arena, size);
	if (view_read(file, 0, bytes, size, err) < 0)
		return NULL;
	text = magic_buffer(database, bytes, size);
	arena_release(arena, mark);
	if (!text) {
		error_set(err, EINVAL, "libmagic: %s", magic_error(database));
		return NULL;
	}
	return arena_strdup(arena, text);
}
