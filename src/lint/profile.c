/* SPDX-License-Identifier: MIT */
/* profile: reading a profile's JSON with json-c.  A mistake is reported with the place where it stands. */
#include "lint/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/text.h"
#include "image/architecture.h"
#include "lint/embedded.h"
#include "lint/rule.h"

#define PREFIX "profiles/"
#define SUFFIX ".json"
#define EXTENDS_DEPTH 8

static const char *const names[] = { "vmspec-2.0", "uefi-x86_64", "uefi-riscv64" };

const char *profile_name(unsigned n)
{
	return n < sizeof(names) / sizeof(names[0]) ? names[n] : NULL;
}

const char *profile_for_architecture(int architecture)
{
	if (architecture == ARCHITECTURE_X86_64)
		return "uefi-x86_64";
	if (architecture == ARCHITECTURE_RISCV64)
		return "uefi-riscv64";
	return "vmspec-2.0";
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
		error_set(err, EFBIG, "profile %s: %s", path, size > LIMIT_TEXT_FILE ? "is too large" : "cannot be read");
		text = NULL;
	}
	fclose(file);
	return text;
}

static const char *find_text(struct arena *arena, const char *name, struct error *err)
{
	if (is_path(name))
		return read_file(arena, name, err);
	for (const struct embedded_file *f = embedded_files; f->name; f++) {
		size_t length = strlen(name);

		if (strncmp(f->name, PREFIX, strlen(PREFIX)) == 0 && strncmp(f->name + strlen(PREFIX), name, length) == 0 &&
		    strcmp(f->name + strlen(PREFIX) + length, SUFFIX) == 0)
			return f->text;
	}
	error_set(err, ENOENT, "there is no profile \"%s\" (vmspec-2.0, uefi-x86_64, uefi-riscv64, or a path to a .json file)",
		  name);
	return NULL;
}

/* The place of the first occurrence of a quoted word: json-c does not keep places once a text is parsed. */
static void place_of(const char *text, const char *word, unsigned *line, unsigned *column)
{
	char quoted[256];
	const char *at;

	snprintf(quoted, sizeof(quoted), "\"%s\"", word);
	at = strstr(text, quoted);
	*line = 1;
	*column = 1;
	for (const char *p = text; at && p < at; p++) {
		(*column)++;
		if (*p == '\n') {
			(*line)++;
			*column = 1;
		}
	}
}

static int mistake(struct error *err, const char *name, const char *text, const char *word, const char *expected)
{
	unsigned line, column;

	place_of(text, word, &line, &column);
	return error_set(err, EINVAL, "profile %s:%u:%u: \"%s\": %s", name, line, column, word, expected);
}

static struct json_object *parse(const char *name, const char *text, struct error *err)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *root;
	enum json_tokener_error problem;

	if (!tokener) {
		error_set(err, ENOMEM, "profile %s: out of memory", name);
		return NULL;
	}
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	root = json_tokener_parse_ex(tokener, text, -1);
	problem = json_tokener_get_error(tokener);
	if (problem != json_tokener_success || !json_object_is_type(root, json_type_object)) {
		size_t end = json_tokener_get_parse_end(tokener);
		unsigned line = 1, column = 1;

		for (size_t i = 0; i < end && text[i]; i++) {
			column++;
			if (text[i] == '\n') {
				line++;
				column = 1;
			}
		}
		error_set(err, EINVAL, "profile %s:%u:%u: %s", name, line, column,
			  problem == json_tokener_success ? "a JSON object is expected" : json_tokener_error_desc(problem));
		json_object_put(root);
		root = NULL;
	}
	json_tokener_free(tokener);
	return root;
}

static int apply_rules(struct profile *profile, const char *name, const char *text, struct json_object *table,
		       struct error *err)
{
	json_object_object_foreach(table, pattern, value)
	{
		enum severity severity;
		bool matched = false;

		if (!json_object_is_type(value, json_type_string) ||
		    !severity_parse(json_object_get_string(value), &severity))
			return mistake(err, name, text, pattern, "error, warning, note or off is expected");
		for (size_t i = 0; i < rules_count; i++) {
			if (text_wildcard(pattern, rules[i].id)) {
				profile->severity[i] = (signed char)severity;
				matched = true;
			}
		}
		if (!matched)
			return mistake(err, name, text, pattern, "there is no such rule");
	}
	return 0;
}

static int load(struct arena *arena, struct profile *profile, const char *name, unsigned depth, struct error *err);

static int apply(struct arena *arena, struct profile *profile, const char *name, const char *text,
		 struct json_object *root, unsigned depth, struct error *err)
{
	struct json_object *extends;
	int r;

	/* what is extended comes first, wherever it stands in the text */
	if (json_object_object_get_ex(root, "extends", &extends)) {
		if (!json_object_is_type(extends, json_type_string))
			return mistake(err, name, text, "extends", "a profile's name is expected");
		r = load(arena, profile, json_object_get_string(extends), depth + 1, err);
		if (r < 0)
			return r;
	}
	json_object_object_foreach(root, key, value)
	{
		if (strcmp(key, "extends") == 0 || strcmp(key, "$schema") == 0)
			continue;
		if (strcmp(key, "clauses") == 0) {
			if (!json_object_is_type(value, json_type_boolean))
				return mistake(err, name, text, key, "true or false is expected");
			profile->clauses = json_object_get_boolean(value);
		} else if (strcmp(key, "name") == 0 || strcmp(key, "title") == 0) {
			if (!json_object_is_type(value, json_type_string))
				return mistake(err, name, text, key, "a string is expected");
			if (key[0] == 'n')
				profile->name = arena_strdup(arena, json_object_get_string(value));
			else
				profile->title = arena_strdup(arena, json_object_get_string(value));
		} else if (strcmp(key, "rules") == 0) {
			if (!json_object_is_type(value, json_type_object))
				return mistake(err, name, text, key, "an object of rule: severity is expected");
			r = apply_rules(profile, name, text, value, err);
			if (r < 0)
				return r;
		} else {
			return mistake(err, name, text, key, "name, title, extends, clauses or rules is expected");
		}
	}
	return 0;
}

static int load(struct arena *arena, struct profile *profile, const char *name, unsigned depth, struct error *err)
{
	struct json_object *root;
	const char *text;
	int r;

	if (depth > EXTENDS_DEPTH)
		return error_set(err, ELOOP, "profile %s: too many profiles extend each other", name);
	text = find_text(arena, name, err);
	if (!text)
		return -EINVAL;
	root = parse(name, text, err);
	if (!root)
		return -EINVAL;
	r = apply(arena, profile, name, text, root, depth, err);
	json_object_put(root);
	return r;
}

const struct profile *profile_load(struct arena *arena, const char *name, struct error *err)
{
	struct profile *profile = ARENA_NEW(arena, struct profile);

	profile->name = profile->title = arena_strdup(arena, name);
	profile->severity = arena_alloc(arena, rules_count + 1);
	memset(profile->severity, -1, rules_count + 1);
	return load(arena, profile, name, 0, err) < 0 ? NULL : profile;
}
