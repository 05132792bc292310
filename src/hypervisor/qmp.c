/* SPDX-License-Identifier: MIT */
/* qmp: lines, and json-c for what is in them. */
#include "hypervisor/qmp.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

char *qmp_room(struct qmp *qmp, size_t *size)
{
	memmove(qmp->line, qmp->line + qmp->taken, qmp->size - qmp->taken);
	qmp->size -= qmp->taken;
	qmp->taken = 0;
	*size = sizeof(qmp->line) - qmp->size;
	return *size ? qmp->line + qmp->size : NULL;
}

static struct json_object *member(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	if (json_object_is_type(object, json_type_object))
		json_object_object_get_ex(object, name, &value);
	return value;
}

static void keep_data(struct qmp *qmp, struct json_object *data)
{
	const int flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;

	snprintf(qmp->text, sizeof(qmp->text), "%s", data ? json_object_to_json_string_ext(data, flags) : "");
}

static enum qmp_kind take(struct qmp *qmp, struct json_object *root)
{
	struct json_object *value;

	qmp->name[0] = qmp->text[0] = '\0';
	value = member(root, "id");
	qmp->id = json_object_is_type(value, json_type_int) ? (unsigned)json_object_get_int(value) : 0;
	value = member(root, "QMP");
	if (value) {
		struct json_object *v = member(member(value, "version"), "qemu");

		snprintf(qmp->text, sizeof(qmp->text), "%d.%d.%d", json_object_get_int(member(v, "major")),
			 json_object_get_int(member(v, "minor")), json_object_get_int(member(v, "micro")));
		return QMP_GREETING;
	}
	value = member(root, "event");
	if (json_object_is_type(value, json_type_string)) {
		snprintf(qmp->name, sizeof(qmp->name), "%s", json_object_get_string(value));
		keep_data(qmp, member(root, "data"));
		return QMP_EVENT;
	}
	value = member(member(root, "error"), "desc");
	if (json_object_is_type(value, json_type_string)) {
		snprintf(qmp->text, sizeof(qmp->text), "%s", json_object_get_string(value));
		return QMP_ERROR;
	}
	if (member(root, "return")) {
		keep_data(qmp, member(root, "return"));
		return QMP_RETURN;
	}
	return QMP_STRANGE;
}

bool qmp_greets(const struct qmp *qmp)
{
	static const char greeting[] = "{\"QMP\"";
	size_t left = qmp->size - qmp->taken;

	return left > strlen(greeting) && !strncmp(qmp->line + qmp->taken, greeting, strlen(greeting)) &&
	       memchr(qmp->line + qmp->taken, '\n', left);
}

enum qmp_kind qmp_next(struct qmp *qmp)
{
	char *begin = qmp->line + qmp->taken, *end = memchr(begin, '\n', qmp->size - qmp->taken);
	struct json_object *root;
	enum qmp_kind kind;

	if (!end)
		return QMP_NONE;
	*end = '\0';
	qmp->taken += (size_t)(end - begin) + 1;
	root = json_tokener_parse(begin);
	kind = root ? take(qmp, root) : QMP_STRANGE;
	json_object_put(root);
	return kind;
}
