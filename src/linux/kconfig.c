/* SPDX-License-Identifier: MIT */
/* kconfig: a parser for .config files. */
#include "linux/kconfig.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/limits.h"

#define PREFIX "CONFIG_"
#define PREFIX_SIZE (sizeof(PREFIX) - 1)
#define NOT_SET " is not set"

struct parser {
	struct kconfig *kconfig;
	struct arena *arena;
	uint32_t capacity;
	bool generated;   /* Kconfig says that it wrote the file */
	bool ends_menus;  /* it says where menus end, as it does since Linux 5.2 */
	bool ends_last;   /* the last menu, which every kernel has */
	bool fragment;    /* of the line at hand: it is no whole one */
};

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* The length of the symbol at the beginning of the text. */
static size_t symbol_length(const char *text)
{
	size_t n = 0;

	while (isalnum((unsigned char)text[n]) || text[n] == '_')
		n++;
	return n;
}

static void add(struct parser *parser, const char *name, size_t length, enum kconfig_value value, const char *text)
{
	struct kconfig *kconfig = parser->kconfig;
	uint32_t i = names_add(&kconfig->names, name, length);

	if (i == kconfig->count) {
		if (kconfig->count == parser->capacity) {
			struct kconfig_entry *entries;

			parser->capacity = parser->capacity ? parser->capacity * 2 : 1024;
			entries = ARENA_ARRAY(parser->arena, parser->capacity, struct kconfig_entry);
			if (kconfig->count)
				memcpy(entries, kconfig->entries, kconfig->count * sizeof(*entries));
			kconfig->entries = entries;
		}
		kconfig->entries[kconfig->count++].name = name;
	}
	kconfig->entries[i].value = value;
	kconfig->entries[i].text = text;
	kconfig->entries[i].line = kconfig->lines;
}

/* "# Linux/arm64 6.1.192 Kernel Configuration" */
static void heading(struct parser *parser, const char *text)
{
	struct kconfig *kconfig = parser->kconfig;
	size_t architecture, release;

	if (kconfig->release || !begins(text, "Linux/"))
		return;
	text += 6;
	architecture = strcspn(text, " ");
	release = text[architecture] ? strcspn(text + architecture + 1, " ") : 0;
	if (!release || !begins(text + architecture + 1 + release, " Kernel Configuration"))
		return;
	kconfig->architecture = arena_strndup(parser->arena, text, architecture);
	kconfig->release = arena_strndup(parser->arena, text + architecture + 1, release);
}

static void comment(struct parser *parser, char *text)
{
	size_t length;

	text += strspn(text + 1, " \t") + 1;
	if (!begins(text, PREFIX)) {
		heading(parser, text);
		parser->generated |= begins(text, "Automatically generated file; DO NOT EDIT.");
		parser->ends_menus |= begins(text, "end of ");
		parser->ends_last |= !strcmp(text, "end of Kernel hacking");
		return;
	}
	text += PREFIX_SIZE;
	length = symbol_length(text);
	if (!length || strcmp(text + length, NOT_SET)) {
		/* "# CONFIG_X is no" */
		parser->fragment = !text[length] || begins(NOT_SET, text + length);
		return;
	}
	text[length] = '\0';
	add(parser, text, length, KCONFIG_NOT_SET, NULL);
}

static bool assignment(struct parser *parser, char *text)
{
	enum kconfig_value value = KCONFIG_OTHER;
	size_t length;
	char *right;

	if (!begins(text, PREFIX))
		return false;
	text += PREFIX_SIZE;
	length = symbol_length(text);
	if (!length || text[length] != '=')
		return false;
	text[length] = '\0';
	right = text + length + 1;
	if (!strcmp(right, "y"))
		value = KCONFIG_YES;
	else if (!strcmp(right, "m"))
		value = KCONFIG_MODULE;
	else if (!strcmp(right, "n"))
		value = KCONFIG_NOT_SET;
	add(parser, text, length, value, right);
	return true;
}

static void line(struct parser *parser, char *text, size_t length)
{
	struct kconfig *kconfig = parser->kconfig;
	bool binary = memchr(text, 0, length);

	kconfig->lines++;
	parser->fragment = false;
	while (length && (text[length - 1] == '\r' || text[length - 1] == ' ' || text[length - 1] == '\t'))
		length--;
	text[length] = '\0';
	text += strspn(text, " \t");
	if (!binary && !*text)
		return;
	if (!binary && *text == '#') {
		comment(parser, text);
		return;
	}
	if (!binary && assignment(parser, text))
		return;
	parser->fragment = true;
	if (!kconfig->strange_lines++)
		kconfig->first_strange = kconfig->lines;
}

/* Cuts the text, which is ours and ends with a NUL, into lines. */
static int parse(struct arena *arena, char *text, size_t size, struct kconfig **ret)
{
	struct parser parser = { .kconfig = ARENA_NEW(arena, struct kconfig), .arena = arena };
	char *end = text + size;
	bool unended = size && end[-1] != '\n';

	parser.kconfig->names = names_make(arena);
	while (text < end) {
		char *stop = memchr(text, '\n', (size_t)(end - text));

		if (!stop)
			stop = end;
		line(&parser, text, (size_t)(stop - text));
		text = stop + 1;
	}
	/* the end of a line that is no whole one is the file's, or the last menu was begun and never ended */
	parser.kconfig->cut = parser.generated && ((parser.ends_menus && !parser.ends_last) || (unended && parser.fragment));
	*ret = parser.kconfig;
	return 0;
}

int kconfig_parse(struct arena *arena, const void *data, size_t size, struct kconfig **ret, struct error *err)
{
	char *text;

	if (size > LIMIT_KCONFIG_BYTES)
		return limit_error(err, "the kernel's configuration has %zu bytes", size);
	text = arena_alloc(arena, size + 1);
	if (size)
		memcpy(text, data, size);
	return parse(arena, text, size, ret);
}

int kconfig_read(struct arena *arena, struct view *view, struct kconfig **ret, struct error *err)
{
	char *text;
	int r;

	if (view->size > LIMIT_KCONFIG_BYTES)
		return limit_error(err, "the kernel's configuration has %" PRIu64 " bytes", view->size);
	text = arena_alloc(arena, (size_t)view->size + 1);
	r = view_read(view, 0, text, (size_t)view->size, err);
	if (r < 0)
		return r;
	return parse(arena, text, (size_t)view->size, ret);
}

const struct kconfig_entry *kconfig_find(const struct kconfig *kconfig, const char *symbol)
{
	uint32_t i;

	if (begins(symbol, PREFIX))
		symbol += PREFIX_SIZE;
	i = names_find(&kconfig->names, symbol, strlen(symbol));
	return i == NAMES_NONE ? NULL : &kconfig->entries[i];
}

enum kconfig_value kconfig_value(const struct kconfig *kconfig, const char *symbol)
{
	const struct kconfig_entry *entry = kconfig_find(kconfig, symbol);

	return entry ? entry->value : KCONFIG_ABSENT;
}

const char *kconfig_string(struct arena *arena, const struct kconfig_entry *entry)
{
	const char *from = entry->text ? entry->text : "";
	char *to, *result;

	if (*from != '"')
		return from;
	result = to = arena_alloc(arena, strlen(from) + 1);
	for (from++; *from && *from != '"'; from++) {
		if (*from == '\\' && from[1])
			from++;
		*to++ = *from;
	}
	return result;
}
