/* SPDX-License-Identifier: MIT */
/* fstab: dividing fstab and crypttab into lines, fields and options. */
#include "boot/fstab.h"

#include <string.h>

#include "base/limits.h"
#include "boot/ascii.h"

struct line {
	const char *text;
	size_t length, position;
	unsigned int number;
	bool remark; /* it ends with one */
	const struct boot_source *source;
};

static struct boot_place place_at(const struct line *line, size_t position)
{
	return (struct boot_place){ line->source, line->number, (unsigned int)position + 1 };
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* libmount's unmangle: \ooo is a byte. */
static char *decode(struct arena *arena, const char *text, size_t length)
{
	char *out = arena_alloc(arena, length + 1);
	size_t n = 0;

	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\\' && length - i > 3 && is_octal(text[i + 1]) && is_octal(text[i + 2]) &&
		    is_octal(text[i + 3])) {
			int c = (text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0');

			if (c && c <= 0xff) {
				out[n++] = (char)c;
				i += 3;
				continue;
			}
		}
		out[n++] = text[i];
	}
	return out;
}

static bool next_field(struct arena *arena, struct line *line, bool escapes, struct fstab_field *field)
{
	size_t start;

	while (line->position < line->length && is_blank(line->text[line->position]))
		line->position++;
	start = line->position;
	if (start == line->length)
		return false;
	while (line->position < line->length && !is_blank(line->text[line->position]))
		line->position++;
	field->raw = arena_strndup(arena, line->text + start, line->position - start);
	field->text = escapes ? decode(arena, field->raw, line->position - start) : field->raw;
	field->place = place_at(line, start);
	return true;
}

/* Commas divide options, but not between double quotes (libmount's mnt_optstr_next_option). */
static void parse_options(struct arena *arena, struct fstab_entry *entry)
{
	/* the escapes are decoded in each option, so that columns stay right */
	const char *text = entry->options.raw;
	struct fstab_option *options;
	size_t count = 1;

	if (!text)
		return;
	for (const char *p = text; *p; p++)
		count += *p == ',';
	if (count > LIMIT_FSTAB_OPTIONS) {
		limit_error(NULL, "a line of fstab has more than %d options", LIMIT_FSTAB_OPTIONS);
		count = LIMIT_FSTAB_OPTIONS;
	}
	options = ARENA_ARRAY(arena, count, struct fstab_option);
	for (const char *p = text; *p && entry->option_count < count;) {
		struct fstab_option *option = &options[entry->option_count];
		const char *start = p, *equals = NULL;
		bool quoted = false;

		for (; *p && (quoted || *p != ','); p++) {
			if (*p == '"')
				quoted = !quoted;
			if (*p == '=' && !equals)
				equals = p;
		}
		if (p > start) {
			option->name = decode(arena, start, (size_t)((equals ? equals : p) - start));
			option->value = equals ? decode(arena, equals + 1, (size_t)(p - equals - 1)) : NULL;
			option->place = entry->options.place;
			option->place.column += (unsigned int)(start - text);
			entry->option_count++;
		}
		if (*p)
			p++;
	}
	entry->option_list = options;
}

static bool is_number(const char *text)
{
	return *text && !text[strspn(text, "0123456789")];
}

static void fault(struct fstab_entry *entry, enum fstab_fault kind, struct boot_place place)
{
	if (entry->fault == FSTAB_GOOD) {
		entry->fault = kind;
		entry->fault_place = place;
	}
}

static void parse_fstab_line(struct arena *arena, struct line *line, struct fstab_entry *entry)
{
	struct fstab_field *const numbers[] = { &entry->frequency, &entry->pass };

	if (!next_field(arena, line, true, &entry->device) || !next_field(arena, line, true, &entry->target) ||
	    !next_field(arena, line, true, &entry->type))
		fault(entry, FSTAB_TOO_FEW_FIELDS, place_at(line, line->position));
	else if (next_field(arena, line, true, &entry->options))
		for (size_t i = 0; i < 2 && next_field(arena, line, true, numbers[i]); i++)
			if (!is_number(numbers[i]->text)) {
				/* a remark behind the options is common and harmless */
				line->remark = numbers[i]->text[0] == '#';
				if (!line->remark)
					fault(entry, FSTAB_BAD_NUMBER, numbers[i]->place);
				*numbers[i] = (struct fstab_field){ 0 };
				break;
			}
}

static void parse_crypttab_line(struct arena *arena, struct line *line, struct fstab_entry *entry)
{
	if (!next_field(arena, line, false, &entry->target) || !next_field(arena, line, false, &entry->device))
		fault(entry, FSTAB_TOO_FEW_FIELDS, place_at(line, line->position));
	else if (next_field(arena, line, false, &entry->key_file))
		(void)next_field(arena, line, false, &entry->options);
}

static const struct fstab *parse(struct arena *arena, const struct boot_source *source, const char *data, size_t size,
				 void (*parse_line)(struct arena *, struct line *, struct fstab_entry *))
{
	struct fstab *fstab = ARENA_NEW(arena, struct fstab);
	unsigned int number = 0;
	size_t capacity = 1;
	struct fstab_entry *entries;

	fstab->source = source;
	for (size_t i = 0; i < size && capacity < LIMIT_FSTAB_ENTRIES; i++)
		capacity += data[i] == '\n';
	entries = ARENA_ARRAY(arena, capacity, struct fstab_entry);
	fstab->entries = entries;
	for (size_t position = 0; position < size;) {
		const char *start = data + position, *end = memchr(start, '\n', size - position);
		struct line line = { .text = start, .number = ++number, .source = source };
		struct fstab_entry *entry;
		bool carriage_return;
		const char *nul;

		line.length = end ? (size_t)(end - start) : size - position;
		position += line.length + 1;
		nul = memchr(start, '\0', line.length);
		if (nul)
			line.length = (size_t)(nul - start);
		while (line.position < line.length && is_blank(start[line.position]))
			line.position++;
		/* a carriage return alone is what an empty line of a DOS text file has */
		if (!nul && (line.position == line.length || start[line.position] == '#' ||
			     (start[line.position] == '\r' && line.position + 1 == line.length)))
			continue;
		if (fstab->entry_count == capacity || fstab->entry_count == LIMIT_FSTAB_ENTRIES) {
			fstab->truncated = true;
			break;
		}
		entry = &entries[fstab->entry_count++];
		entry->line = number;
		if (nul)
			fault(entry, FSTAB_NUL, place_at(&line, line.length));
		carriage_return = !nul && line.length && start[line.length - 1] == '\r';
		line.length -= carriage_return;
		parse_line(arena, &line, entry);
		/* behind a remark it does no harm; systemd takes it for a blank in crypttab */
		if (carriage_return && !line.remark && parse_line == parse_fstab_line)
			fault(entry, FSTAB_CARRIAGE_RETURN, place_at(&line, line.length));
		entry->device_name = boot_device_parse(arena, entry->device.text ? entry->device.text : "");
		parse_options(arena, entry);
	}
	return fstab;
}

const struct fstab *fstab_parse(struct arena *arena, const struct boot_source *source, const char *data, size_t size)
{
	return parse(arena, source, data, size, parse_fstab_line);
}

const struct fstab *crypttab_parse(struct arena *arena, const struct boot_source *source, const char *data, size_t size)
{
	return parse(arena, source, data, size, parse_crypttab_line);
}

const struct fstab_option *fstab_option(const struct fstab_entry *entry, const char *name)
{
	const struct fstab_option *found = NULL;

	for (size_t i = 0; i < entry->option_count; i++)
		if (!strcmp(entry->option_list[i].name, name))
			found = &entry->option_list[i];
	return found;
}

bool fstab_entry_is_optional(const struct fstab_entry *entry)
{
	return fstab_option(entry, "nofail") || fstab_option(entry, "noauto") || fstab_option(entry, "x-systemd.makefs");
}
