/* SPDX-License-Identifier: MIT */
/* initrd-tree: names by a hash of their folder and themselves, so that a name itself need not be kept. */
#include "linux/initrd-tree.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "base/limits.h"

#define CHUNK 1024
#define NAME 255 /* NAME_MAX */

/* Picoseconds of WORK_UNPACKING for each component of a path that is looked up, "." too. */
#define STEP_COST 50000ULL

struct tree {
	struct arena *arena;
	struct tree_node **chunks;
	uint32_t count, most;
	uint32_t *slots; /* number + 1, 0 for an empty one; slot_count is a power of two */
	uint32_t slot_count;
	uint64_t kept, steps;
	bool lenient, full;
	/* the folder of the entry before, by its path, for as long as nothing was taken away */
	char *last;
	size_t last_length;
	uint32_t last_folder;
};

struct tree_node *tree_node(const struct tree *tree, uint32_t number)
{
	return &tree->chunks[number / CHUNK][number % CHUNK];
}

/* A key that no image can be made for: hash_bytes has a key of the process's own. */
static uint64_t key_of(uint32_t folder, const char *name, size_t length)
{
	return hash_bytes(name, length) ^ (folder * 0x9e3779b97f4a7c15ULL);
}

static uint32_t slot_of(const struct tree *tree, uint64_t key)
{
	uint32_t slot = (uint32_t)key & (tree->slot_count - 1);

	while (tree->slots[slot] && tree_node(tree, tree->slots[slot] - 1)->key != key)
		slot = (slot + 1) & (tree->slot_count - 1);
	return slot;
}

static void grow(struct tree *tree)
{
	tree->slot_count = tree->slot_count ? tree->slot_count * 2 : 4 * CHUNK;
	tree->slots = ARENA_ARRAY(tree->arena, tree->slot_count, uint32_t);
	for (uint32_t i = 0; i < tree->count; i++)
		tree->slots[slot_of(tree, tree_node(tree, i)->key)] = i + 1;
}

/* The number of the name in the folder, there or not; TREE_NONE where it never was. */
static uint32_t child(struct tree *tree, uint32_t folder, const char *name, size_t length)
{
	return tree->slots[slot_of(tree, key_of(folder, name, length))] - 1;
}

/* The same, with a node that is not there for one that never was; TREE_NONE where there are too many. */
static uint32_t child_made(struct tree *tree, uint32_t folder, const char *name, size_t length)
{
	uint32_t number = child(tree, folder, name, length);
	uint64_t key = key_of(folder, name, length);
	struct tree_node *node;

	tree->full |= number == TREE_NONE && tree->count == tree->most;
	if (number != TREE_NONE || tree->full)
		return number;
	if (tree->count * 2 >= tree->slot_count)
		grow(tree);
	if (tree->count % CHUNK == 0)
		tree->chunks[tree->count / CHUNK] = ARENA_ARRAY(tree->arena, CHUNK, struct tree_node);
	number = tree->count++;
	tree->slots[slot_of(tree, key)] = number + 1;
	node = tree_node(tree, number);
	node->key = key;
	node->folder = folder;
	return number;
}

static void appear(struct tree *tree, uint32_t number, uint32_t mode)
{
	struct tree_node *node = tree_node(tree, number);

	tree_node(tree, node->folder)->entries += !node->mode;
	node->mode = mode;
}

struct tree *tree_new(struct arena *arena, bool lenient)
{
	/* usr/default_cpio_list */
	static const struct {
		const char *name;
		uint32_t mode;
	} own[] = { { "", S_IFDIR | 0755 }, { "dev", S_IFDIR | 0755 }, { "root", S_IFDIR | 0700 } };
	struct tree *tree = ARENA_NEW(arena, struct tree);

	tree->arena = arena;
	tree->lenient = lenient;
	tree->most = (uint32_t)limits_initrd_names();
	tree->chunks = ARENA_ARRAY(arena, tree->most / CHUNK + 1, struct tree_node *);
	tree->last = arena_alloc(arena, LIMIT_CPIO_NAME);
	tree->last_folder = TREE_NONE;
	grow(tree);
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		appear(tree, child_made(tree, TREE_ROOT, own[i].name, strlen(own[i].name)), own[i].mode);
	return tree;
}

static bool is(const char *name, size_t length, const char *text)
{
	return length == strlen(text) && !memcmp(name, text, length);
}

/* Goes from the folder `at` along the path; *links counts the links that were followed. */
static uint32_t walk(struct tree *tree, uint32_t at, const char *path, size_t length, bool follow, unsigned *links)
{
	const char *p = path, *end = path + length;

	if (length && *p == '/')
		at = TREE_ROOT;
	for (;;) {
		const char *name, *slash;
		uint32_t next;
		size_t n;

		while (p < end && *p == '/')
			p++;
		/* what ends with a slash is a folder */
		if (p == end)
			return p == path || p[-1] != '/' || S_ISDIR(tree_node(tree, at)->mode) ? at : TREE_NONE;
		tree->steps++;
		name = p;
		slash = memchr(p, '/', (size_t)(end - p));
		p = slash ? slash : end;
		n = (size_t)(p - name);
		if (!S_ISDIR(tree_node(tree, at)->mode) || n > NAME)
			return TREE_NONE;
		if (is(name, n, "."))
			continue;
		if (is(name, n, "..")) {
			at = tree_node(tree, at)->folder;
			continue;
		}
		next = child(tree, at, name, n);
		if (tree->lenient && (slash || follow) && (next == TREE_NONE || !tree_node(tree, next)->mode)) {
			next = child_made(tree, at, name, n);
			if (next != TREE_NONE)
				appear(tree, next, S_IFDIR | 0755);
		}
		if (next == TREE_NONE || !tree_node(tree, next)->mode)
			return TREE_NONE;
		if (S_ISLNK(tree_node(tree, next)->mode) && (slash || follow)) {
			const char *target = tree_node(tree, next)->target;

			if (++*links > LIMIT_SYMLINKS)
				return TREE_NONE;
			next = walk(tree, at, target, strlen(target), true, links);
			if (next == TREE_NONE)
				return TREE_NONE;
		}
		at = next;
	}
}

static int pay(struct tree *tree, struct error *err)
{
	uint64_t steps = tree->steps;

	if (tree->full)
		return limit_error(err, "the initrd has more than %" PRIu32 " names" RAISES("max-files"), tree->most);
	tree->steps = 0;
	return limit_spend(WORK_UNPACKING, steps * STEP_COST, err);
}

int tree_find(struct tree *tree, const char *path, bool follow, uint32_t *ret, struct error *err)
{
	unsigned links = 0;

	*ret = walk(tree, TREE_ROOT, path, strlen(path), follow, &links);
	return pay(tree, err);
}

/* The folder that a path of an entry names before its last slash. */
static uint32_t folder_of(struct tree *tree, const char *path, size_t length)
{
	unsigned links = 0;

	if (tree->last_folder != TREE_NONE && tree->last_length == length && !memcmp(tree->last, path, length))
		return tree->last_folder;
	tree->last_folder = walk(tree, TREE_ROOT, path, length, true, &links);
	memcpy(tree->last, path, length);
	tree->last_length = length;
	return tree->last_folder;
}

/* clean_path(): what is of another type gives way, and anything gives way to a link (mode 0). */
static void give_way(struct tree *tree, uint32_t number, uint32_t mode)
{
	struct tree_node *node = tree_node(tree, number);

	if (!node->mode || ((node->mode ^ mode) & S_IFMT) == 0)
		return;
	if (S_ISDIR(node->mode) && (node->entries || number == TREE_ROOT))
		return;
	tree_node(tree, node->folder)->entries--;
	node->mode = 0;
	tree->last_folder = TREE_NONE;
}

static int make(struct tree *tree, const struct cpio_entry *entry, const char *target, enum tree_made *ret_made, uint32_t *ret,
		struct error *err)
{
	bool is_link = S_ISLNK(entry->mode), is_folder = S_ISDIR(entry->mode);
	const char *name = entry->name, *base;
	size_t length = strlen(name), begin;
	struct tree_node *node;
	uint32_t folder;
	bool slashes;

	*ret_made = TREE_NOT_MADE;
	while (length && name[length - 1] == '/')
		length--;
	slashes = name[length];
	for (begin = length; begin && name[begin - 1] != '/';)
		begin--;
	base = name + begin;
	length -= begin;
	if (!length || length > NAME || is(base, length, ".") || is(base, length, ".."))
		return 0;
	folder = folder_of(tree, name, begin);
	if (folder == TREE_NONE) {
		*ret_made = TREE_NO_FOLDER;
		return 0;
	}
	tree->steps++;
	*ret = child_made(tree, folder, base, length);
	if (*ret == TREE_NONE)
		return 0;
	node = tree_node(tree, *ret);
	/* a folder's name alone may end with slashes, and with them it is no other type's */
	if (!slashes || S_ISDIR(node->mode))
		give_way(tree, *ret, is_link ? 0 : entry->mode);
	if (slashes && (!is_folder || (node->mode && !S_ISDIR(node->mode))))
		return 0;
	if (node->mode && (is_link || (node->mode ^ entry->mode) & S_IFMT))
		return 0;
	if (!(entry->mode & S_IFMT))
		return 0;
	if (is_link) {
		node->target = tree_keep(tree, target, strlen(target) + 1, err);
		if (!node->target)
			return -EFBIG;
	}
	appear(tree, *ret, entry->mode);
	node->program = NULL;
	node->size = entry->size;
	node->linked = entry->links > 1;
	*ret_made = TREE_MADE;
	return 0;
}

int tree_make(struct tree *tree, const struct cpio_entry *entry, const char *target, enum tree_made *ret_made, uint32_t *ret,
	      struct error *err)
{
	int r = make(tree, entry, target, ret_made, ret, err);

	return r < 0 ? r : pay(tree, err);
}

void *tree_keep(struct tree *tree, const void *data, size_t size, struct error *err)
{
	const uint64_t most = 4 * limits_directory_bytes();

	if (size > most || tree->kept > most - size) {
		limit_error(err, "the paths in the initrd take more than %" PRIu64 " bytes" RAISES("max-files"), most);
		return NULL;
	}
	tree->kept += size;
	return arena_memdup(tree->arena, data, size);
}
