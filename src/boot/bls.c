/* SPDX-License-Identifier: MIT */
/* bls: reading Boot Loader Specification entries and loader.conf. */
#include "boot/bls-internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf16.h"
#include "boot/ascii.h"

const struct bls_line *bls_parse_lines(struct arena *arena, const struct boot_source *source, const char *data,
				       size_t size, size_t *ret_count, bool *ret_truncated)
{
	struct bls_line *lines;
	size_t capacity = 1, count = 0;
	unsigned int number = 1;

	for (size_t i = 0; i < size && capacity < LIMIT_BLS_LINES; i++)
		capacity += data[i] == '\n' || data[i] == '\r';
	lines = ARENA_ARRAY(arena, capacity, struct bls_line);
	*ret_truncated = false;
	for (size_t start = 0, end; start < size; start = end + 1) {
		struct bls_line *line;
		size_t key = start, key_end, value, last;

		for (end = start; end < size && data[end] != '\n' && data[end] != '\r'; end++)
			;
		last = start + strnlen(data + start, end - start);
		while (last > start && (is_blank(data[last - 1]) || data[last - 1] == '\v' || data[last - 1] == '\f'))
			last--;
		while (key < last && is_blank(data[key]))
			key++;
		for (key_end = key; key_end < last && !is_blank(data[key_end]); key_end++)
			;
		for (value = key_end; value < last && is_blank(data[value]); value++)
			;
		/* a key without a value says nothing */
		if (key < last && data[key] != '#' && value < last) {
			struct boot_text_builder b = boot_text_build(arena, size);

			if (count == capacity || count == LIMIT_BLS_LINES) {
				*ret_truncated = true;
				break;
			}
			line = &lines[count++];
			line->key = arena_strndup(arena, data + key, key_end - key);
			line->key_place = (struct boot_place){ source, number, (unsigned int)(key - start) + 1 };
			boot_text_add(&b, data + value, last - value,
				      (struct boot_place){ source, number, (unsigned int)(value - start) + 1 }, true);
			line->raw = boot_text_finish(&b);
			line->value = line->raw;
			if (last - value >= 2 && data[value] == '"' && data[last - 1] == '"')
				line->value = boot_text_slice(arena, &line->raw, 1, line->raw.length - 2);
		}
		/* a lone carriage return ends systemd-boot's line, but no editor counts it */
		if (end < size && data[end] == '\n')
			number++;
	}
	*ret_count = count;
	return lines;
}

const struct bls_line *bls_next(const struct bls_entry *entry, const char *key, const struct bls_line *after)
{
	for (size_t i = after ? (size_t)(after - entry->lines) + 1 : 0; i < entry->line_count; i++)
		if (!strcmp(entry->lines[i].key, key))
			return &entry->lines[i];
	return NULL;
}

static const struct bls_line *last(const struct bls_entry *entry, const char *key)
{
	const struct bls_line *found = NULL, *next = NULL;

	while ((next = bls_next(entry, key, next)))
		found = next;
	return found;
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t length = strlen(name), suffix_length = strlen(suffix);

	return length > suffix_length && !ascii_casecmp(name + length - suffix_length, suffix);
}

/* Decimal digits as a number; false when there are none or too many. */
static bool digits(const char **p, int *ret)
{
	char *end;
	long value;

	if (**p < '0' || **p > '9')
		return false;
	errno = 0;
	value = strtol(*p, &end, 10);
	if (errno || value > 999999)
		return false;
	*ret = (int)value;
	*p = end;
	return true;
}

const char *bls_id(struct arena *arena, const char *file, const char *suffix, int *ret_left, int *ret_done)
{
	const char *plus = strrchr(file, '+'), *p;
	int left, done = 0;
	bool counted_done = false;

	*ret_left = *ret_done = -1;
	if (!plus)
		return file;
	p = plus + 1;
	if (!digits(&p, &left))
		return file;
	if (*p == '-') {
		p++;
		if (!digits(&p, &done))
			return file;
		counted_done = true;
	}
	if (ascii_casecmp(p, suffix) != 0)
		return file;
	*ret_left = left;
	*ret_done = counted_done ? done : 0;
	return arena_printf(arena, "%.*s%s", (int)(plus - file), file, p);
}

struct bls_entry bls_parse_entry(struct arena *arena, const struct boot_source *source, const char *file,
				 const char *data, size_t size)
{
	struct bls_entry entry = { .type = BLS_TYPE1, .source = source, .file = file, .readable = true };

	entry.id = bls_id(arena, file, ".conf", &entry.tries_left, &entry.tries_done);
	entry.lines = bls_parse_lines(arena, source, data, size, &entry.line_count, &entry.truncated);
	entry.title = last(&entry, "title");
	entry.version = last(&entry, "version");
	entry.machine_id = last(&entry, "machine-id");
	entry.sort_key = last(&entry, "sort-key");
	entry.architecture = last(&entry, "architecture");
	entry.kernel = last(&entry, "linux");
	entry.efi = last(&entry, "efi");
	entry.uki = last(&entry, "uki");
	entry.devicetree = last(&entry, "devicetree");
	return entry;
}

struct boot_text bls_options(struct arena *arena, const struct bls_entry *entry)
{
	struct boot_text_builder b = boot_text_build(arena, LIMIT_TEXT_FILE);
	const struct bls_line *line = NULL;

	while ((line = bls_next(entry, "options", line))) {
		if (b.length)
			boot_text_add(&b, " ", 1, boot_text_place(&line->value, 0), false);
		boot_text_add_text(&b, &line->value);
	}
	return boot_text_finish(&b);
}

static const struct boot_source *make_source(struct arena *arena, const char *device, int partition, const char *path)
{
	struct boot_source *source = ARENA_NEW(arena, struct boot_source);

	*source = (struct boot_source){ .device = device, .partition = partition, .path = path };
	return source;
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct fs_entry *const *)a)->name, (*(const struct fs_entry *const *)b)->name);
}

/* The regular files of a folder with that suffix, in the order of their names; a folder that is not there has none. */
static int list(struct arena *arena, struct fs *fs, const char *folder, const char *suffix,
		const struct fs_entry ***ret, size_t *ret_count, struct error *err)
{
	const struct fs_entry **found;
	struct fs_entry directory, *entries;
	size_t count, n = 0;
	int r;

	*ret_count = 0;
	r = fs_resolve(fs, arena, folder, false, &directory, NULL, err);
	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r < 0)
		return r;
	if (directory.type != FS_DIRECTORY)
		return 0;
	r = fs->ops->readdir(fs, arena, directory.handle, &entries, &count, err);
	if (r < 0)
		return r;
	found = ARENA_ARRAY(arena, count, const struct fs_entry *);
	for (size_t i = 0; i < count; i++)
		if (entries[i].name && (entries[i].type == FS_FILE || entries[i].type == FS_SYMLINK) &&
		    entries[i].name[0] != '.' && ascii_ncasecmp(entries[i].name, "auto-", 5) != 0 &&
		    has_suffix(entries[i].name, suffix))
			found[n++] = &entries[i];
	if (n > 1)
		qsort(found, n, sizeof(*found), by_name);
	*ret = found;
	*ret_count = n;
	return 0;
}

/* Something could not be looked at; what is no file is none to systemd-boot, too. */
static void note_unread(struct bls_volume *volume, const struct error *err, const char *path)
{
	if (!err->code || volume->unread.code || err->code == ENOENT || err->code == ENOTDIR || err->code == EISDIR ||
	    err->code == ELOOP)
		return;
	volume->unread = *err;
	error_prefix(&volume->unread, 0, "%s", path);
}

#define ENTRIES_FOLDER "/loader/entries"
#define LINUX_FOLDER "/EFI/Linux"

int bls_read(struct arena *arena, struct fs *fs, const char *device, int partition, const struct bls_volume **ret,
	     struct error *err)
{
	struct bls_volume *volume = ARENA_NEW(arena, struct bls_volume);
	const struct fs_entry **type1 = NULL, **type2 = NULL;
	size_t type1_count, type2_count, size;
	struct bls_entry *entries;
	char *data;
	int r;

	r = list(arena, fs, ENTRIES_FOLDER, ".conf", &type1, &type1_count, err);
	if (r >= 0)
		r = list(arena, fs, LINUX_FOLDER, ".efi", &type2, &type2_count, err);
	if (r < 0)
		return r;
	entries = ARENA_ARRAY(arena, LIMIT_BLS_ENTRIES < type1_count + type2_count ? LIMIT_BLS_ENTRIES
										    : type1_count + type2_count,
			      struct bls_entry);
	volume->entries = entries;
	for (size_t i = 0; i < type1_count + type2_count; i++) {
		bool first = i < type1_count;
		const char *name = first ? type1[i]->name : type2[i - type1_count]->name;
		const char *path = arena_printf(arena, "%s/%s", first ? ENTRIES_FOLDER : LINUX_FOLDER, name);
		const struct boot_source *source = make_source(arena, device, partition, path);
		struct bls_entry *entry;

		if (volume->entry_count == LIMIT_BLS_ENTRIES) {
			volume->truncated = true;
			if (!volume->unread.code)
				limit_error(&volume->unread, "there are more than %d boot entries", LIMIT_BLS_ENTRIES);
			break;
		}
		entry = &entries[volume->entry_count++];
		*entry = (struct bls_entry){ .type = first ? BLS_TYPE1 : BLS_TYPE2, .source = source, .file = name };
		entry->id = bls_id(arena, name, first ? ".conf" : ".efi", &entry->tries_left, &entry->tries_done);
		if (!first)
			bls_read_uki(arena, fs, type2[i - type1_count]->handle, entry);
		else if (boot_read_file(fs, arena, path, LIMIT_BLS_FILE, &data, &size, &entry->error) == 0)
			*entry = bls_parse_entry(arena, source, name, data, size);
		if (first && entry->truncated)
			limit_error(&entry->error, "%s has more than %d lines", name, LIMIT_BLS_LINES);
		if (first)
			note_unread(volume, &entry->error, path);
	}
	r = boot_read_file(fs, arena, "/loader/loader.conf", LIMIT_BLS_FILE, &data, &size, &volume->loader_error);
	if (r == 0) {
		bool truncated;

		volume->loader_conf = make_source(arena, device, partition, "/loader/loader.conf");
		volume->loader_lines = bls_parse_lines(arena, volume->loader_conf, data, size,
						       &volume->loader_line_count, &truncated);
		volume->truncated |= truncated;
		if (truncated)
			limit_error(&volume->loader_error, "loader.conf has more than %d lines", LIMIT_BLS_LINES);
	} else if (r == -ENOENT || r == -ENOTDIR) {
		volume->loader_error = (struct error){ 0 };
	}
	note_unread(volume, &volume->loader_error, "/loader/loader.conf");
	*ret = volume;
	return 0;
}
