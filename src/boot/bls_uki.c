/* SPDX-License-Identifier: MIT */
/* bls_uki: what a type 2 entry, a unified kernel image, says of itself: .osrel and .cmdline.
 *
 * Source: UAPI.5 (Unified Kernel Image), systemd 252 src/boot/efi/boot.c (config_entry_add_unified) and
 * src/fundamental/bootspec-fundamental.c for which fields of os-release are title, version and sort key.
 */
#include <string.h>

#include "boot/bls-internal.h"
#include "efi/pe.h"

#define SECTION_BYTES (16 * 1024)

enum field { PRETTY_NAME, IMAGE_ID, NAME, ID, IMAGE_VERSION, VERSION, VERSION_ID, BUILD_ID, FIELDS };

static const char *const field_names[FIELDS] = { "PRETTY_NAME",   "IMAGE_ID", "NAME",       "ID",
						 "IMAGE_VERSION", "VERSION",  "VERSION_ID", "BUILD_ID" };

/* The lines KEY=VALUE of os-release; quotes around a value are taken off, as systemd-boot does. */
static void parse_os_release(struct arena *arena, const struct boot_source *source, const char *text, size_t size,
			     struct boot_text fields[FIELDS])
{
	unsigned int number = 0;

	size = strnlen(text, size);
	for (size_t start = 0, end; start < size; start = end + 1) {
		const char *newline = memchr(text + start, '\n', size - start), *equals;
		size_t value, last;

		number++;
		end = newline ? (size_t)(newline - text) : size;
		equals = memchr(text + start, '=', end - start);
		if (!equals)
			continue;
		value = (size_t)(equals - text) + 1;
		last = end;
		while (last > value && (text[last - 1] == ' ' || text[last - 1] == '\t' || text[last - 1] == '\r'))
			last--;
		if (last - value >= 2 && (text[value] == '"' || text[value] == '\'') && text[last - 1] == text[value]) {
			value++;
			last--;
		}
		for (int i = 0; i < FIELDS; i++) {
			struct boot_text_builder b;

			if (strlen(field_names[i]) != (size_t)(equals - text) - start ||
			    strncmp(text + start, field_names[i], (size_t)(equals - text) - start) != 0)
				continue;
			b = boot_text_build(arena, size);
			boot_text_add(&b, text + value, last - value,
				      (struct boot_place){ source, number, (unsigned int)(value - start) + 1 }, true);
			fields[i] = boot_text_finish(&b);
		}
	}
}

/* The first of the fields that has something becomes a line of the entry. */
static const struct bls_line *add_line(struct bls_entry *entry, struct bls_line *lines, const char *key,
				       const struct boot_text *fields, const enum field *order, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct boot_text *value = &fields[order[i]];
		struct bls_line *line = &lines[entry->line_count];

		if (!value->length)
			continue;
		*line = (struct bls_line){ key, boot_text_place(value, 0), *value, *value };
		entry->line_count++;
		return line;
	}
	return NULL;
}

static const struct boot_source *section_source(struct arena *arena, const struct bls_entry *entry, const char *section)
{
	struct boot_source *source = arena_memdup(arena, entry->source, sizeof(*source));

	source->section = arena_strdup(arena, section);
	return source;
}

void bls_read_uki(struct arena *arena, struct fs *fs, uint64_t handle, struct bls_entry *entry)
{
	static const enum field titles[] = { PRETTY_NAME, IMAGE_ID, NAME, ID };
	static const enum field versions[] = { IMAGE_VERSION, VERSION, VERSION_ID, BUILD_ID };
	static const enum field sort_keys[] = { IMAGE_ID, ID };
	struct boot_text fields[FIELDS] = { { 0 } };
	const struct pe_section *section;
	struct bls_line *lines;
	const uint8_t *bytes;
	struct view *view;
	const struct pe *pe;
	size_t size;

	if (fs_file_view(fs, arena, handle, &view, &entry->error) < 0 || pe_read(arena, view, &pe, &entry->error) < 0 ||
	    pe->status != PE_OK)
		return;
	lines = ARENA_ARRAY(arena, 4, struct bls_line);
	entry->lines = lines;
	section = pe_section(pe, ".osrel");
	if (section) {
		if (pe_section_read(arena, view, pe, section, SECTION_BYTES, &bytes, &size, &entry->error) < 0)
			return;
		parse_os_release(arena, section_source(arena, entry, ".osrel"), (const char *)bytes, size, fields);
		entry->title = add_line(entry, lines, "title", fields, titles, 4);
		entry->version = add_line(entry, lines, "version", fields, versions, 4);
		entry->sort_key = add_line(entry, lines, "sort-key", fields, sort_keys, 2);
	}
	section = pe_section(pe, ".cmdline");
	if (section) {
		struct boot_place place = { section_source(arena, entry, ".cmdline"), 1, 1 };
		struct bls_line *line = &lines[entry->line_count];

		if (pe_section_read(arena, view, pe, section, SECTION_BYTES, &bytes, &size, &entry->error) < 0)
			return;
		line->key = "options";
		line->key_place = place;
		line->value = boot_text_make(arena, arena_strndup(arena, (const char *)bytes, size), place);
		line->raw = line->value;
		entry->line_count++;
	}
	entry->readable = true;
}
