/* SPDX-License-Identifier: MIT */
/* profile-rows: reading the rows of a profile's "drivers". */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "lint/profile-internal.h"
#include "lint/rule.h"

static const char *const where_names[] = {
	[DRIVER_WHERE_BUILTIN] = "builtin",
	[DRIVER_WHERE_INITRD] = "initrd",
	[DRIVER_WHERE_INSTALLED] = "installed",
};

#define AFTER_DEPTH 8

#define SYMBOL_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
#define MODULE_CHARACTERS SYMBOL_CHARACTERS "-"
#define ID_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789-"

/* A row that is being read, with which of its parts this file gives. */
struct reading {
	struct arena *arena;
	struct profile *profile;
	struct driver_row *row;
};

unsigned kernel_version_parse(const char *release)
{
	unsigned part[3] = { 0 };
	const char *p = release;

	for (int i = 0; p && i < 3; i++) {
		unsigned digits = 0;

		for (; *p >= '0' && *p <= '9'; p++) {
			if (++digits > 3)
				return 0;
			part[i] = part[i] * 10 + (unsigned)(*p - '0');
		}
		if (digits == 0 && i < 2)
			return 0;
		if (*p != '.')
			return i == 0 ? 0 : KERNEL_VERSION_OF(part[0], part[1], part[2]);
		p++;
	}
	return p ? KERNEL_VERSION_OF(part[0], part[1], part[2]) : 0;
}

/* A string of these characters alone. */
static int read_word(struct arena *arena, const struct json_at *at, const char *characters, const char *expected,
		     const char **ret, struct error *err)
{
	const char *word = json_object_is_type(at->value, json_type_string) ? json_object_get_string(at->value) : "";

	if (!*word || word[strspn(word, characters)] || strlen(word) != (size_t)json_object_get_string_len(at->value))
		return json_mistake(at, err, "%s is expected", expected);
	*ret = arena_strdup(arena, word);
	return 0;
}

static int read_symbol_name(struct arena *arena, const struct json_at *at, const char **ret, struct error *err)
{
	static const char expected[] = "a Kconfig symbol without CONFIG_, such as \"VIRTIO_BLK\",";
	int r = read_word(arena, at, SYMBOL_CHARACTERS, expected, ret, err);

	if (r == 0 && strncmp(*ret, "CONFIG_", strlen("CONFIG_")) == 0)
		return json_mistake(at, err, "%s is expected", expected);
	return r;
}

/* Two or three numbers, with nothing before, between and behind but dots. */
static int read_version(const struct json_at *at, unsigned *ret, struct error *err)
{
	const char *text = json_object_is_type(at->value, json_type_string) ? json_object_get_string(at->value) : "";
	const char *dot = strrchr(text, '.');
	unsigned dots = 0;

	for (const char *p = text; *p; p++)
		dots += *p == '.';
	*ret = text[strspn(text, "0123456789.")] || dots > 2 || !dot || !dot[1] ? 0 : kernel_version_parse(text);
	if (!*ret)
		return json_mistake(at, err, "a kernel's version as a string, such as \"5.9\", is expected");
	return 0;
}

int profile_read_architectures(const struct json_at *at, unsigned *ret, struct error *err)
{
	static const char expected[] = "an array of aarch64, arm, x86_64 and riscv64 is expected";

	if (!json_object_is_type(at->value, json_type_array) || json_object_array_length(at->value) == 0)
		return json_mistake(at, err, expected);
	*ret = 0;
	for (size_t i = 0; i < json_object_array_length(at->value); i++) {
		struct json_at element = json_element(at, i);
		enum architecture architecture = ARCHITECTURE_UNKNOWN;

		if (json_object_is_type(element.value, json_type_string))
			architecture = architecture_parse(json_object_get_string(element.value));
		if (architecture == ARCHITECTURE_UNKNOWN)
			return json_mistake(&element, err, "aarch64, arm, x86_64 or riscv64 is expected");
		*ret |= 1U << architecture;
	}
	return 0;
}

static int read_symbol(struct arena *arena, const struct json_at *at, struct driver_symbol *symbol, struct error *err)
{
	static const char expected[] =
		"a Kconfig symbol, or an object of symbol, since, until, formerly and architectures, is expected";
	struct json_at member;
	int r = 0;

	*symbol = (struct driver_symbol){ 0 };
	if (json_object_is_type(at->value, json_type_string))
		return read_symbol_name(arena, at, &symbol->name, err);
	if (!json_object_is_type(at->value, json_type_object))
		return json_mistake(at, err, expected);
	json_object_object_foreach(at->value, key, value)
	{
		member = (struct json_at){ .text = at->text, .up = at, .key = key, .value = value };
		if (strcmp(key, "symbol") == 0)
			r = read_symbol_name(arena, &member, &symbol->name, err);
		else if (strcmp(key, "formerly") == 0)
			r = read_symbol_name(arena, &member, &symbol->formerly, err);
		else if (strcmp(key, "since") == 0)
			r = read_version(&member, &symbol->since, err);
		else if (strcmp(key, "until") == 0)
			r = read_version(&member, &symbol->until, err);
		else if (strcmp(key, "architectures") == 0)
			r = profile_read_architectures(&member, &symbol->architectures, err);
		else
			r = json_mistake_key(&member, err,
					     "symbol, since, until, formerly or architectures is expected");
		if (r < 0)
			return r;
	}
	if (!symbol->name)
		return json_mistake(at, err, "\"symbol\" is missing");
	if (symbol->formerly && !symbol->since)
		return json_mistake(at, err, "\"since\" is missing: the first kernel that does not say \"%s\" any more",
				    symbol->formerly);
	return 0;
}

static int read_symbols(struct arena *arena, const struct json_at *at, const struct driver_symbol **ret,
			unsigned *ret_count, struct error *err)
{
	struct driver_symbol *symbols;
	size_t count;
	int r = 0;

	if (!json_object_is_type(at->value, json_type_array) || json_object_array_length(at->value) == 0)
		return json_mistake(at, err, "an array of Kconfig symbols is expected");
	count = json_object_array_length(at->value);
	symbols = ARENA_ARRAY(arena, count, struct driver_symbol);
	for (size_t i = 0; i < count && r == 0; i++) {
		struct json_at element = json_element(at, i);

		r = read_symbol(arena, &element, &symbols[i], err);
	}
	*ret = symbols;
	*ret_count = (unsigned)count;
	return r;
}

static int read_kconfig(const struct reading *reading, const struct json_at *at, struct error *err)
{
	struct driver_row *row = reading->row;
	int r = 0;

	if (!json_object_is_type(at->value, json_type_object) || json_object_object_length(at->value) == 0)
		return json_mistake(at, err, "an object of all and any, arrays of Kconfig symbols, is expected");
	/* what is said anew is said whole */
	row->all = row->any = NULL;
	row->all_count = row->any_count = 0;
	json_object_object_foreach(at->value, key, value)
	{
		struct json_at member = { .text = at->text, .up = at, .key = key, .value = value };

		if (strcmp(key, "all") == 0)
			r = read_symbols(reading->arena, &member, &row->all, &row->all_count, err);
		else if (strcmp(key, "any") == 0)
			r = read_symbols(reading->arena, &member, &row->any, &row->any_count, err);
		else
			r = json_mistake_key(&member, err, "all or any is expected");
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_words(struct arena *arena, const struct json_at *at, const char *characters, const char *expected,
		      const char *const **ret, unsigned *ret_count, struct error *err)
{
	const char **words;
	size_t count;
	int r = 0;

	if (!json_object_is_type(at->value, json_type_array))
		return json_mistake(at, err, "an array is expected, each element %s", expected);
	count = json_object_array_length(at->value);
	words = ARENA_ARRAY(arena, count, const char *);
	for (size_t i = 0; i < count && r == 0; i++) {
		struct json_at element = json_element(at, i);

		r = read_word(arena, &element, characters, expected, &words[i], err);
	}
	*ret = words;
	*ret_count = (unsigned)count;
	return r;
}

static int read_severity(const struct reading *reading, const struct json_at *at, struct error *err)
{
	if (!json_object_is_type(at->value, json_type_string) ||
	    !severity_parse(json_object_get_string(at->value), &reading->row->severity))
		return json_mistake(at, err, "error, warning, note or off is expected");
	/* it counts for more than what the extended profile's "rules" say */
	if (reading->profile->settings)
		profile_add_setting(reading->arena, reading->profile,
				    arena_printf(reading->arena, DRIVER_PREFIX "%s", reading->row->id), -1, NULL);
	return 0;
}

static int read_effect(const struct json_at *at, enum effect *ret, struct error *err)
{
	const char *word = json_object_is_type(at->value, json_type_string) ? json_object_get_string(at->value) : "";

	for (int i = 0; effect_name((enum effect)i); i++) {
		if (strcmp(word, effect_name((enum effect)i)) == 0) {
			*ret = (enum effect)i;
			return 0;
		}
	}
	return json_mistake(at, err, "blocks-boot, degrades, conformance or hygiene is expected");
}

static int read_where(const struct json_at *at, enum driver_where *ret, struct error *err)
{
	const char *word = json_object_is_type(at->value, json_type_string) ? json_object_get_string(at->value) : "";

	for (size_t i = 0; i < sizeof(where_names) / sizeof(where_names[0]); i++) {
		if (strcmp(word, where_names[i]) == 0) {
			*ret = (enum driver_where)i;
			return 0;
		}
	}
	return json_mistake(at, err, "builtin, initrd or installed is expected");
}

static int read_part(const struct reading *reading, const char *key, const struct json_at *at, struct error *err)
{
	struct arena *arena = reading->arena;
	struct driver_row *row = reading->row;

	if (strcmp(key, "title") == 0)
		return json_string(arena, at, &row->title, err);
	if (strcmp(key, "why") == 0)
		return json_string(arena, at, &row->why, err);
	if (strcmp(key, "section") == 0)
		return json_string(arena, at, &row->section, err);
	if (strcmp(key, "clause") == 0)
		return json_string(arena, at, &row->clause, err);
	if (strcmp(key, "severity") == 0)
		return read_severity(reading, at, err);
	if (strcmp(key, "effect") == 0)
		return read_effect(at, &row->effect, err);
	if (strcmp(key, "where") == 0)
		return read_where(at, &row->where, err);
	if (strcmp(key, "kconfig") == 0)
		return read_kconfig(reading, at, err);
	if (strcmp(key, "modules") == 0)
		return read_words(arena, at, MODULE_CHARACTERS, "a module's name, such as \"virtio_blk\",",
				  &row->modules, &row->module_count, err);
	if (strcmp(key, "architectures") == 0)
		return profile_read_architectures(at, &row->architectures, err);
	if (strcmp(key, "since") == 0)
		return read_version(at, &row->since, err);
	if (strcmp(key, "after") == 0)
		return read_words(arena, at, ID_CHARACTERS, "the id of a row or a rule", &row->after, &row->after_count,
				  err);
	return json_mistake_key(at, err,
				"id, severity, effect, section, clause, title, why, kconfig, modules, where, "
				"architectures, since or after is expected");
}

/* What a row must say, whether this file says it or the one that it extends. */
static int complete(const struct json_at *at, const struct driver_row *row, bool new, struct error *err)
{
	static const char *const needed[] = { "title", "why", "severity", "where" };
	struct json_at member;

	for (size_t i = 0; new &&i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (!json_member(at, needed[i], &member))
			return json_mistake(at, err, "\"%s\" is missing: no extended profile has a row \"%s\"",
					    needed[i], row->id);
	}
	if (!row->all_count && !row->any_count && !row->module_count)
		return json_mistake(at, err, "\"kconfig\" or \"modules\" is missing");
	if (!row->module_count && row->where == DRIVER_WHERE_INITRD)
		return json_mistake(at, err,
				    "\"modules\" is missing: what the initrd must hold when it is not built in");
	return 0;
}

static int read_row(struct arena *arena, struct profile *profile, const struct json_at *at, struct error *err)
{
	struct reading reading = { .arena = arena, .profile = profile };
	struct json_at member;
	const char *id;
	bool new;
	int r;

	if (!json_object_is_type(at->value, json_type_object))
		return json_mistake(at, err, "an object is expected: a driver's row");
	if (!json_member(at, "id", &member))
		return json_mistake(at, err, "\"id\" is missing");
	r = read_word(arena, &member, ID_CHARACTERS, "an id of small letters, digits and hyphens", &id, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < at->index; i++) {
		struct json_at earlier = json_element(at->up, i), its;

		if (json_member(&earlier, "id", &its) && strcmp(json_object_get_string(its.value), id) == 0)
			return json_mistake(&member, err, "there is a row \"%s\" already", id);
	}
	reading.row = profile_row(profile, id);
	new = !reading.row;
	if (new) {
		reading.row = ARENA_NEW(arena, struct driver_row);
		*reading.row = (struct driver_row){ .id = id, .effect = EFFECT_DEGRADES };
	}
	json_object_object_foreach(at->value, key, value)
	{
		struct json_at part = { .text = at->text, .up = at, .key = key, .value = value };

		if (strcmp(key, "id") == 0)
			continue;
		r = read_part(&reading, key, &part, err);
		if (r < 0)
			return r;
	}
	if (new)
		profile_add_row(profile, reading.row);
	return complete(at, reading.row, new, err);
}

/* Does the row come after the one of that id, perhaps with others between?  Bounded, for there may be a ring elsewhere. */
static bool comes_after(const struct profile *profile, const struct driver_row *row, const char *id, unsigned depth)
{
	for (unsigned i = 0; row && depth && i < row->after_count; i++) {
		if (strcmp(row->after[i], id) == 0 ||
		    comes_after(profile, profile_row(profile, row->after[i]), id, depth - 1))
			return true;
	}
	return false;
}

/* What "after" names must be there, and must not come after the row itself. */
static int check_after(const struct profile *profile, const struct json_at *row, struct error *err)
{
	struct json_at id, after;
	int r = 0;

	if (!json_member(row, "after", &after) || !json_member(row, "id", &id))
		return 0;
	for (size_t i = 0; i < json_object_array_length(after.value) && r == 0; i++) {
		struct json_at element = json_element(&after, i);
		const char *name = json_object_get_string(element.value), *own = json_object_get_string(id.value);
		const struct driver_row *named = profile_row(profile, name);

		if (!named && !rule_find(name))
			r = json_mistake(&element, err, "there is neither a row nor a rule \"%s\"", name);
		else if (named && (strcmp(name, own) == 0 || comes_after(profile, named, own, AFTER_DEPTH)))
			r = json_mistake(&element, err, "\"%s\" comes after \"%s\" already", name, own);
	}
	return r;
}

int profile_read_rows(struct arena *arena, struct profile *profile, const struct json_at *drivers, struct error *err)
{
	size_t count;
	int r = 0;

	if (!json_object_is_type(drivers->value, json_type_array))
		return json_mistake(drivers, err, "an array of drivers' rows is expected");
	count = json_object_array_length(drivers->value);
	if (count > LIMIT_PROFILE_ROWS)
		return json_mistake(drivers, err, "there are %zu rows, at most %d are read", count, LIMIT_PROFILE_ROWS);
	for (size_t i = 0; i < count && r == 0; i++) {
		struct json_at element = json_element(drivers, i);

		r = read_row(arena, profile, &element, err);
	}
	/* a row may come after one that stands behind it, so only now */
	for (size_t i = 0; i < count && r == 0; i++) {
		struct json_at element = json_element(drivers, i);

		r = check_after(profile, &element, err);
	}
	return r;
}
