/* SPDX-License-Identifier: MIT */
/* json: a JSON text parsed by json-c, of which every part knows where it stands: json-c itself forgets places.
 *
 * Whoever goes down into a document takes a struct json_at along for each step; only a mistake walks the text for the place.
 */
#ifndef LINT_JSON_H
#define LINT_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

struct json_text {
	const char *name; /* of the file, for messages */
	const char *text; /* NUL-terminated */
};

/* A value of the document and the way to it. */
struct json_at {
	const struct json_text *text;
	const struct json_at *up;  /* NULL: this is the document */
	const char *key;           /* in the object above; NULL: */
	size_t index;              /* in the array above */
	struct json_object *value;
};

/* Parses a text; NULL with a message that names the place when it is not JSON, or no object.  To be
 * freed by json_object_put. */
struct json_object *json_parse(const struct json_text *text, struct error *err);

/* -EINVAL with a message when a key stands twice in an object of the text, which was parsed without mistake: json-c would take
 * the last and say nothing. */
int json_refuse_twice(const struct json_text *text, struct error *err);

/* -EINVAL with "NAME:LINE:COLUMN: message", the place being the value's. */
int json_mistake(const struct json_at *at, struct error *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same with the place of the value's key. */
int json_mistake_key(const struct json_at *at, struct error *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Line and column, from 1, of the value (or of its key). */
void json_place(const struct json_at *at, bool key, unsigned *ret_line, unsigned *ret_column);

/* The value of a member; false when the object has none of that key. */
bool json_member(const struct json_at *object, const char *key, struct json_at *ret);
struct json_at json_element(const struct json_at *array, size_t index);

/* The value as a string in the arena; -EINVAL with a message when it is something else, or empty, or holds a NUL. */
int json_string(struct arena *arena, const struct json_at *at, const char **ret, struct error *err);

#endif
