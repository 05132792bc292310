/* SPDX-License-Identifier: MIT */
/* modules: reads the lists.  What a module needs is in modules-closure.c. */
#include "linux/modules.h"

#include <errno.h>
#include <string.h>

#include "base/limits.h"

const char *module_base_name(const char *path, size_t length, size_t *ret_length)
{
	static const char *const suffixes[] = { ".ko", ".ko.xz", ".ko.zst", ".ko.gz", ".ko.lz4", ".ko.bz2" };
	const char *slash = memrchr(path, '/', length);

	if (slash) {
		length -= (size_t)(slash + 1 - path);
		path = slash + 1;
	}
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		size_t n = strlen(suffixes[i]);

		if (length > n && !memcmp(path + length - n, suffixes[i], n)) {
			*ret_length = length - n;
			return path;
		}
	}
	return NULL;
}

static char *normalised(struct arena *arena, const char *name, size_t length)
{
	char *copy = arena_strndup(arena, name, length);

	for (char *p = copy; *p; p++)
		if (*p == '-')
			*p = '_';
	return copy;
}

const char *module_name(struct arena *arena, const char *path)
{
	size_t length;
	const char *base = module_base_name(path, strlen(path), &length);

	return base ? normalised(arena, base, length) : NULL;
}

bool module_name_equal(const char *name, size_t length, const char *with)
{
	for (size_t i = 0; i < length; i++)
		if ((name[i] == '-' ? '_' : name[i]) != with[i] || !with[i])
			return false;
	return !with[length];
}

struct modules *modules_new(struct arena *arena)
{
	struct modules *modules = ARENA_NEW(arena, struct modules);

	modules->arena = arena;
	modules->names = names_make(arena);
	modules->meanings_of = names_make(arena);
	return modules;
}

/* The module of that path, which is added if it is new. NULL when the path is not a module's; *ret_error when there are too
 * many. */
static struct module *add(struct modules *modules, const char *path, int *ret_error, struct error *err)
{
	const char *name = module_name(modules->arena, path);
	uint32_t i;

	if (!name) {
		modules->strange_lines++;
		return NULL;
	}
	if (modules->count >= LIMIT_MODULES) {
		*ret_error = limit_error(err, "there are more than %d modules", LIMIT_MODULES);
		return NULL;
	}
	i = names_add(&modules->names, name, strlen(name));
	if (i == modules->count) {
		if (modules->count == modules->capacity) {
			struct module *list;

			modules->capacity = modules->capacity ? modules->capacity * 2 : 256;
			list = ARENA_ARRAY(modules->arena, modules->capacity, struct module);
			if (modules->count)
				memcpy(list, modules->list, modules->count * sizeof(*list));
			modules->list = list;
		}
		modules->list[modules->count++] = (struct module){ .name = name, .path = path };
	}
	return &modules->list[i];
}

/* Calls `each` for every line that is not empty or a comment. */
static int each_line(struct modules *modules, const void *text, size_t size,
		     int (*each)(struct modules *modules, char *line, struct error *err), struct error *err)
{
	char *copy, *end;

	/* names may mean more now */
	modules->meanings_of = names_make(modules->arena);
	if (size > LIMIT_MODULES_BYTES)
		return limit_error(err, "a list of modules has %zu bytes", size);
	copy = arena_alloc(modules->arena, size + 1); /* ends with a NUL */
	if (size)
		memcpy(copy, text, size);
	end = copy + size;
	for (char *line = copy; line < end;) {
		char *stop = memchr(line, '\n', (size_t)(end - line));
		char *next = stop ? stop + 1 : end;
		int r;

		if (!stop)
			stop = end;
		while (stop > line && (stop[-1] == ' ' || stop[-1] == '\t' || stop[-1] == '\r'))
			stop--;
		*stop = '\0';
		line += strspn(line, " \t");
		r = *line && *line != '#' ? each(modules, line, err) : 0;
		if (r < 0)
			return r;
		line = next;
	}
	return 0;
}

/* The words of a line, cut in place; the array is in the arena. */
static const char **words(struct modules *modules, char *line, uint32_t *ret_count)
{
	uint32_t count = 0, i = 0;
	const char **list;
	char *save;

	for (const char *p = line; *p; p += strcspn(p, " \t")) {
		p += strspn(p, " \t");
		count += *p != '\0';
	}
	list = ARENA_ARRAY(modules->arena, count, const char *);
	for (char *word = strtok_r(line, " \t", &save); word && i < count; word = strtok_r(NULL, " \t", &save))
		list[i++] = word;
	*ret_count = i;
	return list;
}

/* kernel/drivers/block/virtio_blk.ko: kernel/drivers/virtio/virtio.ko ... */
static int dep_line(struct modules *modules, char *line, struct error *err)
{
	char *colon = strchr(line, ':');
	struct module *module;
	int r = 0;

	if (!colon) {
		modules->strange_lines++;
		return 0;
	}
	*colon = '\0';
	module = add(modules, line, &r, err);
	if (!module)
		return r;
	module->needs = words(modules, colon + 1, &module->need_count);
	/* one that is built in too counts as that: modprobe takes it to be there */
	if (module->state == MODULE_BUILTIN)
		return 0;
	module->state = MODULE_LOADABLE;
	module->path = line;
	return 0;
}

int modules_add_dep(struct modules *modules, const void *text, size_t size, struct error *err)
{
	modules->has_dep = true;
	return each_line(modules, text, size, dep_line, err);
}

static int builtin_line(struct modules *modules, char *line, struct error *err)
{
	int r = 0;
	struct module *module = add(modules, line, &r, err);

	if (module)
		module->state = MODULE_BUILTIN;
	return r;
}

int modules_add_builtin(struct modules *modules, const void *text, size_t size, struct error *err)
{
	modules->has_builtin = true;
	return each_line(modules, text, size, builtin_line, err);
}

/* A module may have several lines. */
static void add_soft(struct modules *modules, struct module_soft *soft, const char *const *names, uint32_t count)
{
	const char **all = ARENA_ARRAY(modules->arena, (size_t)soft->count + count, const char *);

	for (uint32_t i = 0; i < soft->count; i++)
		all[i] = soft->names[i];
	for (uint32_t i = 0; i < count; i++)
		all[soft->count + i] = names[i];
	soft->names = all;
	soft->count += count;
}

/* softdep NAME pre: A B post: C */
static int softdep_line(struct modules *modules, char *line, struct error *err)
{
	uint32_t count, from, end, i;
	const char **list = words(modules, line, &count);
	char *name;

	(void)err;
	if (count < 2 || strcmp(list[0], "softdep")) {
		modules->strange_lines++;
		return 0;
	}
	name = normalised(modules->arena, list[1], strlen(list[1]));
	i = names_find(&modules->names, name, strlen(name));
	for (from = 2; from < count && strcmp(list[from], "pre:"); from++)
		;
	if (i == NAMES_NONE || from == count)
		return 0;
	from++;
	for (end = from; end < count && strcmp(list[end], "post:"); end++)
		;
	/* no more are ever looked at */
	if (modules->list[i].before.count >= LIMIT_SOFTDEPS || end - from > LIMIT_SOFTDEPS)
		limit_error(NULL, "%s has more than %d soft dependencies", name, LIMIT_SOFTDEPS);
	if (modules->list[i].before.count < LIMIT_SOFTDEPS)
		add_soft(modules, &modules->list[i].before, list + from, end - from);
	return 0;
}

int modules_add_softdep(struct modules *modules, const void *text, size_t size, struct error *err)
{
	return each_line(modules, text, size, softdep_line, err);
}

/* alias PATTERN NAME */
static int alias_line(struct modules *modules, char *line, struct error *err)
{
	char *save, *keyword = strtok_r(line, " \t", &save), *pattern = strtok_r(NULL, " \t", &save),
	     *name = strtok_r(NULL, " \t", &save);

	(void)err;
	if (!name || strcmp(keyword, "alias")) {
		modules->strange_lines++;
		return 0;
	}
	if (modules->alias_count == modules->alias_capacity) {
		struct module_alias *aliases;

		modules->alias_capacity = modules->alias_capacity ? modules->alias_capacity * 2 : 1024;
		aliases = ARENA_ARRAY(modules->arena, modules->alias_capacity, struct module_alias);
		if (modules->alias_count)
			memcpy(aliases, modules->aliases, modules->alias_count * sizeof(*aliases));
		modules->aliases = aliases;
	}
	for (char *p = name; *p; p++)
		if (*p == '-')
			*p = '_';
	modules->aliases[modules->alias_count++] = (struct module_alias){ pattern, name };
	return 0;
}

int modules_add_alias(struct modules *modules, const void *text, size_t size, struct error *err)
{
	return each_line(modules, text, size, alias_line, err);
}

const struct module *modules_find(const struct modules *modules, const char *name)
{
	char copy[256];
	size_t length = strlen(name);
	uint32_t i;

	if (length >= sizeof(copy))
		return NULL;
	for (i = 0; i <= length; i++)
		copy[i] = name[i] == '-' ? '_' : name[i];
	i = names_find(&modules->names, copy, length);
	return i == NAMES_NONE ? NULL : &modules->list[i];
}

enum module_state modules_state(const struct modules *modules, const char *name)
{
	const struct module *module = modules_find(modules, name);

	return module ? module->state : MODULE_UNKNOWN;
}
