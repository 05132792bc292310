/* SPDX-License-Identifier: MIT */
/* mounts: handles with a number of the part in front, and entries of directories that lead into another part. */
#include "fs/mounts.h"

#include <errno.h>
#include <string.h>

#include "base/limits.h"

#define PART_SHIFT 56
#define INNER_MASK ((1ULL << PART_SHIFT) - 1)

/* A name in a directory that leads to the root of another part. */
struct mount_point {
	uint64_t directory; /* handle of the tree */
	const char *name;
	uint64_t root;      /* likewise */
};

struct mounts {
	struct fs fs;
	struct arena *arena;
	struct fs *parts[LIMIT_MOUNTS];
	unsigned part_count;
	struct mount_point points[LIMIT_MOUNTS];
	unsigned point_count;
};

/* The part that a handle belongs to, with its own handle there; NULL: none. */
static struct fs *part_of(const struct mounts *mounts, uint64_t handle, uint64_t *ret_inner)
{
	*ret_inner = handle & INNER_MASK;
	return handle >> PART_SHIFT < mounts->part_count ? mounts->parts[handle >> PART_SHIFT] : NULL;
}

static int no_handle(struct error *err)
{
	return error_set(err, EBADF, "no such handle");
}

static int op_stat(struct fs *fs, uint64_t handle, struct fs_stat *ret, struct error *err)
{
	struct fs *part = part_of(fs->state, handle, &handle);

	return part ? part->ops->stat(part, handle, ret, err) : no_handle(err);
}

static const struct mount_point *point_at(const struct mounts *mounts, uint64_t directory, const char *name)
{
	/* what was mounted last hides what was there before */
	for (unsigned i = mounts->point_count; i-- > 0;)
		if (mounts->points[i].directory == directory && !strcmp(mounts->points[i].name, name))
			return &mounts->points[i];
	return NULL;
}

static bool has_entry(const struct fs_entry *entries, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(entries[i].name, name))
			return true;
	return false;
}

/* Mount points that no directory on disk stands for. */
static void add_made(const struct mounts *mounts, struct arena *arena, uint64_t directory, struct fs_entry **entries,
		     size_t *count)
{
	for (unsigned i = 0; i < mounts->point_count; i++) {
		const struct mount_point *point = &mounts->points[i];
		struct fs_entry *longer;

		if (point->directory != directory || has_entry(*entries, *count, point->name))
			continue;
		longer = ARENA_ARRAY(arena, *count + 1, struct fs_entry);
		if (*count)
			memcpy(longer, *entries, *count * sizeof(*longer));
		longer[(*count)++] = (struct fs_entry){
			.handle = point_at(mounts, directory, point->name)->root,
			.type = FS_DIRECTORY,
			.name = point->name,
		};
		*entries = longer;
	}
}

static int op_readdir(struct fs *fs, struct arena *arena, uint64_t handle, struct fs_entry **ret, size_t *ret_count,
		      struct error *err)
{
	const struct mounts *mounts = fs->state;
	uint64_t inner, number = handle & ~INNER_MASK;
	struct fs *part = part_of(mounts, handle, &inner);
	struct fs_entry *theirs, *ours;
	int r = part ? part->ops->readdir(part, arena, inner, &theirs, ret_count, err) : no_handle(err);

	if (r < 0)
		return r;
	/* a file system may keep the listing for the next who asks */
	*ret = ours = ARENA_ARRAY(arena, *ret_count + 1, struct fs_entry);
	for (size_t i = 0; i < *ret_count; i++) {
		const struct mount_point *point = point_at(mounts, handle, theirs[i].name);

		ours[i] = theirs[i];
		if (point) {
			ours[i].handle = point->root;
			ours[i].type = FS_DIRECTORY;
		} else if (theirs[i].handle & ~INNER_MASK) {
			return error_set(err, EOVERFLOW, "the handle of %s is too large", theirs[i].name);
		} else {
			ours[i].handle |= number;
		}
	}
	add_made(mounts, arena, handle, ret, ret_count);
	return 0;
}

static int op_readlink(struct fs *fs, struct arena *arena, uint64_t handle, char **ret, struct error *err)
{
	struct fs *part = part_of(fs->state, handle, &handle);

	return part ? part->ops->readlink(part, arena, handle, ret, err) : no_handle(err);
}

static int op_getxattr(struct fs *fs, struct arena *arena, uint64_t handle, const char *name, void **ret, size_t *ret_size,
		       struct error *err)
{
	struct fs *part = part_of(fs->state, handle, &handle);

	return part ? part->ops->getxattr(part, arena, handle, name, ret, ret_size, err) : no_handle(err);
}

static int op_pread(struct fs *fs, uint64_t handle, uint64_t offset, void *data, size_t length, struct error *err)
{
	struct fs *part = part_of(fs->state, handle, &handle);

	return part ? part->ops->pread(part, handle, offset, data, length, err) : no_handle(err);
}

static int op_statfs(struct fs *fs, struct fs_statfs *ret, struct error *err)
{
	const struct mounts *mounts = fs->state;

	return mounts->parts[0]->ops->statfs(mounts->parts[0], ret, err);
}

static int op_settle(struct fs *fs, struct fs_entry *entry, struct error *err)
{
	struct fs_entry theirs = *entry;
	struct fs *part = part_of(fs->state, entry->handle, &theirs.handle);
	int r = part ? fs_settle(part, &theirs, err) : no_handle(err);

	entry->type = theirs.type;
	return r;
}

static const struct fs_ops mounts_ops = { op_stat, op_readdir, op_readlink, op_getxattr, op_pread, op_statfs, op_settle };

struct mounts *mounts_new(struct arena *arena, struct fs *fs, uint64_t root)
{
	struct mounts *mounts = ARENA_NEW(arena, struct mounts);

	mounts->arena = arena;
	mounts->parts[0] = fs;
	mounts->part_count = 1;
	mounts->fs = (struct fs){ .ops = &mounts_ops, .type = fs->type, .root = root & INNER_MASK, .state = mounts };
	return mounts;
}

static const char *parent_path(struct arena *arena, const char *path, const char **ret_name)
{
	char *copy = arena_strdup(arena, path), *slash;

	for (size_t length = strlen(copy); length > 1 && copy[length - 1] == '/'; length--)
		copy[length - 1] = '\0';
	slash = strrchr(copy, '/');
	*ret_name = slash ? slash + 1 : copy;
	return slash ? arena_strndup(arena, copy, (size_t)(slash - copy) + 1) : "/";
}

/* The directory that holds the mount point, and its name there: links are followed, but one that leads nowhere is an error. */
static int find_parent(struct mounts *mounts, const char *path, struct fs_entry *ret, const char **ret_name, struct error *err)
{
	struct fs_entry entry;
	const char *resolved;
	int r = fs_resolve(&mounts->fs, mounts->arena, path, false, &entry, &resolved, err);

	if (r == -ENOENT && fs_resolve(&mounts->fs, mounts->arena, path, true, &entry, NULL, NULL) == -ENOENT)
		resolved = path;
	else if (r < 0)
		return r;
	else if (entry.type != FS_DIRECTORY)
		return error_set(err, ENOTDIR, "%s is not a directory", path);
	path = parent_path(mounts->arena, resolved, ret_name);
	if (!**ret_name)
		return error_set(err, EINVAL, "nothing can be mounted over the root");
	return fs_resolve(&mounts->fs, mounts->arena, path, false, ret, NULL, err);
}

int mounts_add(struct mounts *mounts, const char *path, struct fs *fs, uint64_t root, struct error *err)
{
	struct mount_point *point = &mounts->points[mounts->point_count];
	struct fs_entry parent;
	const char *name = NULL;
	int r;

	if (mounts->part_count == LIMIT_MOUNTS)
		return limit_error(err, "more than %d file systems are mounted", LIMIT_MOUNTS);
	if (root & ~INNER_MASK)
		return error_set(err, EOVERFLOW, "the handle of its root is too large");
	r = find_parent(mounts, path, &parent, &name, err);
	if (r < 0)
		return r;
	if (parent.type != FS_DIRECTORY)
		return error_set(err, ENOTDIR, "%s is not in a directory", path);
	*point = (struct mount_point){
		.directory = parent.handle,
		.name = name,
		.root = (uint64_t)mounts->part_count << PART_SHIFT | root,
	};
	mounts->parts[mounts->part_count++] = fs;
	mounts->point_count++;
	return 0;
}

struct fs *mounts_fs(struct mounts *mounts)
{
	return &mounts->fs;
}
