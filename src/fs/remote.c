/* SPDX-License-Identifier: MIT */
/* remote: a file system that libguestfs reads, as a struct fs.  A handle is the helper's number of a file.
 *
 * Directories that were listed are kept, as far as LIMIT_LISTINGS goes, and so is what was read last: each question that
 * goes to the appliance costs milliseconds, whatever its size.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "fs/appliance.h"
#include "fs/listings.h"

#define WINDOWS 2
#define STATS 64
#define AHEAD_FIRST (128U << 10)
/* Of WORK_LOOKUPS, in picoseconds: a message there and back, and some of what the appliance does. */
#define REMOTE_COST_QUESTION 60000000

/* Bytes of a file that were read, and how much of it the next read shall fetch. */
struct window {
	uint64_t handle, offset, used; /* used 0: free */
	size_t length, ahead;
	uint8_t *data; /* APPLIANCE_READ_MAX */
};

struct remote_fs {
	struct appliance *appliance;
	struct listings *listings;
	uint64_t clock;
	struct window windows[WINDOWS];
	struct {
		bool known;
		uint64_t handle;
		struct fs_stat stat;
	} stats[STATS];
};

static int nonsense(struct error *err)
{
	return error_set(err, EPROTO, "the helper that runs libguestfs sent nonsense");
}

static enum fs_type type_of_mode(uint32_t mode)
{
	return S_ISREG(mode) ? FS_FILE : S_ISDIR(mode) ? FS_DIRECTORY : S_ISLNK(mode) ? FS_SYMLINK : FS_OTHER;
}

int remote_decode_stat(const void *data, size_t size, struct fs_stat *ret, struct error *err)
{
	struct cursor c = cursor_make(data, size);

	ret->mode = cursor_le32(&c);
	ret->size = cursor_le64(&c);
	ret->type = type_of_mode(ret->mode);
	return cursor_ok(&c) && !cursor_left(&c) && ret->size <= INT64_MAX ? 0 : nonsense(err);
}

int remote_decode_statfs(const void *data, size_t size, struct fs_statfs *ret, struct error *err)
{
	struct cursor c = cursor_make(data, size);

	ret->block_size = cursor_le32(&c);
	ret->blocks = cursor_le64(&c);
	ret->free_blocks = cursor_le64(&c);
	if (!cursor_ok(&c) || cursor_left(&c) || ret->free_blocks > ret->blocks)
		return nonsense(err);
	return 0;
}

static bool is_name(const char *name, size_t length)
{
	if (!name || !length || memchr(name, '/', length) || memchr(name, 0, length))
		return false;
	return !(name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.')));
}

int remote_decode_listing(struct arena *arena, const void *data, size_t size, struct fs_entry **ret, size_t *ret_count,
			  struct error *err)
{
	struct cursor c = cursor_make(data, size);
	uint32_t count = cursor_le32(&c);

	/* an entry has 17 bytes at least */
	if (!cursor_ok(&c) || count > limits.files || count > cursor_left(&c) / 17)
		return nonsense(err);
	*ret = ARENA_ARRAY(arena, count, struct fs_entry);
	*ret_count = count;
	for (uint32_t i = 0; i < count; i++) {
		struct fs_entry *entry = &(*ret)[i];
		const char *name;
		uint32_t type;
		size_t length;

		entry->handle = cursor_le64(&c);
		type = cursor_le32(&c);
		cursor_counted(&c, &name, &length);
		if (!cursor_ok(&c) || type > FS_OTHER || !is_name(name, length))
			return nonsense(err);
		entry->type = (enum fs_type)type;
		entry->name = arena_strndup(arena, name, length);
	}
	return cursor_left(&c) ? nonsense(err) : 0;
}

static int op_stat(struct fs *fs, uint64_t handle, struct fs_stat *ret, struct error *err)
{
	const struct appliance_request request = { .op = APPLIANCE_STAT, .handle = handle };
	struct remote_fs *remote = fs->state;
	uint8_t data[12];
	long n;
	int r;

	if (remote->stats[handle % STATS].known && remote->stats[handle % STATS].handle == handle) {
		*ret = remote->stats[handle % STATS].stat;
		return 0;
	}
	r = limit_spend(WORK_LOOKUPS, REMOTE_COST_QUESTION, err);
	if (r < 0)
		return r;
	n = appliance_ask(remote->appliance, &request, data, sizeof(data), NULL, err);
	if (n < 0)
		return (int)n;
	r = remote_decode_stat(data, (size_t)n, ret, err);
	if (r < 0)
		return r;
	remote->stats[handle % STATS].known = true;
	remote->stats[handle % STATS].handle = handle;
	remote->stats[handle % STATS].stat = *ret;
	return 0;
}

/* What the appliance's kernel lists is what the directory says, too. */
static int op_settle(struct fs *fs, struct fs_entry *entry, struct error *err)
{
	struct fs_stat st;
	int r = op_stat(fs, entry->handle, &st, err);

	if (r >= 0)
		entry->type = st.type;
	return r;
}

static int op_readdir(struct fs *fs, struct arena *arena, uint64_t handle, struct fs_entry **ret, size_t *ret_count,
		      struct error *err)
{
	const struct appliance_request request = { .op = APPLIANCE_READDIR, .handle = handle,
						   .length = (uint32_t)limits.files };
	struct remote_fs *remote = fs->state;
	const uint8_t *data;
	long n;
	int r;

	if (listings_find(remote->listings, handle, ret, ret_count))
		return 0;
	r = limit_spend(WORK_LOOKUPS, REMOTE_COST_QUESTION, err);
	if (r < 0)
		return r;
	n = appliance_ask(remote->appliance, &request, NULL, 0, &data, err);
	if (n < 0)
		return (int)n;
	r = remote_decode_listing(arena, data, (size_t)n, ret, ret_count, err);
	if (r >= 0)
		r = limit_spend(WORK_LOOKUPS, *ret_count * COST_LISTED, err);
	if (r >= 0)
		listings_keep(remote->listings, handle, *ret, *ret_count);
	return r;
}

static int op_readlink(struct fs *fs, struct arena *arena, uint64_t handle, char **ret, struct error *err)
{
	const struct appliance_request request = { .op = APPLIANCE_READLINK, .handle = handle };
	const struct remote_fs *remote = fs->state;
	const uint8_t *data;
	int r = limit_spend(WORK_LOOKUPS, REMOTE_COST_QUESTION, err);
	long n = r < 0 ? r : appliance_ask(remote->appliance, &request, NULL, 0, &data, err);

	if (n < 0)
		return (int)n;
	if ((uint64_t)n > limits.path)
		return limit_error(err, "a symbolic link says more than %" PRIu64 " bytes" RAISES("max-path"), limits.path);
	if (!n || memchr(data, 0, (size_t)n))
		return nonsense(err);
	*ret = arena_strndup(arena, (const char *)data, (size_t)n);
	return 0;
}

static int op_getxattr(struct fs *fs, struct arena *arena, uint64_t handle, const char *name, void **ret, size_t *ret_size,
		       struct error *err)
{
	const struct appliance_request request = {
		.op = APPLIANCE_GETXATTR, .handle = handle, .text = name, .text_bytes = (uint32_t)strnlen(name, LIMIT_FILE_NAME)
	};
	const struct remote_fs *remote = fs->state;
	const uint8_t *data;
	long n = appliance_ask(remote->appliance, &request, NULL, 0, &data, err);

	if (n < 0)
		return (int)n;
	if (n > (long)LIMIT_XATTR)
		return nonsense(err);
	*ret = n ? arena_memdup(arena, data, (size_t)n) : arena_alloc(arena, 0);
	*ret_size = (size_t)n;
	return 0;
}

/* Fetches from `offset` on into a window: at least one of the bytes up to `size`, the file's end. */
static int fill(struct remote_fs *remote, struct window *w, uint64_t handle, uint64_t offset, size_t wanted, uint64_t size,
		struct error *err)
{
	bool goes_on = w->used && w->handle == handle && w->offset + w->length == offset;
	struct appliance_request request = { .op = APPLIANCE_READ, .handle = handle, .offset = offset };
	long n;

	w->ahead = goes_on ? 2 * w->ahead : AHEAD_FIRST;
	if (w->ahead < wanted)
		w->ahead = wanted;
	if (w->ahead > APPLIANCE_READ_MAX)
		w->ahead = APPLIANCE_READ_MAX;
	request.length = (uint32_t)(size - offset < w->ahead ? size - offset : w->ahead);
	w->used = 0;
	n = appliance_ask(remote->appliance, &request, w->data, request.length, NULL, err);
	if (n < 0)
		return (int)n;
	if (n != (long)request.length)
		return nonsense(err);
	w->handle = handle;
	w->offset = offset;
	w->length = (size_t)n;
	return 0;
}

/* The window that holds the byte, or that shall: the file's own, else the one that was not used for longest. */
static struct window *find_window(struct remote_fs *remote, uint64_t handle, uint64_t offset, bool *ret_holds)
{
	struct window *best = NULL;

	for (unsigned i = 0; i < WINDOWS; i++) {
		struct window *w = &remote->windows[i];

		*ret_holds = w->used && w->handle == handle && offset >= w->offset && offset - w->offset < w->length;
		if (*ret_holds)
			return w;
	}
	for (unsigned i = 0; i < WINDOWS; i++) {
		struct window *w = &remote->windows[i];

		if (w->used && w->handle == handle && w->offset + w->length == offset)
			return w;
		if (!best || w->used < best->used)
			best = w;
	}
	return best;
}

static int op_pread(struct fs *fs, uint64_t handle, uint64_t offset, void *data, size_t length, struct error *err)
{
	struct remote_fs *remote = fs->state;
	uint8_t *p = data;
	struct fs_stat st;
	int r = op_stat(fs, handle, &st, err);

	if (r < 0)
		return r;
	if (st.type != FS_FILE)
		return error_set(err, EISDIR, "not a regular file");
	if (offset > st.size || length > st.size - offset)
		return error_set(err, ERANGE, "the file ends before");
	while (length) {
		bool holds;
		struct window *w = find_window(remote, handle, offset, &holds);
		size_t n;

		if (!holds) {
			r = fill(remote, w, handle, offset, length, st.size, err);
			if (r < 0)
				return r;
		}
		w->used = ++remote->clock;
		n = w->length - (size_t)(offset - w->offset);
		if (n > length)
			n = length;
		memcpy(p, w->data + (offset - w->offset), n);
		p += n;
		offset += n;
		length -= n;
	}
	return 0;
}

static int op_statfs(struct fs *fs, struct fs_statfs *ret, struct error *err)
{
	const struct appliance_request request = { .op = APPLIANCE_STATFS, .handle = fs->root };
	const struct remote_fs *remote = fs->state;
	uint8_t data[20];
	long n = appliance_ask(remote->appliance, &request, data, sizeof(data), NULL, err);

	return n < 0 ? (int)n : remote_decode_statfs(data, (size_t)n, ret, err);
}

struct fs *remote_fs_new(struct arena *arena, struct appliance *appliance, uint64_t root, const char *type)
{
	static const struct fs_ops ops = { op_stat, op_readdir, op_readlink, op_getxattr, op_pread, op_statfs, op_settle };
	struct remote_fs *remote = ARENA_NEW(arena, struct remote_fs);
	struct fs *fs = ARENA_NEW(arena, struct fs);

	remote->appliance = appliance;
	remote->listings = listings_new();
	for (unsigned i = 0; i < WINDOWS; i++)
		remote->windows[i].data = arena_alloc(arena, APPLIANCE_READ_MAX);
	*fs = (struct fs){ .ops = &ops, .type = type, .root = root, .state = remote };
	return fs;
}

void remote_fs_free(struct fs *fs)
{
	struct remote_fs *remote = fs->state;

	listings_free(remote->listings);
	remote->listings = NULL;
}
