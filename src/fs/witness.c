/* SPDX-License-Identifier: MIT */
/* witness: see the header. */
#include "fs/witness.h"

#include <errno.h>

#include "base/unseen.h"

/* What the caller must know as well: a kind of file, what a file system does not have.  A limit that was met here has been noted
 * already, one that a helper met has not. */
static bool is_expected(int r)
{
	return fs_is_answer(r) || r == -EISDIR || r == -EINVAL || r == -EOPNOTSUPP;
}

static int note(int r, const struct error *err)
{
	if (!is_expected(r))
		unseen_note(err);
	return r;
}

#define INNER(fs) ((struct fs *)(fs)->state)
#define SOME(err, mine) ((err) ? (err) : &(mine))

static int witness_stat(struct fs *fs, uint64_t handle, struct fs_stat *ret, struct error *err)
{
	struct error mine = { 0 };

	err = SOME(err, mine);
	return note(INNER(fs)->ops->stat(INNER(fs), handle, ret, err), err);
}

static int witness_readdir(struct fs *fs, struct arena *arena, uint64_t handle, struct fs_entry **ret, size_t *ret_count,
			   struct error *err)
{
	struct error mine = { 0 };

	err = SOME(err, mine);
	return note(INNER(fs)->ops->readdir(INNER(fs), arena, handle, ret, ret_count, err), err);
}

static int witness_readlink(struct fs *fs, struct arena *arena, uint64_t handle, char **ret, struct error *err)
{
	struct error mine = { 0 };

	err = SOME(err, mine);
	return note(INNER(fs)->ops->readlink(INNER(fs), arena, handle, ret, err), err);
}

/* That a file has none is said in more than one way: the one rule that asks tells them apart. */
static int witness_getxattr(struct fs *fs, struct arena *arena, uint64_t handle, const char *name, void **ret, size_t *ret_size,
			    struct error *err)
{
	return INNER(fs)->ops->getxattr(INNER(fs), arena, handle, name, ret, ret_size, err);
}

static int witness_pread(struct fs *fs, uint64_t handle, uint64_t offset, void *data, size_t length, struct error *err)
{
	struct error mine = { 0 };

	err = SOME(err, mine);
	return note(INNER(fs)->ops->pread(INNER(fs), handle, offset, data, length, err), err);
}

static int witness_statfs(struct fs *fs, struct fs_statfs *ret, struct error *err)
{
	return INNER(fs)->ops->statfs(INNER(fs), ret, err);
}

static int witness_settle(struct fs *fs, struct fs_entry *entry, struct error *err)
{
	struct error mine = { 0 };

	err = SOME(err, mine);
	return note(fs_settle(INNER(fs), entry, err), err);
}

static const struct fs_ops witness_ops = {
	witness_stat, witness_readdir, witness_readlink, witness_getxattr, witness_pread, witness_statfs, witness_settle,
};

struct fs *witness_fs(struct arena *arena, struct fs *inner)
{
	struct fs *fs = ARENA_NEW(arena, struct fs);

	*fs = *inner;
	fs->ops = &witness_ops;
	fs->state = inner;
	return fs;
}
