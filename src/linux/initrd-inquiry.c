/* SPDX-License-Identifier: MIT */
/* initrd-inquiry: which question does an entry of the archive answer? */
#include "base/limits.h"
#include "linux/initrd-internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "linux/modules.h"

/* A question whose file is a hard link: newc archives carry the content with the last link alone. */
struct link {
	struct link *next;
	struct initrd_question *question;
	uint32_t inode, device_major, device_minor;
};

/* Writes the path without its empty components and those that are "."; Linux takes it for the same.  `to` has room for all of
 * it. */
static void clean(char *to, const char *path)
{
	char *begin = to;

	while (*path) {
		size_t length = strcspn(path, "/");

		if (length > 1 || (length && *path != '.')) {
			if (to > begin)
				*to++ = '/';
			memcpy(to, path, length);
			to += length;
		}
		path += length;
		path += strspn(path, "/");
	}
	*to = '\0';
}

/* Without "./" and "/" before it, and without "usr/" where a merged /usr makes it the same. */
static const char *plain_path(const char *path)
{
	static const char *const merged[] = { "bin", "sbin", "lib", "lib64" };

	for (;;) {
		if (*path == '/')
			path++;
		else if (path[0] == '.' && path[1] == '/')
			path += 2;
		else
			break;
	}
	if (strncmp(path, "usr/", 4))
		return path;
	for (size_t i = 0; i < sizeof(merged) / sizeof(merged[0]); i++) {
		size_t n = strlen(merged[i]);

		if (!strncmp(path + 4, merged[i], n) && (path[4 + n] == '/' || !path[4 + n]))
			return path + 4;
	}
	return path;
}

static void add(struct inquiry *inquiry, uint32_t question)
{
	const struct initrd_question *q = &inquiry->questions[question];
	bool module = q->kind == INITRD_MODULE, folder = q->kind == INITRD_FOLDER;
	struct names *names = module ? &inquiry->modules : folder ? &inquiry->folders : &inquiry->paths;
	uint32_t *first = module ? inquiry->first_module : folder ? inquiry->first_folder : inquiry->first_path;
	uint32_t count = names->count, i;
	char *name = arena_strdup(inquiry->arena, module ? q->name : plain_path(q->name));

	for (char *p = name; module && *p; p++)
		if (*p == '-')
			*p = '_';
	i = names_add(names, name, strlen(name));
	inquiry->next[question] = i < count ? first[i] : NAMES_NONE;
	first[i] = question;
}

int inquiry_begin(struct inquiry *inquiry, struct arena *arena, struct initrd *initrd,
		  struct initrd_question *questions, size_t count, struct error *err)
{
	if (count > LIMIT_INITRD_QUESTIONS)
		return limit_error(err, "%zu questions about an initrd", count);
	*inquiry = (struct inquiry){ .arena = arena, .initrd = initrd, .questions = questions, .count = count,
				     .paths = names_make(arena), .modules = names_make(arena),
				     .folders = names_make(arena), .content = limits.path };
	inquiry->first_path = ARENA_ARRAY(arena, count, uint32_t);
	inquiry->first_module = ARENA_ARRAY(arena, count, uint32_t);
	inquiry->first_folder = ARENA_ARRAY(arena, count, uint32_t);
	inquiry->next = ARENA_ARRAY(arena, count, uint32_t);
	for (size_t i = 0; i < count; i++) {
		struct initrd_question *q = &questions[i];

		if (q->limit > LIMIT_INITRD_CONTENT)
			return limit_error(err, "%zu bytes of a file in an initrd were asked for", q->limit);
		if (q->limit > inquiry->content)
			inquiry->content = q->limit;
		q->answer = INITRD_UNKNOWN;
		inquiry->open += !q->incidental;
		add(inquiry, (uint32_t)i);
	}
	return 0;
}

bool inquiry_open(const struct inquiry *inquiry)
{
	return inquiry->open || inquiry->links;
}

void inquiry_end(struct inquiry *inquiry)
{
	for (size_t i = 0; i < inquiry->count; i++)
		if (inquiry->questions[i].answer == INITRD_UNKNOWN)
			inquiry->questions[i].answer = INITRD_NOT_FOUND;
}

/* The content of the present entry, once, for all who ask for it. */
struct content {
	const uint8_t *data;
	size_t size;
	bool read;
};

static int read_content(struct inquiry *inquiry, struct cpio *cpio, struct content *content, struct error *err)
{
	size_t size = cpio->entry.size < inquiry->content ? cpio->entry.size : inquiry->content;
	uint8_t *data;
	uint64_t n;
	int r;

	if (content->read)
		return 0;
	content->read = true;
	data = arena_alloc(inquiry->arena, size + 1);
	r = cpio_body(cpio, data, size, &n, err);
	content->data = data;
	content->size = (size_t)n;
	return r;
}

static void give(struct initrd_question *q, const struct content *content)
{
	q->content = content->data;
	q->content_size = content->size < q->limit ? content->size : q->limit;
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

static int answer(struct inquiry *inquiry, struct initrd_question *q, struct cpio *cpio, struct content *content,
		  struct error *err)
{
	const struct cpio_entry *entry = &cpio->entry;
	int r = 0;

	q->answer = INITRD_FOUND;
	q->fault = NULL;
	q->path = arena_strdup(inquiry->arena, entry->name);
	q->mode = entry->mode;
	q->size = entry->size;
	q->empty = S_ISREG(entry->mode) && !entry->size && entry->links <= 1;
	q->member = inquiry->initrd->member_count - 1;
	inquiry->open -= !q->incidental;
	if (S_ISLNK(entry->mode) && entry->size > limits.path)
		return limit_error(err, "what the symbolic link %.200s says is longer than %" PRIu64 " bytes" RAISES("max-path"),
				 entry->name, limits.path);
	if (S_ISLNK(entry->mode)) {
		r = read_content(inquiry, cpio, content, err);
		q->target = (const char *)content->data;
	}
	if (q->kind == INITRD_CONTENT && S_ISREG(entry->mode)) {
		if (!entry->size && entry->links > 1) {
			struct link *link = ARENA_NEW(inquiry->arena, struct link);

			*link = (struct link){ inquiry->links, q, entry->inode, entry->device_major,
					       entry->device_minor };
			inquiry->links = link;
			return 0;
		}
		r = read_content(inquiry, cpio, content, err);
		give(q, content);
	}
	return r;
}

/* A file at the path of a module that is none answers nothing: another may follow. */
static int answer_module(struct inquiry *inquiry, struct initrd_question *q, struct cpio *cpio, struct content *content,
			 struct error *err)
{
	const struct cpio_entry *entry = &cpio->entry;
	/* what hard links share comes with the last of them */
	bool elsewhere = !entry->size && entry->links > 1;
	int r;

	/* where a link leads is not followed */
	if (!S_ISREG(entry->mode) && !S_ISLNK(entry->mode)) {
		q->fault = "it is no regular file";
		q->path = arena_strdup(inquiry->arena, entry->name);
		return 0;
	}
	if (S_ISREG(entry->mode) && !elsewhere) {
		r = read_content(inquiry, cpio, content, err);
		if (r < 0)
			return r;
		q->fault = content->size >= entry->size || content->size >= MODULE_HEAD
				   ? module_fault(entry->name, content->data, entry->size)
				   : NULL;
		if (q->fault) {
			q->path = arena_strdup(inquiry->arena, entry->name);
			return 0;
		}
	}
	return answer(inquiry, q, cpio, content, err);
}

/* The body that earlier links of the same file waited for. */
static int answer_links(struct inquiry *inquiry, struct cpio *cpio, struct content *content, struct error *err)
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
		if (r < 0)
			return r;
		link->question->size = entry->size;
		give(link->question, content);
		*at = link->next;
	}
	return 0;
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

/* What asks for the folder that the entry stands in. */
static int answer_folder(struct inquiry *inquiry, const char *path, struct cpio *cpio, struct content *content,
			 struct error *err)
{
	const char *slash = strrchr(path, '/');
	uint32_t i = slash ? names_find(&inquiry->folders, path, (size_t)(slash - path)) : NAMES_NONE;
	int r = 0;

	if (S_ISDIR(cpio->entry.mode))
		return 0;
	for (uint32_t q = i == NAMES_NONE ? i : inquiry->first_folder[i]; q != NAMES_NONE && r >= 0; q = inquiry->next[q]) {
		struct initrd_question *question = &inquiry->questions[q];

		if (question->answer == INITRD_UNKNOWN && (!question->but || strcmp(question->but, slash + 1) != 0))
			r = answer(inquiry, question, cpio, content, err);
	}
	return r;
}

int inquiry_entry(struct inquiry *inquiry, struct cpio *cpio, struct error *err)
{
	struct content content = { 0 };
	size_t length, name_length;
	const char *path, *base;
	uint32_t i;
	int r = 0;

	if (cpio->entry.skipped)
		return 0;
	clean(inquiry->name, cpio->entry.name);
	path = plain_path(inquiry->name);
	length = strlen(path);
	note_release(inquiry, path);
	i = names_find(&inquiry->paths, path, length);
	for (uint32_t q = i == NAMES_NONE ? i : inquiry->first_path[i]; q != NAMES_NONE && r >= 0; q = inquiry->next[q])
		if (inquiry->questions[q].answer == INITRD_UNKNOWN)
			r = answer(inquiry, &inquiry->questions[q], cpio, &content, err);
	if (r >= 0 && inquiry->folders.count)
		r = answer_folder(inquiry, path, cpio, &content, err);
	if (r >= 0 && inquiry->modules.count && (base = module_base_name(path, length, &name_length))) {
		char name[256];

		if (name_length < sizeof(name)) {
			for (size_t n = 0; n < name_length; n++)
				name[n] = base[n] == '-' ? '_' : base[n];
			i = names_find(&inquiry->modules, name, name_length);
		} else {
			i = NAMES_NONE;
		}
		for (uint32_t q = i == NAMES_NONE ? i : inquiry->first_module[i]; q != NAMES_NONE && r >= 0;
		     q = inquiry->next[q]) {
			struct initrd_question *question = &inquiry->questions[q];

			if (question->answer == INITRD_UNKNOWN && !S_ISDIR(cpio->entry.mode) &&
			    (!question->release || in_release(path, (size_t)(base - path), question->release)))
				r = answer_module(inquiry, question, cpio, &content, err);
		}
	}
	if (r >= 0 && inquiry->links && cpio->entry.size)
		r = answer_links(inquiry, cpio, &content, err);
	return r;
}
