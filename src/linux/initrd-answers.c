/* SPDX-License-Identifier: MIT */
/* initrd-answers: what the tree of an initrd says, once it stands, to the questions that were put. */
#include "base/limits.h"
#include "linux/initrd-internal.h"

#include <string.h>
#include <sys/stat.h>

/* Writes the path without its empty components and those that are "."; Linux takes it for the same.  `to` has room for all of
 * it, and may be where it stands. */
static void clean(char *to, const char *path)
{
	char *begin = to;

	while (*path) {
		size_t length = strcspn(path, "/");

		if (length > 1 || (length && *path != '.')) {
			if (to > begin)
				*to++ = '/';
			memmove(to, path, length);
			to += length;
		}
		path += length;
		path += strspn(path, "/");
	}
	*to = '\0';
}

char *initrd_plain_path(char *to, const char *written)
{
	static const char *const merged[] = { "bin", "sbin", "lib", "lib64" };
	char *path = to;

	clean(to, written);
	if (strncmp(path, "usr/", 4))
		return path;
	for (size_t i = 0; i < sizeof(merged) / sizeof(merged[0]); i++) {
		size_t n = strlen(merged[i]);

		if (!strncmp(path + 4, merged[i], n) && (path[4 + n] == '/' || !path[4 + n]))
			return path + 4;
	}
	return path;
}

/* The file that was asked for by its path, or by the other one that a merged /usr makes the same: *ret_elsewhere. */
static int find(struct inquiry *inquiry, const char *name, uint32_t *ret, bool *ret_elsewhere, struct error *err)
{
	char *plain, *usr;
	int r = tree_find(inquiry->tree, name, false, ret, err);

	*ret_elsewhere = *ret == TREE_NONE;
	if (r < 0 || *ret != TREE_NONE)
		return r;
	plain = arena_strdup(inquiry->scratch, name);
	plain = initrd_plain_path(plain, plain);
	r = tree_find(inquiry->tree, plain, false, ret, err);
	if (r < 0 || *ret != TREE_NONE)
		return r;
	usr = arena_printf(inquiry->scratch, "usr/%s", plain);
	return strcmp(initrd_plain_path(arena_strdup(inquiry->scratch, usr), usr), plain)
		       ? 0
		       : tree_find(inquiry->tree, usr, false, ret, err);
}

static void give(const struct inquiry *inquiry, struct initrd_question *q, const struct initrd_file *file)
{
	const struct tree_node *node = tree_node(inquiry->tree, file->node);

	q->path = arena_strdup(inquiry->arena, file->path);
	q->mode = node->mode;
	q->size = node->size;
	q->target = S_ISLNK(node->mode) ? arena_strdup(inquiry->arena, node->target) : NULL;
	q->member = file->member;
	if (q->kind != INITRD_CONTENT || !S_ISREG(node->mode))
		return;
	q->content = file->content ? file->content : (const uint8_t *)"";
	q->content_size = file->content_size < q->limit ? file->content_size : q->limit;
}

static int answer_path(struct inquiry *inquiry, struct initrd_question *q, struct error *err)
{
	const struct tree_node *node;
	uint32_t number;
	bool elsewhere;
	int r = find(inquiry, q->name, &number, &elsewhere, err);

	if (r < 0 || number == TREE_NONE)
		return r;
	q->elsewhere = elsewhere && !inquiry->lenient;
	node = tree_node(inquiry->tree, number);
	give(inquiry, q, node->file ? node->file : &(struct initrd_file){ .path = q->name, .node = number });
	q->answer = INITRD_FOUND;
	if (S_ISLNK(node->mode)) {
		/* what a kernel has besides may be where the link leads */
		q->reached = inquiry->lenient ? S_IFREG | 0755 : 0;
		r = inquiry->lenient ? 0 : tree_find(inquiry->tree, q->name, true, &number, err);
		if (r < 0 || inquiry->lenient || number == TREE_NONE)
			return r;
		node = tree_node(inquiry->tree, number);
	}
	q->reached = node->mode;
	q->empty = S_ISREG(node->mode) && !node->size && !node->linked;
	return 0;
}

/* What the kernel would execute by that path.  With `lenient` what is not in the archive itself may be there as well. */
static int look_at_program(void *state, const char *path, struct program_file *ret, struct error *err)
{
	struct inquiry *inquiry = state;
	const struct tree_node *node;
	uint32_t number;
	int r = tree_find(inquiry->tree, path, !inquiry->lenient, &number, err);

	if (r < 0)
		return r;
	node = number == TREE_NONE ? NULL : tree_node(inquiry->tree, number);
	if (inquiry->lenient && (!node || !S_ISREG(node->mode))) {
		*ret = (struct program_file){ .mode = S_IFREG | 0755, .unknown = true };
		return 0;
	}
	if (!node)
		return 0;
	ret->mode = node->mode;
	ret->empty = S_ISREG(node->mode) && !node->size && !node->linked;
	ret->unknown = !node->program;
	if (node->program)
		ret->program = *node->program;
	return 0;
}

static int answer_program(struct inquiry *inquiry, struct initrd_question *q, bool complete, struct error *err)
{
	int r = answer_path(inquiry, q, err);

	/* what leads to nothing is no file, and what was not gone through may bring what is missing */
	if (r < 0 || !q->reached || !complete)
		return r;
	return program_fault(inquiry->arena, q->name, q->machine, look_at_program, inquiry, &q->fault, err);
}

/* Why the file is no module that Linux could load, or NULL. */
static int fault_of(struct inquiry *inquiry, const struct initrd_file *file, const char **ret, struct error *err)
{
	uint32_t number;
	int r;

	*ret = file->fault;
	/* what a kernel has besides may be where the link leads */
	if (inquiry->lenient || !S_ISLNK(tree_node(inquiry->tree, file->node)->mode))
		return 0;
	r = tree_find(inquiry->tree, file->path, true, &number, err);
	if (r >= 0 && number == TREE_NONE)
		*ret = "it is a symbolic link to nothing";
	return r;
}

static int answer_by_candidates(struct inquiry *inquiry, struct initrd_question *q, const struct candidate *list,
				struct error *err)
{
	for (const struct candidate *c = list; c; c = c->next) {
		uint32_t mode = tree_node(inquiry->tree, c->file->node)->mode;
		int r = 0;

		if (!mode || S_ISDIR(mode))
			continue;
		if (q->kind == INITRD_MODULE)
			r = fault_of(inquiry, c->file, &q->fault, err);
		if (r < 0)
			return r;
		if (q->kind == INITRD_MODULE && q->machine && c->file->machine && q->machine != c->file->machine)
			q->fault = "it is for another machine than the kernel";
		if (!q->fault) {
			give(inquiry, q, c->file);
			q->answer = INITRD_FOUND;
			return 0;
		}
		q->path = arena_strdup(inquiry->arena, c->file->path);
	}
	return 0;
}

int inquiry_end(struct inquiry *inquiry, bool complete, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < inquiry->count && r >= 0; i++) {
		struct initrd_question *q = &inquiry->questions[i];

		if (q->kind == INITRD_PATH || q->kind == INITRD_CONTENT)
			r = answer_path(inquiry, q, err);
		else if (q->kind == INITRD_PROGRAM)
			r = answer_program(inquiry, q, complete, err);
		else
			r = answer_by_candidates(inquiry, q, inquiry->candidates[i], err);
		if (r >= 0 && complete && q->answer == INITRD_UNKNOWN)
			q->answer = INITRD_NOT_FOUND;
	}
	return r;
}
