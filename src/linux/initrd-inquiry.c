/* SPDX-License-Identifier: MIT */
/* initrd-inquiry: which question does an entry of the archive answer? */
#include "base/limits.h"
#include "linux/initrd-internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "linux/modules.h"

/* A file whose content was asked for by a hard link: newc archives carry the content with the last link alone. */
struct link {
	struct link *next;
	struct initrd_file *file;
	uint32_t inode, device_major, device_minor;
};

static void add(struct inquiry *inquiry, uint32_t question)
{
	const struct initrd_question *q = &inquiry->questions[question];
	bool module = q->kind == INITRD_MODULE, folder = q->kind == INITRD_FOLDER;
	struct names *names = module ? &inquiry->modules : folder ? &inquiry->folders : &inquiry->paths;
	uint32_t *first = module ? inquiry->first_module : folder ? inquiry->first_folder : inquiry->first_path;
	uint32_t count = names->count, i;
	char *name = arena_strdup(inquiry->scratch, q->name);

	if (!module)
		name = initrd_plain_path(name, name);
	for (char *p = name; module && *p; p++)
		if (*p == '-')
			*p = '_';
	i = names_add(names, name, strlen(name));
	inquiry->next[question] = i < count ? first[i] : NAMES_NONE;
	first[i] = question;
}

int inquiry_begin(struct inquiry *inquiry, struct arena *arena, struct arena *scratch, struct initrd *initrd,
		  struct initrd_question *questions, size_t count, bool lenient, struct error *err)
{
	if (count > LIMIT_INITRD_QUESTIONS)
		return limit_error(err, "%zu questions about an initrd", count);
	*inquiry = (struct inquiry){ .arena = arena, .scratch = scratch, .initrd = initrd, .questions = questions,
				     .count = count, .paths = names_make(scratch), .modules = names_make(scratch),
				     .lenient = lenient, .folders = names_make(scratch), .content = limits.path };
	inquiry->tree = count ? tree_new(scratch, lenient) : NULL;
	inquiry->first_path = ARENA_ARRAY(scratch, count, uint32_t);
	inquiry->first_module = ARENA_ARRAY(scratch, count, uint32_t);
	inquiry->first_folder = ARENA_ARRAY(scratch, count, uint32_t);
	inquiry->next = ARENA_ARRAY(scratch, count, uint32_t);
	inquiry->candidates = ARENA_ARRAY(scratch, count, struct candidate *);
	for (size_t i = 0; i < count; i++) {
		struct initrd_question *q = &questions[i];

		if (q->limit > LIMIT_INITRD_CONTENT)
			return limit_error(err, "%zu bytes of a file in an initrd were asked for", q->limit);
		if (q->limit > inquiry->content)
			inquiry->content = q->limit;
		q->answer = INITRD_UNKNOWN;
		q->path = q->fault = q->target = NULL;
		q->content = NULL;
		q->content_size = 0;
		q->reached = 0;
		q->empty = q->elsewhere = false;
		inquiry->programs |= q->kind == INITRD_PROGRAM;
		add(inquiry, (uint32_t)i);
	}
	if (inquiry->programs && inquiry->content < PROGRAM_HEAD)
		inquiry->content = PROGRAM_HEAD;
	inquiry->body = arena_alloc(scratch, (inquiry->content > LIMIT_CPIO_NAME ? inquiry->content : LIMIT_CPIO_NAME) + 1);
	return 0;
}

/* The beginning of the present entry's body, once, for all who want it. */
struct content {
	size_t size;
	bool read;
};

static int read_content(struct inquiry *inquiry, struct cpio *cpio, struct content *content, struct error *err)
{
	size_t most = S_ISLNK(cpio->entry.mode) ? LIMIT_CPIO_NAME : inquiry->content;
	uint64_t n;
	int r;

	if (content->read)
		return 0;
	content->read = true;
	r = cpio_body(cpio, inquiry->body, cpio->entry.size < most ? cpio->entry.size : most, &n, err);
	content->size = r < 0 ? 0 : (size_t)n;
	inquiry->body[content->size] = '\0';
	return r;
}

static int keep_content(struct inquiry *inquiry, struct initrd_file *file, const struct content *content, struct error *err)
{
	if (content->size > file->capacity) {
		inquiry->content_kept += content->size;
		if (inquiry->content_kept > LIMIT_INITRD_CONTENTS)
			return limit_error(err, "more than %llu bytes of files in an initrd are asked for",
					   LIMIT_INITRD_CONTENTS);
		file->content = arena_alloc(inquiry->arena, content->size);
		file->capacity = content->size;
	}
	if (content->size)
		memcpy(file->content, inquiry->body, content->size);
	file->content_size = content->size;
	return 0;
}

static bool in_release(const char *path, size_t directory, const char *release)
{
	size_t length = strlen(release);
	const char *p = path, *end = path + directory;

	while ((p = memmem(p, (size_t)(end - p), "modules/", 8))) {
		p += 8;
		if ((size_t)(end - p) > length && !memcmp(p, release, length) && p[length] == '/')
			return true;
	}
	return false;
}

/* What waited for the bytes of the file waits no longer: it is another one. */
static void forget_links(struct inquiry *inquiry, const struct initrd_file *file)
{
	for (struct link **at = &inquiry->links; *at;) {
		if ((*at)->file == file)
			*at = (*at)->next;
		else
			at = &(*at)->next;
	}
}

/* Writes down what the present entry is, now that it is known who asks for it. */
static int fill(struct inquiry *inquiry, struct initrd_file *file, struct cpio *cpio, struct content *content, struct error *err)
{
	const struct cpio_entry *entry = &cpio->entry;
	bool regular = S_ISREG(entry->mode);
	/* what hard links share comes with the last of them */
	bool elsewhere = regular && !entry->size && entry->links > 1;
	int r = 0;

	forget_links(inquiry, file);
	file->fault = NULL;
	file->machine = 0;
	file->content_size = 0;
	file->member = inquiry->initrd->member_count - 1;
	if (!file->path || strcmp(file->path, entry->name)) {
		file->path = tree_keep(inquiry->tree, entry->name, strlen(entry->name) + 1, err);
		if (!file->path)
			return -EFBIG;
	}
	if ((file->module || file->wanted) && regular && !elsewhere)
		r = read_content(inquiry, cpio, content, err);
	/* where a link leads is looked at in the end */
	if (r >= 0 && file->module && !regular && !S_ISLNK(entry->mode))
		file->fault = "it is no regular file";
	else if (r >= 0 && file->module && regular && !elsewhere &&
		 (content->size >= entry->size || content->size >= MODULE_HEAD)) {
		file->fault = module_fault(entry->name, inquiry->body, entry->size);
		file->machine = module_machine(entry->name, inquiry->body, entry->size);
	}
	if (r < 0 || !file->wanted || !regular)
		return r;
	if (elsewhere) {
		struct link *link = ARENA_NEW(inquiry->scratch, struct link);

		*link = (struct link){ inquiry->links, file, entry->inode, entry->device_major, entry->device_minor };
		inquiry->links = link;
		return 0;
	}
	return keep_content(inquiry, file, content, err);
}

/* The body that earlier links of the same file waited for. */
static int fill_links(struct inquiry *inquiry, struct cpio *cpio, struct content *content, struct error *err)
{
	const struct cpio_entry *entry = &cpio->entry;

	for (struct link **at = &inquiry->links; *at;) {
		struct link *link = *at;
		int r;

		if (link->inode != entry->inode || link->device_major != entry->device_major ||
		    link->device_minor != entry->device_minor) {
			at = &link->next;
			continue;
		}
		r = read_content(inquiry, cpio, content, err);
		if (r >= 0)
			r = keep_content(inquiry, link->file, content, err);
		if (r < 0)
			return r;
		tree_node(inquiry->tree, link->file->node)->size = entry->size;
		*at = link->next;
	}
	return 0;
}

void inquiry_trailer(struct inquiry *inquiry)
{
	inquiry->links = NULL;
}

/* The release in [usr/]lib/modules/RELEASE/... */
static void note_release(struct inquiry *inquiry, const char *path)
{
	struct initrd *initrd = inquiry->initrd;
	size_t length;

	if (strncmp(path, "lib/modules/", 12))
		return;
	path += 12;
	length = strcspn(path, "/");
	if (!length || !path[length])
		return;
	for (unsigned i = 0; i < initrd->release_count; i++)
		if (!strncmp(initrd->releases[i], path, length) && !initrd->releases[i][length])
			return;
	if (initrd->release_count == LIMIT_INITRD_RELEASES) {
		limit_error(NULL, "an initrd has modules of more than %d kernels", LIMIT_INITRD_RELEASES);
		return;
	}
	if (!initrd->releases)
		initrd->releases = ARENA_ARRAY(inquiry->arena, LIMIT_INITRD_RELEASES, const char *);
	initrd->releases[initrd->release_count++] = arena_strndup(inquiry->arena, path, length);
}

static struct initrd_file *file_at(struct inquiry *inquiry, uint32_t number)
{
	struct tree_node *node = tree_node(inquiry->tree, number);
	struct initrd_file *file = node->file;

	if (!file) {
		node->file = file = ARENA_NEW(inquiry->scratch, struct initrd_file);
		file->node = number;
	}
	return file;
}

static void propose(struct inquiry *inquiry, uint32_t question, struct initrd_file *file)
{
	struct candidate *candidate, **list = &inquiry->candidates[question];

	if (*list && (*list)->file == file)
		return;
	candidate = ARENA_NEW(inquiry->scratch, struct candidate);
	*candidate = (struct candidate){ *list, file };
	*list = candidate;
}

/* The first question for a module of the path's name, NAMES_NONE: nobody asks for it.  *ret_base is the name in the path. */
static uint32_t first_for_module(const struct inquiry *inquiry, const char *path, const char **ret_base)
{
	size_t length;
	const char *base = inquiry->modules.count ? module_base_name(path, strlen(path), &length) : NULL;
	char name[256];
	uint32_t i;

	if (!base || length >= sizeof(name))
		return NAMES_NONE;
	for (size_t n = 0; n < length; n++)
		name[n] = base[n] == '-' ? '_' : base[n];
	i = names_find(&inquiry->modules, name, length);
	*ret_base = base;
	return i == NAMES_NONE ? i : inquiry->first_module[i];
}

static bool asks_for(const struct initrd_question *q, const char *path, const char *base)
{
	return !q->release || in_release(path, (size_t)(base - path), q->release);
}

static bool is_same(const struct program *a, const struct program *b)
{
	return a->kind == b->kind && a->machine == b->machine && a->fault == b->fault && !a->interpreter == !b->interpreter &&
	       (!a->interpreter || !strcmp(a->interpreter, b->interpreter));
}

/* Which program is it that somebody may ask for, or that one is run by?  Of hard links, whose bytes come with another name and
 * may be changed by any, nothing is said. */
static int note_program(struct inquiry *inquiry, struct cpio *cpio, struct tree_node *node, struct content *content,
			struct error *err)
{
	char name[PROGRAM_HEAD + 1];
	struct program program;
	int r;

	if (!inquiry->programs || !S_ISREG(node->mode) || !(node->mode & 0111) || !node->size || node->linked)
		return 0;
	r = read_content(inquiry, cpio, content, err);
	if (r < 0)
		return r;
	program = program_read(inquiry->body, content->size, node->size, name);
	if (!inquiry->last_program || !is_same(inquiry->last_program, &program)) {
		if (program.interpreter && !(program.interpreter = tree_keep(inquiry->tree, name, strlen(name) + 1, err)))
			return -EFBIG;
		inquiry->last_program = tree_keep(inquiry->tree, &program, sizeof(program), err);
		if (!inquiry->last_program)
			return -EFBIG;
	}
	node->program = inquiry->last_program;
	return 0;
}

/* Who asks for what is now at `number`, by its path? */
static void match(struct inquiry *inquiry, const char *path, uint32_t number, uint32_t mode)
{
	uint32_t i = names_find(&inquiry->paths, path, strlen(path)), q;
	const char *slash = strrchr(path, '/'), *base;

	for (q = i == NAMES_NONE ? i : inquiry->first_path[i]; q != NAMES_NONE; q = inquiry->next[q])
		file_at(inquiry, number)->wanted |= inquiry->questions[q].kind == INITRD_CONTENT;
	if (S_ISDIR(mode))
		return;
	i = slash && inquiry->folders.count ? names_find(&inquiry->folders, path, (size_t)(slash - path)) : NAMES_NONE;
	for (q = i == NAMES_NONE ? i : inquiry->first_folder[i]; q != NAMES_NONE; q = inquiry->next[q])
		if (!inquiry->questions[q].but || strcmp(inquiry->questions[q].but, slash + 1) != 0)
			propose(inquiry, q, file_at(inquiry, number));
	for (q = first_for_module(inquiry, path, &base); q != NAMES_NONE; q = inquiry->next[q])
		if (asks_for(&inquiry->questions[q], path, base)) {
			file_at(inquiry, number)->module = true;
			propose(inquiry, q, file_at(inquiry, number));
		}
}

/* A module that Linux does not make. */
static void blame_folder(struct inquiry *inquiry, const char *path, const char *written)
{
	const char *base;

	for (uint32_t q = first_for_module(inquiry, path, &base); q != NAMES_NONE; q = inquiry->next[q]) {
		struct initrd_question *question = &inquiry->questions[q];

		if (question->fault || !asks_for(question, path, base))
			continue;
		question->fault = "no folder for it comes before it, so that Linux does not make it";
		question->path = arena_strdup(inquiry->arena, written);
	}
}

int inquiry_entry(struct inquiry *inquiry, struct cpio *cpio, struct error *err)
{
	const struct cpio_entry *entry = &cpio->entry;
	struct content content = { 0 };
	enum tree_made made;
	const char *path;
	uint32_t number;
	int r = 0;

	/* do_header() of init/initramfs.c steps over these */
	if (entry->skipped || (S_ISLNK(entry->mode) && entry->size > LIMIT_CPIO_NAME) ||
	    (!S_ISREG(entry->mode) && !S_ISLNK(entry->mode) && entry->size))
		return 0;
	path = initrd_plain_path(inquiry->name, entry->name);
	if (!inquiry->count) {
		note_release(inquiry, path);
		return 0;
	}
	if (S_ISLNK(entry->mode))
		r = read_content(inquiry, cpio, &content, err);
	if (r >= 0)
		r = tree_make(inquiry->tree, entry, (const char *)inquiry->body, &made, &number, err);
	if (r < 0)
		return r;
	if (made == TREE_NO_FOLDER)
		blame_folder(inquiry, path, entry->name);
	if (made != TREE_MADE)
		return 0;
	note_release(inquiry, path);
	match(inquiry, path, number, entry->mode);
	r = note_program(inquiry, cpio, tree_node(inquiry->tree, number), &content, err);
	if (r < 0)
		return r;
	if (tree_node(inquiry->tree, number)->file)
		r = fill(inquiry, tree_node(inquiry->tree, number)->file, cpio, &content, err);
	if (r >= 0 && inquiry->links && entry->size)
		r = fill_links(inquiry, cpio, &content, err);
	return r;
}
