/* SPDX-License-Identifier: MIT */
/* sbat: parses and compares as shim does, its oddities included where they decide what boots. */
#include "efi/sbat.h"

#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/limits.h"

#define SECTION_FIELDS 6
#define LEVEL_FIELDS 3
#define LEVEL_REQUIRED 2
#define MOST_LINES 512 /* real ones have a handful; keeps comparing from becoming slow */

/* atoi into a UINT16, as shim's verify_single_entry has it: blanks, then decimal digits up to the first other
 * character. */
static uint16_t generation_of(const char *text)
{
	unsigned int value = 0;

	while (*text == ' ' || *text == '\t')
		text++;
	for (; *text >= '0' && *text <= '9'; text++)
		value = value * 10 + (unsigned int)(*text - '0');
	return (uint16_t)value;
}

/* Splits one line into at most `most` fields; what follows belongs to no field.  Returns how many there are. */
static unsigned int split(struct arena *arena, const char *line, size_t length, unsigned int most, const char *fields[])
{
	unsigned int n = 0;

	while (n < most) {
		const char *comma = memchr(line, ',', length);
		size_t size = comma ? (size_t)(comma - line) : length;

		fields[n++] = arena_strndup(arena, line, size);
		if (!comma)
			break;
		line += size + 1;
		length -= size + 1;
	}
	return n;
}

struct sbat sbat_parse(struct arena *arena, const char *text, size_t size, unsigned int fields, unsigned int required)
{
	size_t length = strnlen(text, size), lines = 1;
	struct sbat_entry *entries;
	struct sbat sbat = { 0 };
	uint32_t number = 0;

	if (length >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		text += 3;
		length -= 3;
	}
	for (size_t i = 0; i < length; i++)
		lines += text[i] == '\n' || text[i] == '\r';
	if (lines > MOST_LINES) {
		lines = MOST_LINES;
		sbat.too_long = true;
	}
	entries = ARENA_ARRAY(arena, lines, struct sbat_entry);
	sbat.entries = entries;
	while (length && sbat.count < lines) {
		const char *values[SECTION_FIELDS] = { 0 };
		struct sbat_entry *e = &entries[sbat.count];
		size_t end = 0;
		unsigned int n;

		while (end < length && text[end] != '\n' && text[end] != '\r')
			end++;
		number++;
		if (end) {
			n = split(arena, text, end, fields, values);
			for (unsigned int i = 0; i < n && !sbat.bad_line; i++)
				if (!*values[i])
					sbat.bad_line = number;
			if (n < required && !sbat.bad_line)
				sbat.bad_line = number;
			e->component = values[0];
			e->generation_text = values[1] ? values[1] : "";
			e->generation = generation_of(e->generation_text);
			e->line = number;
			if (fields == LEVEL_FIELDS) {
				e->date = values[2];
			} else {
				e->vendor = values[2];
				e->package = values[3];
				e->version = values[4];
				e->url = values[5];
			}
			sbat.count++;
		}
		if (end < length) {
			/* "\r\n" ends one line, not two */
			end += end + 1 < length && text[end] == '\r' && text[end + 1] == '\n' ? 2 : 1;
		}
		text += end;
		length -= end;
	}
	return sbat;
}

struct sbat sbat_parse_level(struct arena *arena, const char *text, size_t size)
{
	return sbat_parse(arena, text, size, LEVEL_FIELDS, LEVEL_REQUIRED);
}

int sbat_read_section(struct arena *arena, struct view *file, const struct pe *pe, const struct sbat_section **ret,
		      struct error *err)
{
	struct sbat_section *result = ARENA_NEW(arena, struct sbat_section);
	const struct pe_section *s = NULL;
	size_t size;
	char *text;
	int r;

	*ret = result;
	result->status = SBAT_ABSENT;
	for (size_t i = 0; i < pe->section_count; i++) {
		if (strcmp(pe->sections[i].name, ".sbat"))
			continue;
		if (s) {
			result->status = SBAT_DUPLICATE;
			return 0;
		}
		s = &pe->sections[i];
	}
	result->section = s;
	if (!s)
		return 0;
	if (s->relocations_count || s->relocations_offset) {
		result->status = SBAT_RELOCATED;
		return 0;
	}
	if (!s->raw_size || s->raw_size < s->virtual_size) {
		result->status = SBAT_IGNORED;
		return 0;
	}
	/* the rest of a section over the limit could revoke, or not: we would not know */
	result->status = SBAT_TOO_LARGE;
	/* all that is in the file, as shim has it, and not what is loaded of it */
	size = s->raw_size;
	if (s->raw_offset > pe->file_size || size > pe->file_size - s->raw_offset)
		size = s->raw_offset < pe->file_size ? (size_t)(pe->file_size - s->raw_offset) : 0;
	if (size > LIMIT_SBAT_BYTES)
		return 0;
	text = arena_alloc(arena, size + 1);
	r = size ? view_read(file, s->raw_offset, text, size, err) : 0;
	if (r < 0)
		return r;
	result->sbat = sbat_parse(arena, text, size, SECTION_FIELDS, SECTION_FIELDS);
	if (result->sbat.too_long)
		return 0;
	result->status = result->sbat.bad_line ? SBAT_MALFORMED : SBAT_OK;
	return 0;
}

int sbat_read_levels(struct arena *arena, struct view *file, const struct pe *pe, const struct sbat_levels **ret,
		     struct error *err)
{
	struct sbat_levels *levels = ARENA_NEW(arena, struct sbat_levels);
	const struct pe_section *s = pe_section(pe, ".sbatlevel");
	uint32_t version, automatic, latest;
	const uint8_t *bytes;
	struct cursor c;
	size_t size;
	int r;

	*ret = levels;
	if (!s)
		return 0;
	if (pe_section_size(pe, s) > LIMIT_SBAT_BYTES) {
		levels->too_large = true;
		return 0;
	}
	r = pe_section_read(arena, file, pe, s, LIMIT_SBAT_BYTES, &bytes, &size, err);
	if (r < 0)
		return r;
	c = cursor_make(bytes, size);
	version = cursor_le32(&c);
	automatic = cursor_le32(&c); /* both counted from behind the version (shim's sbat_var.S) */
	latest = cursor_le32(&c);
	if (!cursor_ok(&c) || version || automatic >= size - 4 || latest >= size - 4)
		return 0;
	levels->automatic = sbat_parse_level(arena, (const char *)bytes + 4 + automatic, size - 4 - automatic);
	levels->latest = sbat_parse_level(arena, (const char *)bytes + 4 + latest, size - 4 - latest);
	levels->too_large = levels->automatic.too_long || levels->latest.too_long;
	if (levels->too_large)
		return 0;
	levels->present = levels->automatic.count && !strcmp(levels->automatic.entries[0].component, "sbat");
	return 0;
}

bool sbat_revokes(const struct sbat *level, const struct sbat *binary, struct sbat_revocation *ret)
{
	for (size_t i = 0; i < binary->count; i++) {
		for (size_t k = 0; k < level->count; k++) {
			const struct sbat_entry *l = &level->entries[k], *b = &binary->entries[i];

			if (strcmp(b->component, l->component))
				continue;
			if (b->generation < l->generation) {
				*ret = (struct sbat_revocation){ b, l };
				return true;
			}
			break; /* as in shim, the level's first line of a component counts */
		}
	}
	return false;
}
