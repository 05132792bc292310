/* SPDX-License-Identifier: MIT */
/* profile: reading profiles, each on top of what it extends.  A mistake is reported with the place where it stands. */
#include "lint/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/text.h"
#include "image/architecture.h"
#include "lint/embedded.h"
#include "lint/profile-internal.h"
#include "lint/rules.h"

#define PREFIX "profiles/"
#define SUFFIX ".json"
#define EXTENDS_DEPTH 8

static const char *const names[] = { "vmspec-2.0", "uefi-x86_64", "uefi-riscv64" };

static struct profile *loaded;

const char *profile_for_architecture(int architecture)
{
	if (architecture == ARCHITECTURE_X86_64)
		return "uefi-x86_64";
	if (architecture == ARCHITECTURE_RISCV64)
		return "uefi-riscv64";
	return "vmspec-2.0";
}

const struct profile *profiles(void)
{
	return loaded;
}

const struct profile *profile_find(const char *name)
{
	for (const struct profile *p = loaded; p; p = p->next) {
		if (strcmp(p->name, name) == 0)
			return p;
	}
	return NULL;
}

struct driver_row *profile_row(const struct profile *profile, const char *id)
{
	for (struct driver_row *row = profile->rows; row; row = row->next) {
		if (strcmp(row->id, id) == 0)
			return row;
	}
	return NULL;
}

void profile_add_row(struct profile *profile, struct driver_row *row)
{
	row->next = NULL;
	*profile->rows_end = row;
	profile->rows_end = &row->next;
}

void profile_add_setting(struct arena *arena, struct profile *profile, const char *pattern, signed char severity,
			 const char *place)
{
	struct profile_setting *setting = ARENA_NEW(arena, struct profile_setting);

	*setting = (struct profile_setting){ .pattern = pattern, .severity = severity, .place = place };
	*profile->settings_end = setting;
	profile->settings_end = &setting->next;
}

static struct profile *profile_new(struct arena *arena)
{
	struct profile *profile = ARENA_NEW(arena, struct profile);

	profile->rows_end = &profile->rows;
	profile->settings_end = &profile->settings;
	return profile;
}

/* All that a loaded profile says, into one that extends it. */
static void copy(struct arena *arena, struct profile *to, const struct profile *from)
{
	to->clauses = from->clauses;
	to->architectures = from->architectures;
	for (const struct driver_row *row = from->rows; row; row = row->next)
		profile_add_row(to, arena_memdup(arena, row, sizeof(*row)));
	for (const struct profile_setting *s = from->settings; s; s = s->next)
		profile_add_setting(arena, to, s->pattern, s->severity, s->place);
}

static bool is_path(const char *name)
{
	size_t length = strlen(name), suffix = strlen(SUFFIX);

	return strchr(name, '/') || (length > suffix && strcmp(name + length - suffix, SUFFIX) == 0);
}

static const char *read_file(struct arena *arena, const char *path, struct error *err)
{
	char *text = arena_alloc(arena, LIMIT_TEXT_FILE + 1);
	/* O_NONBLOCK, so that a FIFO does not hold us up before we see that it is one */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	FILE *file;
	size_t size;

	if (fd < 0 || fstat(fd, &st) < 0) {
		error_set(err, errno, "profile %s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	file = S_ISREG(st.st_mode) ? fdopen(fd, "r") : NULL;
	if (!file) {
		error_set(err, EINVAL, "profile %s: is not a regular file", path);
		close(fd);
		return NULL;
	}
	size = fread(text, 1, LIMIT_TEXT_FILE + 1, file);
	if (ferror(file) || size > LIMIT_TEXT_FILE) {
		error_set(err, EFBIG, "profile %s: %s", path,
			  size > LIMIT_TEXT_FILE ? "is too large" : "cannot be read");
		text = NULL;
	}
	fclose(file);
	return text;
}

static const char *embedded_text(const char *name)
{
	size_t length = strlen(name);

	for (const struct embedded_file *f = embedded_files; f->name; f++) {
		if (strncmp(f->name, PREFIX, strlen(PREFIX)) == 0 &&
		    strncmp(f->name + strlen(PREFIX), name, length) == 0 &&
		    strcmp(f->name + strlen(PREFIX) + length, SUFFIX) == 0)
			return f->text;
	}
	return NULL;
}

static int read_rules(struct arena *arena, struct profile *profile, const struct json_at *table, struct error *err)
{
	if (!json_object_is_type(table->value, json_type_object))
		return json_mistake(table, err, "an object of rule: severity is expected");
	json_object_object_foreach(table->value, pattern, value)
	{
		struct json_at at = { .text = table->text, .up = table, .key = pattern, .value = value };
		enum severity severity;
		unsigned line, column;

		if (!json_object_is_type(value, json_type_string) ||
		    !severity_parse(json_object_get_string(value), &severity))
			return json_mistake(&at, err, "error, warning, note or off is expected");
		json_place(&at, true, &line, &column);
		profile_add_setting(arena, profile, arena_strdup(arena, pattern), (signed char)severity,
				    arena_printf(arena, "%s:%u:%u", table->text->name, line, column));
	}
	return 0;
}

static int load(struct arena *arena, struct profile *profile, const char *name, const struct json_at *from, unsigned depth,
		struct error *err);

/* A relative path is relative to the folder of the file that names it. */
static const char *extended_path(struct arena *arena, const char *name, const char *from)
{
	const char *slash = strrchr(from, '/');

	if (!is_path(name) || name[0] == '/' || !slash)
		return name;
	return arena_printf(arena, "%.*s%s", (int)(slash - from) + 1, from, name);
}

static int read_member(struct arena *arena, struct profile *profile, const struct json_at *at, struct error *err)
{
	const char *key = at->key;

	if (strcmp(key, "name") == 0)
		return json_string(arena, at, &profile->name, err);
	if (strcmp(key, "title") == 0)
		return json_string(arena, at, &profile->title, err);
	if (strcmp(key, "architectures") == 0)
		return profile_read_architectures(at, &profile->architectures, err);
	if (strcmp(key, "clauses") == 0) {
		if (!json_object_is_type(at->value, json_type_boolean))
			return json_mistake(at, err, "true or false is expected");
		profile->clauses = json_object_get_boolean(at->value);
		return 0;
	}
	/* these have their order, below */
	if (strcmp(key, "extends") == 0 || strcmp(key, "drivers") == 0 || strcmp(key, "rules") == 0 ||
	    strcmp(key, "$schema") == 0)
		return 0;
	return json_mistake_key(at, err, "name, title, extends, architectures, clauses, drivers or rules is expected");
}

/* What is extended comes first, then rows, then what "rules" say of them, wherever these stand in the text. */
static int read_profile(struct arena *arena, struct profile *profile, const struct json_at *root, unsigned depth,
			struct error *err)
{
	struct json_at at;
	const char *name;
	int r = 0;

	if (json_member(root, "extends", &at)) {
		r = json_string(arena, &at, &name, err);
		if (r == 0)
			r = load(arena, profile, extended_path(arena, name, root->text->name), &at, depth + 1, err);
		if (r < 0)
			return r;
	}
	json_object_object_foreach(root->value, key, value)
	{
		at = (struct json_at){ .text = root->text, .up = root, .key = key, .value = value };
		r = read_member(arena, profile, &at, err);
		if (r < 0)
			return r;
	}
	if (json_member(root, "drivers", &at))
		r = profile_read_rows(arena, profile, &at, err);
	if (r == 0 && json_member(root, "rules", &at))
		r = read_rules(arena, profile, &at, err);
	return r;
}

/* Reads a text that is not yet a profile into one. */
static int read_text(struct arena *arena, struct profile *profile, const struct json_text *text, bool own,
		     unsigned depth, struct error *err)
{
	struct json_at root = { .text = text, .value = json_parse(text, err) };
	int r;

	if (!root.value)
		return -EINVAL;
	/* tests/schema has looked at our own */
	r = own ? 0 : json_refuse_twice(text, err);
	if (r == 0)
		r = read_profile(arena, profile, &root, depth, err);
	json_object_put(root.value);
	return r;
}

/* `from` is where another profile names it; NULL: the command line does. */
static int load(struct arena *arena, struct profile *profile, const char *name, const struct json_at *from, unsigned depth,
		struct error *err)
{
	const struct profile *ours = is_path(name) ? NULL : profile_find(name);
	struct json_text text = { .name = name };

	if (depth > EXTENDS_DEPTH)
		return json_mistake(from, err, "too many profiles extend each other");
	if (ours) {
		copy(arena, profile, ours);
		return 0;
	}
	if (!is_path(name) && from)
		return json_mistake(from, err,
				    "there is no profile \"%s\" (vmspec-2.0, uefi-x86_64, uefi-riscv64, or a path to a "
				    ".json file)",
				    name);
	if (!is_path(name))
		return error_set(
			err, ENOENT,
			"there is no profile \"%s\" (vmspec-2.0, uefi-x86_64, uefi-riscv64, or a path to a .json file)",
			name);
	text.text = read_file(arena, name, err);
	if (!text.text)
		return -EINVAL;
	return read_text(arena, profile, &text, false, depth, err);
}

int profile_read(struct arena *arena, const char *name, const char *text, struct profile **ret, struct error *err)
{
	const struct json_text json = { .name = name, .text = text };

	*ret = profile_new(arena);
	(*ret)->name = (*ret)->title = arena_strdup(arena, name);
	return read_text(arena, *ret, &json, false, 0, err);
}

/* Ours, in their order. */
static int load_ours(struct arena *arena, struct error *err)
{
	struct profile **end = &loaded;

	loaded = NULL;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct json_text text = { .name = names[i], .text = embedded_text(names[i]) };
		struct profile *profile = profile_new(arena);
		int r = read_text(arena, profile, &text, true, 0, err);

		if (r < 0)
			return r;
		*end = profile;
		end = &profile->next;
	}
	return 0;
}

/* Settings by pattern become severities by rule. */
static int settle(struct arena *arena, struct profile *profile, struct error *err)
{
	profile->severity = arena_alloc(arena, rules_count + 1);
	memset(profile->severity, -1, rules_count + 1);
	profile->row = ARENA_ARRAY(arena, rules_count + 1, const struct driver_row *);
	/* an image of several architectures has kernels that the profile is not about */
	for (struct driver_row *row = profile->rows; row; row = row->next)
		row->architectures = row->architectures ? row->architectures : profile->architectures;
	for (const struct profile_setting *s = profile->settings; s; s = s->next) {
		bool matched = false;

		for (size_t i = 0; i < rules_count; i++) {
			if (text_wildcard(s->pattern, rules[i].id)) {
				profile->severity[i] = s->severity;
				matched = true;
			}
		}
		if (!matched)
			return error_set(err, EINVAL, "profile %s: there is no rule \"%s\"", s->place, s->pattern);
	}
	for (size_t i = 0; i < rules_count; i++) {
		if (rule_is_driver(&rules[i]))
			profile->row[i] = profile_row(profile, rules[i].id + strlen(DRIVER_PREFIX));
	}
	return 0;
}

int profiles_load(struct arena *arena, const char *name, const struct profile **ret, struct error *err)
{
	struct profile *last;
	int r;

	*ret = NULL;
	/* what an earlier call made may be gone with its arena */
	rules_forget_rows();
	r = load_ours(arena, err);
	if (r == 0 && name) {
		struct profile *asked = profile_new(arena);

		asked->name = asked->title = arena_strdup(arena, name);
		if (is_path(name)) {
			r = load(arena, asked, name, NULL, 0, err);
			for (last = loaded; last->next; last = last->next)
				;
			last->next = asked;
			*ret = asked;
		} else {
			*ret = profile_find(name);
			r = *ret ? 0 : load(arena, asked, name, NULL, 0, err);
		}
	}
	if (r == 0)
		r = rules_add_rows(arena, loaded, err);
	for (struct profile *p = loaded; p && r == 0; p = p->next)
		r = settle(arena, p, err);
	return r;
}
