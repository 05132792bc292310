/* SPDX-License-Identifier: MIT */
/* json: finding places in a text that json-c has accepted, so that walking it needs no checks of its own. */
#include "lint/json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"

static const char *skip_blank(const char *p)
{
	return p + strspn(p, " \t\r\n");
}

/* Behind the string that begins at p. */
static const char *skip_string(const char *p)
{
	for (p++; *p && *p != '"'; p++) {
		if (*p == '\\' && p[1])
			p++;
	}
	return *p ? p + 1 : p;
}

/* Behind the value that begins at p. */
static const char *skip_value(const char *p)
{
	unsigned depth = 0;

	do {
		if (*p == '"') {
			p = skip_string(p);
			continue;
		}
		if (*p == '{' || *p == '[')
			depth++;
		else if (*p == '}' || *p == ']')
			depth--;
		if (*p)
			p++;
	} while (*p && (depth || !strchr(",]} \t\r\n", *p)));
	return p;
}

/* Is the key that stands quoted at p this one?  Escapes are json-c's to undo. */
static bool key_is(const char *p, const char *key)
{
	size_t length = (size_t)(skip_string(p) - p);
	struct json_tokener *tokener;
	struct json_object *decoded;
	bool same;

	if (!memchr(p, '\\', length))
		return length == strlen(key) + 2 && memcmp(p + 1, key, length - 2) == 0;
	tokener = json_tokener_new();
	if (!tokener)
		return false;
	decoded = json_tokener_parse_ex(tokener, p, (int)length);
	same = decoded && strcmp(json_object_get_string(decoded), key) == 0;
	json_object_put(decoded);
	json_tokener_free(tokener);
	return same;
}

/* Where the value stands; *ret_key is where its key does, or itself. */
static const char *find(const struct json_at *at, const char **ret_key)
{
	const char *p, *unused;

	if (!at->up) {
		*ret_key = skip_blank(at->text->text);
		return *ret_key;
	}
	/* the recursion is as deep as the document, which json-c bounds */
	p = skip_blank(find(at->up, &unused) + 1);
	for (size_t i = 0; *p && *p != '}' && *p != ']'; i++) {
		const char *begin = p;

		if (at->key) {
			p = skip_blank(skip_string(p));
			p = skip_blank(p + (*p == ':'));
		}
		if (at->key ? key_is(begin, at->key) : i == at->index) {
			*ret_key = begin;
			return p;
		}
		p = skip_blank(skip_value(p));
		p = skip_blank(p + (*p == ','));
	}
	*ret_key = p;
	return p;
}

static void count_lines(const char *text, const char *at, unsigned *ret_line, unsigned *ret_column)
{
	*ret_line = *ret_column = 1;
	for (const char *p = text; p < at && *p; p++) {
		if (*p == '\n') {
			(*ret_line)++;
			*ret_column = 1;
		} else if (((unsigned char)*p & 0xc0) != 0x80) {
			/* a character of several bytes is one column */
			(*ret_column)++;
		}
	}
}

void json_place(const struct json_at *at, bool key, unsigned *ret_line, unsigned *ret_column)
{
	const char *key_place, *value = find(at, &key_place);

	count_lines(at->text->text, key ? key_place : value, ret_line, ret_column);
}

static __attribute__((format(printf, 4, 0))) int mistake(const struct json_at *at, bool key, struct error *err,
							 const char *format, va_list ap)
{
	char message[256];
	unsigned line, column;

	vsnprintf(message, sizeof(message), format, ap);
	json_place(at, key, &line, &column);
	return error_set(err, EINVAL, "profile %s:%u:%u: %s", at->text->name, line, column, message);
}

int json_mistake(const struct json_at *at, struct error *err, const char *format, ...)
{
	va_list ap;
	int r;

	va_start(ap, format);
	r = mistake(at, false, err, format, ap);
	va_end(ap);
	return r;
}

int json_mistake_key(const struct json_at *at, struct error *err, const char *format, ...)
{
	va_list ap;
	int r;

	va_start(ap, format);
	r = mistake(at, true, err, format, ap);
	va_end(ap);
	return r;
}

bool json_member(const struct json_at *object, const char *key, struct json_at *ret)
{
	*ret = (struct json_at){ .text = object->text, .up = object, .key = key };
	return json_object_object_get_ex(object->value, key, &ret->value);
}

struct json_at json_element(const struct json_at *array, size_t index)
{
	return (struct json_at){ .text = array->text,
				 .up = array,
				 .index = index,
				 .value = json_object_array_get_idx(array->value, index) };
}

int json_string(struct arena *arena, const struct json_at *at, const char **ret, struct error *err)
{
	const char *string = json_object_get_string(at->value);

	if (!json_object_is_type(at->value, json_type_string))
		return json_mistake(at, err, "a string is expected");
	if (!*string || strlen(string) != (size_t)json_object_get_string_len(at->value))
		return json_mistake(at, err, "text is expected, not an empty string or one with a NUL");
	*ret = arena_strdup(arena, string);
	return 0;
}

static int compare_keys(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	size_t m = (size_t)(skip_string(x) - x), n = (size_t)(skip_string(y) - y);
	int r = memcmp(x, y, m < n ? m : n);

	if (r == 0 && m != n)
		return m < n ? -1 : 1;
	return r != 0 ? r : (x > y) - (x < y);
}

/* A key that stands twice in an object would count once, the other unsaid.  Walks the value at *p, to behind it; returns the
 * later place of such a key, or NULL.  Keys are compared as they are written. */
static const char *find_twice(const char **p)
{
	BUFFER_AUTO places = buffer_make(16 * LIMIT_TEXT_FILE);
	bool object = **p == '{';
	const char *twice = NULL, **keys;
	size_t count;

	if (!object && **p != '[') {
		*p = skip_value(*p);
		return NULL;
	}
	*p = skip_blank(*p + 1);
	while (**p && **p != '}' && **p != ']' && !twice) {
		if (object) {
			buffer_append(&places, p, sizeof(*p));
			*p = skip_blank(skip_blank(skip_string(*p)) + 1);
		}
		twice = find_twice(p);
		*p = skip_blank(*p);
		if (**p == ',')
			*p = skip_blank(*p + 1);
	}
	if (**p)
		(*p)++;
	keys = (const char **)(void *)places.data;
	count = places.size / sizeof(*keys);
	if (count > 1 && !twice)
		qsort(keys, count, sizeof(*keys), compare_keys);
	for (size_t i = 1; i < count && !twice; i++) {
		if (strncmp(keys[i - 1], keys[i], (size_t)(skip_string(keys[i]) - keys[i])) == 0)
			twice = keys[i];
	}
	return twice;
}

struct json_object *json_parse(const struct json_text *text, struct error *err)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *root;
	enum json_tokener_error problem;

	if (!tokener) {
		error_set(err, ENOMEM, "profile %s: out of memory", text->name);
		return NULL;
	}
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	root = json_tokener_parse_ex(tokener, text->text, -1);
	problem = json_tokener_get_error(tokener);
	if (problem != json_tokener_success || !json_object_is_type(root, json_type_object)) {
		unsigned line, column;

		/* another value than an object is where it begins, and what is no JSON where that shows */
		count_lines(text->text,
			    problem == json_tokener_success ? skip_blank(text->text)
							    : text->text + json_tokener_get_parse_end(tokener),
			    &line, &column);
		error_set(err, EINVAL, "profile %s:%u:%u: %s", text->name, line, column,
			  problem == json_tokener_success ? "a JSON object is expected"
							  : json_tokener_error_desc(problem));
		json_object_put(root);
		root = NULL;
	}
	json_tokener_free(tokener);
	return root;
}

int json_refuse_twice(const struct json_text *text, struct error *err)
{
	const char *p = skip_blank(text->text), *twice = find_twice(&p);
	unsigned line, column;

	if (!twice)
		return 0;
	count_lines(text->text, twice, &line, &column);
	return error_set(err, EINVAL, "profile %s:%u:%u: %.*s stands a second time in the same object", text->name,
			 line, column, (int)(skip_string(twice) - twice), twice);
}
