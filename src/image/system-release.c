/* SPDX-License-Identifier: MIT */
/* system-release: os-release(5). */
#include <string.h>

#include "base/limits.h"
#include "boot/text.h"
#include "image/system-internal.h"

/* The value of an assignment, as a shell reads it where neither variables nor commands are expanded; NULL: a quote is open. */
static const char *unquote(struct arena *arena, const char *value, size_t length)
{
	char *out = arena_alloc(arena, length + 1);
	char quote = 0;
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		char c = value[i];

		if (!quote && (c == '"' || c == '\'')) {
			quote = c;
		} else if (quote && c == quote) {
			quote = 0;
		} else if (c == '\\' && quote != '\'' && i + 1 < length &&
			   (!quote || strchr("\"$`\\", value[i + 1]))) {
			out[used++] = value[++i];
		} else if (!quote && (c == ' ' || c == '\t' || c == '#')) {
			break;
		} else {
			out[used++] = c;
		}
	}
	return quote ? NULL : out;
}

static void assign(struct system *system, const char *line, size_t length)
{
	const struct {
		const char *name;
		const char **member;
	} names[] = { { "ID=", &system->id }, { "VERSION_ID=", &system->version_id }, { "PRETTY_NAME=", &system->name } };

	while (length && (line[length - 1] == '\r' || line[length - 1] == ' ' || line[length - 1] == '\t'))
		length--;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		size_t prefix = strlen(names[i].name);

		if (length <= prefix || strncmp(line, names[i].name, prefix) != 0)
			continue;
		*names[i].member = unquote(system->arena, line + prefix, length - prefix);
		if (*names[i].member && !**names[i].member)
			*names[i].member = NULL;
	}
}

void system_read_release(struct system *system)
{
	char *data;
	size_t size;

	if (boot_read_file(system->fs, system->arena, "/etc/os-release", LIMIT_CONFIGURATION_BYTES, &data, &size, NULL) < 0 &&
	    boot_read_file(system->fs, system->arena, "/usr/lib/os-release", LIMIT_CONFIGURATION_BYTES, &data, &size, NULL) < 0)
		return;
	for (const char *line = data, *end = data + size; line < end;) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t length = (size_t)((newline ? newline : end) - line);

		assign(system, line, strnlen(line, length));
		line += length + 1;
	}
}
