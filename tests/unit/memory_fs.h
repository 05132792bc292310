/* SPDX-License-Identifier: MIT */
/* memory_fs: a file system in memory for tests of readers that ask one: paths and contents, folders made as needed. */
#ifndef TESTS_MEMORY_FS_H
#define TESTS_MEMORY_FS_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/fs.h"

#define MEMORY_FS_NODES 512

struct memory_node {
	const char *name;
	unsigned int parent;
	enum fs_type type;
	const char *data; /* a link's target too */
	size_t size;
};

struct memory_fs {
	struct fs fs;
	struct memory_node nodes[MEMORY_FS_NODES]; /* 0 is the root */
	unsigned int count;
	bool broken; /* every read fails */
	unsigned int listings; /* that were asked for */
	struct arena *arena;
	bool keeps;  /* a listing is made once and given out again, as one from far away is */
	struct memory_listing {
		struct fs_entry *entries;
		size_t count;
	} kept[MEMORY_FS_NODES];
};

static inline int memory_fail(struct error *err)
{
	return error_set(err, EIO, "the medium is broken");
}

static inline int memory_stat(struct fs *fs, uint64_t handle, struct fs_stat *ret, struct error *err)
{
	const struct memory_fs *m = fs->state;

	(void)err;
	*ret = (struct fs_stat){ .type = m->nodes[handle].type, .size = m->nodes[handle].size };
	return 0;
}

static inline int memory_readdir(struct fs *fs, struct arena *arena, uint64_t handle, struct fs_entry **ret,
				 size_t *ret_count, struct error *err)
{
	struct memory_fs *m = fs->state;
	struct fs_entry *entries = m->keeps ? m->kept[handle].entries : NULL;
	size_t n = 0;

	m->listings++;
	if (m->broken)
		return memory_fail(err);
	if (entries) {
		*ret = entries;
		*ret_count = m->kept[handle].count;
		return 0;
	}
	/* whoever asks may give an arena that does not last */
	entries = ARENA_ARRAY(m->keeps ? m->arena : arena, m->count, struct fs_entry);
	for (unsigned int i = 1; i < m->count; i++)
		if (m->nodes[i].parent == handle)
			entries[n++] = (struct fs_entry){ .handle = i, .type = m->nodes[i].type,
							  .name = m->nodes[i].name };
	if (m->keeps)
		m->kept[handle] = (struct memory_listing){ entries, n };
	*ret = entries;
	*ret_count = n;
	return 0;
}

static inline int memory_readlink(struct fs *fs, struct arena *arena, uint64_t handle, char **ret, struct error *err)
{
	const struct memory_fs *m = fs->state;

	(void)err;
	*ret = arena_strdup(arena, m->nodes[handle].data);
	return 0;
}

static inline int memory_pread(struct fs *fs, uint64_t handle, uint64_t offset, void *data, size_t length,
			       struct error *err)
{
	const struct memory_fs *m = fs->state;

	if (m->broken)
		return memory_fail(err);
	memcpy(data, m->nodes[handle].data + offset, length);
	return 0;
}

static inline struct memory_fs *memory_fs_new(struct arena *arena)
{
	static const struct fs_ops ops = { memory_stat, memory_readdir, memory_readlink, NULL, memory_pread, NULL, NULL };
	struct memory_fs *m = ARENA_NEW(arena, struct memory_fs);

	m->arena = arena;
	m->fs = (struct fs){ .ops = &ops, .type = "memory", .root = 0, .state = m };
	m->nodes[0] = (struct memory_node){ .name = "", .type = FS_DIRECTORY };
	m->count = 1;
	return m;
}

/* Adds a node; contents and links are not copied. */
static inline void memory_fs_add(struct memory_fs *m, struct arena *arena, const char *path, enum fs_type type,
				 const char *data, size_t size)
{
	unsigned int here = 0;

	for (;;) {
		size_t length;
		unsigned int found = 0;
		bool last;

		path += strspn(path, "/");
		length = strcspn(path, "/");
		last = !path[length + strspn(path + length, "/")];
		for (unsigned int i = 1; i < m->count && !found; i++)
			if (m->nodes[i].parent == here && strlen(m->nodes[i].name) == length &&
			    !memcmp(m->nodes[i].name, path, length))
				found = i;
		if (!found) {
			if (m->count == MEMORY_FS_NODES)
				abort();
			found = m->count++;
			m->nodes[found] = (struct memory_node){ .name = arena_strndup(arena, path, length),
								.parent = here, .type = FS_DIRECTORY };
		}
		if (last) {
			m->nodes[found].type = type;
			m->nodes[found].data = data;
			m->nodes[found].size = size;
			return;
		}
		here = found;
		path += length;
	}
}

static inline void memory_fs_file(struct memory_fs *m, struct arena *arena, const char *path, const char *text)
{
	memory_fs_add(m, arena, path, FS_FILE, text, strlen(text));
}

static inline void memory_fs_link(struct memory_fs *m, struct arena *arena, const char *path, const char *target)
{
	memory_fs_add(m, arena, path, FS_SYMLINK, target, strlen(target));
}

#endif
