/* SPDX-License-Identifier: MIT */
/* resolve: a path with its symbolic links followed, inside one file system and never out of it. */
#include "fs/fs.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf16.h"

/* The directories passed on the way down, so that ".." needs nothing that is on disk. */
struct walk {
	struct fs *fs;
	struct arena *arena, *scratch;
	struct fs_entry *stack;
	unsigned depth; /* stack[depth] is where we are */
	unsigned links;
};

static const char *path_of(const struct walk *walk, unsigned depth, const char *name, size_t length)
{
	const char *path = "";

	for (unsigned i = 1; i <= depth; i++)
		path = arena_printf(walk->arena, "%s/%s", path, walk->stack[i].name);
	if (length)
		path = arena_printf(walk->arena, "%s/%.*s", path, (int)length, name);
	return *path ? path : "/";
}

static bool same(const struct fs *fs, const char *name, const char *wanted, size_t length)
{
	if (!name || strlen(name) != length)
		return false;
	return fs->case_insensitive ? !ascii_ncasecmp(name, wanted, length) : !memcmp(name, wanted, length);
}

static int find(struct walk *walk, const char *name, size_t length, struct fs_entry *ret, struct error *err)
{
	struct fs_entry *entries;
	size_t count;
	int r = walk->fs->ops->readdir(walk->fs, walk->scratch, walk->stack[walk->depth].handle, &entries, &count, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++)
		if (same(walk->fs, entries[i].name, name, length)) {
			*ret = entries[i];
			return 0;
		}
	for (size_t i = 0; i < count; i++)
		if (same(walk->fs, entries[i].alias, name, length)) {
			*ret = entries[i];
			return 0;
		}
	return error_set(err, ENOENT, "there is no %.*s", (int)(length < 255 ? length : 255), name);
}

/* Puts what the link says in the place of the component; NULL and an error when there is too much of either. */
static const char *follow(struct walk *walk, const struct fs_entry *link, const char *rest, int *ret, struct error *err)
{
	char *target;

	if (++walk->links > LIMIT_SYMLINKS) {
		*ret = error_set(err, ELOOP, "more than %d symbolic links", LIMIT_SYMLINKS);
		return NULL;
	}
	*ret = walk->fs->ops->readlink(walk->fs, walk->scratch, link->handle, &target, err);
	if (*ret < 0)
		return NULL;
	if (strlen(target) + strlen(rest) + 1 > limits.path) {
		*ret = limit_error(err, "the path is longer than %" PRIu64 " bytes" RAISES("max-path"), limits.path);
		return NULL;
	}
	if (*target == '/')
		walk->depth = 0;
	/* rest is empty or begins with a slash */
	return arena_printf(walk->scratch, "%s%s", target, rest);
}

/* A last component that is no directory stands on the stack like one, and ends the walk. */
static int step(struct walk *walk, const char **path, size_t length, bool nofollow, struct error *err)
{
	const char *name = *path, *rest = name + length;
	struct fs_entry entry;
	int r;

	if (walk->stack[walk->depth].type != FS_DIRECTORY)
		return error_set(err, ENOTDIR, "%s is not a directory", walk->stack[walk->depth].name);
	*path = rest;
	if (length == 1 && name[0] == '.')
		return 0;
	if (length == 2 && name[0] == '.' && name[1] == '.') {
		if (walk->depth)
			walk->depth--;
		return 0;
	}
	if (walk->depth == limits.depth)
		return limit_error(err, "the path is deeper than %" PRIu64 " directories" RAISES("max-depth"),
				 limits.depth);
	r = find(walk, name, length, &entry, err);
	if (r < 0)
		return r;
	if (entry.type == FS_SYMLINK && !(nofollow && !*rest)) {
		*path = follow(walk, &entry, rest, &r, err);
		return r;
	}
	entry.name = arena_strdup(walk->arena, entry.name);
	entry.alias = entry.alias ? arena_strdup(walk->arena, entry.alias) : NULL;
	walk->stack[++walk->depth] = entry;
	return 0;
}

int fs_resolve(struct fs *fs, struct arena *arena, const char *path, bool nofollow, struct fs_entry *ret,
	       const char **ret_path, struct error *err)
{
	ARENA_AUTO scratch = arena_new(limits_arena_bytes());
	struct walk walk = { .fs = fs, .arena = arena, .scratch = scratch,
			     .stack = ARENA_ARRAY(scratch, limits.depth + 1, struct fs_entry) };
	bool directory = false;

	walk.stack[0] = (struct fs_entry){ .handle = fs->root, .type = FS_DIRECTORY, .name = "" };
	if (ret_path)
		*ret_path = NULL;
	for (;;) {
		const char *name;
		size_t length;
		int r;

		directory = *path == '/';
		path += strspn(path, "/");
		if (!*path)
			break;
		name = path;
		length = strcspn(path, "/");
		r = step(&walk, &path, length, nofollow, err);
		if (r < 0) {
			if (ret_path && (r == -ENOENT || r == -ENOTDIR || r == -ELOOP))
				*ret_path = path_of(&walk, walk.depth, name, length);
			return r;
		}
	}
	*ret = walk.stack[walk.depth];
	if (ret_path)
		*ret_path = path_of(&walk, walk.depth, NULL, 0);
	/* a slash at the end asks for a directory */
	if (directory && ret->type != FS_DIRECTORY)
		return error_set(err, ENOTDIR, "%s is not a directory", ret->name);
	return 0;
}
