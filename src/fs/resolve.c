/* SPDX-License-Identifier: MIT */
/* resolve: a path with its symbolic links followed, inside one file system and never out of it. */
#include "fs/fs.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "fs/listings.h"

/* The directories passed on the way down, so that ".." needs nothing that is on disk. */
struct walk {
	struct fs *fs;
	struct arena *arena, *scratch;
	struct fs_entry *stack;
	unsigned depth; /* stack[depth] is where we are */
	unsigned links, most_links;
	bool grub; /* it is GRUB who looks */
	uint64_t components; /* that were gone through, those of links too */
};

/* The kernel takes a path of PATH_MAX bytes, and as many links of as many; a component and its slash have two at least. */
#define PATH_BYTES_MIN 4096

/* "." and ".." are not looked for on disk, and still have an end. */
static int count_component(struct walk *walk, struct error *err)
{
	uint64_t bytes = limits.path > PATH_BYTES_MIN ? limits.path : PATH_BYTES_MIN;

	if (++walk->components > (LIMIT_SYMLINKS + 1) * bytes / 2)
		return limit_error(err, "the path has more than %" PRIu64 " components with those of its symbolic links"
				   RAISES("max-path"), walk->components - 1);
	return limit_spend(WORK_LOOKUPS, COST_COMPONENT, err);
}

static const char *path_of(const struct walk *walk, unsigned depth, const char *name, size_t length)
{
	const char *path = "";

	for (unsigned i = 1; i <= depth; i++)
		path = arena_printf(walk->arena, "%s/%s", path, walk->stack[i].name);
	if (length)
		path = arena_printf(walk->arena, "%s/%.*s", path, (int)length, name);
	return *path ? path : "/";
}

/* Puts what the link says in the place of the component; NULL and an error when there is too much of either. */
static const char *follow(struct walk *walk, const struct fs_entry *link, const char *rest, int *ret, struct error *err)
{
	char *target;

	if (++walk->links > walk->most_links) {
		*ret = error_set(err, ELOOP, "more than %u symbolic links", walk->most_links);
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
	int r = count_component(walk, err);

	if (r < 0)
		return r;
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
	r = (walk->grub ? fs_find_by_name : fs_find)(walk->fs, walk->scratch, walk->stack[walk->depth].handle, name, length,
						     &entry, err);
	if (r < 0)
		return r;
	if (entry.type == FS_SYMLINK && !(nofollow && !*rest)) {
		*path = follow(walk, &entry, rest, &r, err);
		return r;
	}
	walk->stack[++walk->depth] = entry;
	return 0;
}

static int resolve(struct fs *fs, struct arena *arena, const char *path, bool nofollow, bool grub, struct fs_entry *ret,
		   const char **ret_path, struct error *err)
{
	ARENA_AUTO scratch = arena_new(limits_arena_bytes());
	struct walk walk = { .fs = fs, .arena = arena, .scratch = scratch, .grub = grub,
			     .most_links = grub ? GRUB_SYMLINKS : LIMIT_SYMLINKS,
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
	ret->name = arena_strdup(arena, ret->name);
	ret->alias = ret->alias ? arena_strdup(arena, ret->alias) : NULL;
	if (ret_path)
		*ret_path = path_of(&walk, walk.depth, NULL, 0);
	/* a slash at the end asks for a directory */
	if (directory && ret->type != FS_DIRECTORY)
		return error_set(err, ENOTDIR, "%s is not a directory", ret->name);
	return 0;
}

int fs_resolve(struct fs *fs, struct arena *arena, const char *path, bool nofollow, struct fs_entry *ret,
	       const char **ret_path, struct error *err)
{
	return resolve(fs, arena, path, nofollow, false, ret, ret_path, err);
}

int fs_resolve_as_grub(struct fs *fs, struct arena *arena, const char *path, struct fs_entry *ret, struct error *err)
{
	return resolve(fs, arena, path, false, true, ret, NULL, err);
}
