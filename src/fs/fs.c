/* SPDX-License-Identifier: MIT */
/* fs: what every file system gets for free: looking up a path, a file as a view. */
#include "fs/fs.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf16.h"
#include "fs/listings.h"

static bool name_matches(const struct fs_entry *entry, const char *name, const char *wanted, size_t length)
{
	if (!name || strlen(name) != length)
		return false;
	return entry->caseless ? !ascii_ncasecmp(name, wanted, length) : !memcmp(name, wanted, length);
}

static const struct fs_entry *search(const struct fs_entry *entries, size_t count, const char *wanted, size_t length,
				     bool aliases)
{
	for (size_t i = 0; i < count; i++)
		if (name_matches(&entries[i], entries[i].name, wanted, length) ||
		    (aliases && name_matches(&entries[i], entries[i].alias, wanted, length)))
			return &entries[i];
	return NULL;
}

int fs_settle(struct fs *fs, struct fs_entry *entry, struct error *err)
{
	return fs->ops->settle ? fs->ops->settle(fs, entry, err) : 0;
}

enum fs_type fs_type_of(struct fs *fs, const struct fs_entry *listed)
{
	struct fs_entry entry = *listed;

	(void)fs_settle(fs, &entry, NULL);
	return entry.type;
}

static int find(struct fs *fs, struct arena *arena, uint64_t directory, const char *name, size_t length, bool aliases,
		struct fs_entry *ret, struct error *err)
{
	/* the listing may be long, and goes before the next one comes */
	ARENA_AUTO scratch = arena_new(limits_arena_bytes());
	const struct fs_entry *found;
	struct fs_entry *entries;
	size_t count;
	int r = fs->ops->readdir(fs, scratch, directory, &entries, &count, err);

	if (r >= 0)
		r = limit_spend(WORK_LOOKUPS, (uint64_t)count * COST_COMPARED, err);
	if (r < 0)
		return r;
	found = search(entries, count, name, length, aliases);
	if (!found)
		return error_set(err, ENOENT, "there is no %.*s", (int)(length < 255 ? length : 255), name);
	*ret = *found;
	ret->name = arena_strdup(arena, found->name);
	ret->alias = found->alias ? arena_strdup(arena, found->alias) : NULL;
	return fs_settle(fs, ret, err);
}

int fs_find(struct fs *fs, struct arena *arena, uint64_t directory, const char *name, size_t length, struct fs_entry *ret,
	    struct error *err)
{
	return find(fs, arena, directory, name, length, true, ret, err);
}

int fs_find_by_name(struct fs *fs, struct arena *arena, uint64_t directory, const char *name, size_t length,
		    struct fs_entry *ret, struct error *err)
{
	return find(fs, arena, directory, name, length, false, ret, err);
}

int fs_lookup(struct fs *fs, struct arena *arena, const char *path, struct fs_entry *ret, struct error *err)
{
	struct fs_entry here = { .handle = fs->root, .type = FS_DIRECTORY, .name = "" };
	unsigned int depth = 0;

	for (;;) {
		size_t length;
		int r;

		path += strspn(path, "/");
		if (!*path)
			break;
		length = strcspn(path, "/");
		if (here.type != FS_DIRECTORY)
			return error_set(err, ENOTDIR, "%s is not a directory", here.name);
		if (++depth > limits.depth)
			return limit_error(err, "the path is deeper than %" PRIu64 " directories" RAISES("max-depth"),
					   limits.depth);
		r = fs_find(fs, arena, here.handle, path, length, &here, err);
		if (r < 0)
			return r;
		path += length;
	}
	*ret = here;
	return 0;
}

bool fs_is_answer(int r)
{
	return r >= 0 || r == -ENOENT || r == -ENOTDIR || r == -ELOOP || r == -ENAMETOOLONG;
}

struct file {
	struct fs *fs;
	uint64_t handle;
};

static int file_read(struct view *view, uint64_t offset, void *data, size_t length, struct error *err)
{
	const struct file *file = view->state;

	return file->fs->ops->pread(file->fs, file->handle, offset, data, length, err);
}

static const struct view_ops file_ops = { file_read, NULL };

int fs_file_view(struct fs *fs, struct arena *arena, uint64_t handle, struct view **ret, struct error *err)
{
	struct fs_stat st;
	struct file *file;
	struct view *view;
	int r;

	r = fs->ops->stat(fs, handle, &st, err);
	if (r < 0)
		return r;
	if (st.type != FS_FILE)
		return error_set(err, EISDIR, "not a regular file");
	file = ARENA_NEW(arena, struct file);
	*file = (struct file){ fs, handle };
	view = ARENA_NEW(arena, struct view);
	*view = (struct view){ .ops = &file_ops, .size = st.size, .state = file };
	*ret = view;
	return 0;
}
