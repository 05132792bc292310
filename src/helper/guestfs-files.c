/* SPDX-License-Identifier: MIT */
/* guestfs-files: files by number, and what is asked of them.
 *
 * A path given to the appliance is made of names that were listed there, and none but the last of them can be a symbolic link:
 * nothing is asked below one.  Only regular files are opened, so that no FIFO or device can hold it up.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "helper/guestfs.h"

#define NODES_MAX (4U << 20)
#define STATS_ONE_BY_ONE 3 /* then all of a directory are fetched at once */

static enum fs_type type_of_mode(uint32_t mode)
{
	return S_ISREG(mode) ? FS_FILE : S_ISDIR(mode) ? FS_DIRECTORY : S_ISLNK(mode) ? FS_SYMLINK : FS_OTHER;
}

static bool make_room(struct session *s, size_t count)
{
	struct node *nodes;
	size_t capacity = s->node_capacity ? s->node_capacity : 1024;

	while (capacity - s->node_count < count && capacity < NODES_MAX)
		capacity *= 2;
	if (capacity - s->node_count < count)
		return false;
	nodes = capacity == s->node_capacity ? s->nodes : realloc(s->nodes, capacity * sizeof(*nodes));
	if (!nodes)
		return false;
	s->nodes = nodes;
	s->node_capacity = (uint32_t)capacity;
	return true;
}

int64_t session_new_root(struct session *s, const char *mount_point)
{
	char *name = strdup(mount_point);

	if (!name || !make_room(s, 1)) {
		free(name);
		return -1;
	}
	s->nodes[s->node_count] = (struct node){ .parent = s->node_count, .name = name, .type = FS_DIRECTORY };
	return s->node_count++;
}

void session_free_files(struct session *s)
{
	for (uint32_t i = 0; i < s->node_count; i++)
		free(s->nodes[i].name);
	free(s->nodes);
	s->nodes = NULL;
	s->node_count = s->node_capacity = 0;
}

/* Writes the path from its end; false if it is too long. */
static bool path_of(const struct session *s, uint32_t index, char path[APPLIANCE_PATH_MAX])
{
	size_t at = APPLIANCE_PATH_MAX - 1;

	path[at] = 0;
	for (;;) {
		const struct node *node = &s->nodes[index];
		bool root = node->parent == index; /* its name begins with a slash */
		size_t n = strlen(node->name);

		if (n + 1 > at)
			return false;
		at -= n;
		memcpy(path + at, node->name, n);
		if (root)
			break;
		path[--at] = '/';
		index = node->parent;
	}
	memmove(path, path + at, APPLIANCE_PATH_MAX - at);
	return true;
}

static void learn(struct node *node, const struct guestfs_statns *st)
{
	node->mode = (uint32_t)st->st_mode;
	node->size = st->st_size < 0 ? 0 : (uint64_t)st->st_size;
	node->type = type_of_mode(node->mode);
	node->known = true;
}

/* Mode and size of all entries of a directory, in one exchange with the appliance. */
static void learn_all(struct session *s, struct node *directory, const char *path)
{
	char **names = calloc(directory->count + 1, sizeof(*names));
	struct guestfs_statns_list *list;

	if (!names)
		return;
	for (uint32_t i = 0; i < directory->count; i++)
		names[i] = s->nodes[directory->first + i].name;
	list = guestfs.lstatnslist(s->g, path, names);
	/* it answers in the order of the names; where it cannot, with an inode of -1 */
	for (uint32_t i = 0; list && list->len == directory->count && i < list->len; i++)
		if (list->val[i].st_ino >= 0)
			learn(&s->nodes[directory->first + i], &list->val[i]);
	if (list)
		guestfs.free_statns_list(list);
	free(names);
}

static int find_out(struct session *s, uint32_t index, const char *path, struct error *err)
{
	struct node *node = &s->nodes[index], *parent = &s->nodes[node->parent];
	struct guestfs_statns *st;

	if (!node->known && parent != node && parent->asked++ >= STATS_ONE_BY_ONE) {
		char *directory = malloc(APPLIANCE_PATH_MAX);

		parent->asked = 0;
		if (directory && path_of(s, node->parent, directory))
			learn_all(s, parent, directory);
		free(directory);
	}
	if (node->known)
		return 0;
	st = guestfs.lstatns(s->g, path);
	if (!st)
		return session_fail(s, err, "lstat");
	learn(node, st);
	guestfs.free_statns(st);
	return 0;
}

static enum fs_type type_of_letter(char letter)
{
	switch (letter) {
	case 'r':
		return FS_FILE;
	case 'd':
		return FS_DIRECTORY;
	case 'l':
		return FS_SYMLINK;
	default:
		return FS_OTHER;
	}
}

static bool is_entry(const char *name)
{
	return name[0] && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !strchr(name, '/');
}

/* Gives the entries of a directory their numbers. */
static int list(struct session *s, uint32_t index, const char *path, uint32_t most, struct error *err)
{
	struct guestfs_dirent_list *entries = guestfs.readdir(s->g, path);
	struct node *directory;
	bool unknown = false;
	int r = 0;

	if (!entries)
		return session_fail(s, err, "readdir");
	if (entries->len > most || !make_room(s, entries->len)) {
		r = entries->len > most
			    ? error_set(err, EFBIG, "the directory has more than %u entries" RAISES("max-files"), most)
			    : error_set(err, EFBIG, "more than %u files were listed", NODES_MAX);
		guestfs.free_dirent_list(entries);
		return r;
	}
	directory = &s->nodes[index];
	directory->first = s->node_count;
	for (uint32_t i = 0; i < entries->len; i++) {
		const struct guestfs_dirent *e = &entries->val[i];

		if (!is_entry(e->name))
			continue;
		unknown = unknown || e->ftyp == 'u' || e->ftyp == '?';
		s->nodes[s->node_count] =
			(struct node){ .parent = index, .name = strdup(e->name), .type = type_of_letter(e->ftyp) };
		if (!s->nodes[s->node_count].name) {
			r = error_set(err, ENOMEM, "out of memory");
			break;
		}
		s->node_count++;
	}
	directory->count = s->node_count - directory->first;
	directory->listed = r == 0;
	guestfs.free_dirent_list(entries);
	if (r == 0 && unknown)
		learn_all(s, directory, path);
	return r;
}

static int read_directory(struct session *s, uint32_t index, const char *path, uint32_t most, struct buffer *out,
			  struct error *err)
{
	const struct node *directory = &s->nodes[index];
	int r;

	if (directory->type != FS_DIRECTORY)
		return error_set(err, ENOTDIR, "not a directory");
	if (!directory->listed) {
		r = list(s, index, path, most, err);
		if (r < 0)
			return r;
		directory = &s->nodes[index]; /* the table may have moved */
	}
	buffer_le32(out, directory->count);
	for (uint32_t i = 0; i < directory->count; i++) {
		const struct node *node = &s->nodes[directory->first + i];

		buffer_le64(out, directory->first + i);
		buffer_le32(out, node->type);
		buffer_counted(out, node->name);
	}
	return 0;
}

static int read_file(struct session *s, uint32_t index, const char *path, const struct request *request, struct buffer *out,
		     struct error *err)
{
	uint64_t offset = request->offset;
	uint32_t left = request->length;
	int r = find_out(s, index, path, err);

	if (r < 0)
		return r;
	if (s->nodes[index].type != FS_FILE)
		return error_set(err, EISDIR, "not a regular file");
	if (left > APPLIANCE_READ_MAX || offset > s->nodes[index].size || left > s->nodes[index].size - offset)
		return error_set(err, EINVAL, "a request for bytes that the file does not have");
	while (left) {
		size_t n;
		char *data = guestfs.pread(s->g, path, (int)left, (int64_t)offset, &n);

		if (!data)
			return session_fail(s, err, "pread");
		if (n && n <= left)
			buffer_append(out, data, n);
		free(data);
		if (!n || n > left)
			return error_set(err, EIO, "the file ends before its size");
		left -= (uint32_t)n;
		offset += n;
	}
	return 0;
}

static int read_link(struct session *s, uint32_t index, const char *path, struct buffer *out, struct error *err)
{
	int r = find_out(s, index, path, err);
	char *target;

	if (r < 0)
		return r;
	if (s->nodes[index].type != FS_SYMLINK)
		return error_set(err, EINVAL, "not a symbolic link");
	target = guestfs.readlink(s->g, path);
	if (!target)
		return session_fail(s, err, "readlink");
	buffer_string(out, target);
	free(target);
	return 0;
}

static int read_attribute(struct session *s, const char *path, const char *name, struct buffer *out, struct error *err)
{
	size_t size;
	char *value = guestfs.lgetxattr(s->g, path, name, &size);

	if (!value)
		return guestfs.last_errno(s->g) == ENODATA ? error_set(err, ENODATA, "there is no attribute %.100s", name)
							   : session_fail(s, err, "lgetxattr");
	buffer_append(out, value, size);
	free(value);
	return 0;
}

static int space(struct session *s, const char *path, struct buffer *out, struct error *err)
{
	struct guestfs_statvfs *st = guestfs.statvfs(s->g, path);

	if (!st)
		return session_fail(s, err, "statvfs");
	buffer_le32(out, (uint32_t)st->frsize);
	buffer_le64(out, (uint64_t)st->blocks);
	buffer_le64(out, (uint64_t)(st->bfree < st->blocks ? st->bfree : st->blocks));
	guestfs.free_statvfs(st);
	return 0;
}

int session_file(struct session *s, const struct request *request, struct buffer *out, struct error *err)
{
	uint32_t index = (uint32_t)request->handle;
	char path[APPLIANCE_PATH_MAX];
	int r;

	if (request->handle >= s->node_count)
		return error_set(err, EINVAL, "there is no file number %" PRIu64, request->handle);
	if (!path_of(s, index, path))
		return error_set(err, ENAMETOOLONG, "the path is too long");
	switch (request->op) {
	case APPLIANCE_STAT:
		r = find_out(s, index, path, err);
		if (r == 0) {
			buffer_le32(out, s->nodes[index].mode);
			buffer_le64(out, s->nodes[index].size);
		}
		return r;
	case APPLIANCE_READDIR:
		return read_directory(s, index, path, request->length, out, err);
	case APPLIANCE_READLINK:
		return read_link(s, index, path, out, err);
	case APPLIANCE_GETXATTR:
		return read_attribute(s, path, request->text, out, err);
	case APPLIANCE_READ:
		return read_file(s, index, path, request, out, err);
	case APPLIANCE_STATFS:
		return space(s, path, out, err);
	}
	return error_set(err, EINVAL, "an unknown request");
}
