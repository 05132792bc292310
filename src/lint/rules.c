/* SPDX-License-Identifier: MIT */
/* rules: the table's second part, which is made at run time because a user's profile may add to it. */
#include "lint/rules.h"

#include <errno.h>
#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"

/* The generated part. */
extern const struct rule rules_of_files[];
extern const size_t rules_of_files_count;
/* What judges the rows of profiles; NULL in a program without them. */
extern void (*const rules_row_check)(struct check *check);

const struct rule *rules = rules_of_files;
size_t rules_count;

/* Rules whose finding makes every row moot: there is no kernel to ask. */
static const char *const before_all[] = { "kernel-missing" };
/* And those that say themselves which driver the root's bus lacks, where the initrd counts. */
static const char *const before_initrd[] = { "initrd-missing", "initrd-root-driver" };

/* So that the rules of files are there even where no profile is loaded. */
__attribute__((constructor)) void rules_forget_rows(void)
{
	rules = rules_of_files;
	rules_count = rules_of_files_count;
}

const struct rule *rule_find(const char *id)
{
	for (size_t i = 0; i < rules_count; i++) {
		if (strcmp(rules[i].id, id) == 0)
			return &rules[i];
	}
	return NULL;
}

bool rule_is_driver(const struct rule *rule)
{
	return rules_row_check && rule->check == rules_row_check;
}

struct table {
	struct arena *arena;
	const struct profile *profiles;
	struct rule *rules;
	size_t count;
	const struct driver_row **open; /* rows on the way to the one that is added */
	size_t open_count;
};

static size_t count_rows(const struct profile *list)
{
	size_t count = 0;

	for (const struct profile *p = rules_row_check ? list : NULL; p; p = p->next) {
		for (const struct driver_row *row = p->rows; row; row = row->next)
			count++;
	}
	return count;
}

static unsigned find_row(const struct table *table, const char *id)
{
	for (size_t i = rules_of_files_count; i < table->count; i++) {
		if (strcmp(table->rules[i].id + strlen(DRIVER_PREFIX), id) == 0)
			return (unsigned)i;
	}
	return RULES_END;
}

static int add(struct table *table, const struct driver_row *row, struct error *err);

static unsigned find_file(const char *id)
{
	for (size_t i = 0; i < rules_of_files_count; i++) {
		if (strcmp(rules_of_files[i].id, id) == 0)
			return (unsigned)i;
	}
	return RULES_END;
}

/* Adds what any profile's row of this id comes after, and its number to the list. */
static int add_before(struct table *table, const char *id, unsigned short *after, size_t *count, size_t maximum,
		      struct error *err)
{
	for (const struct profile *p = table->profiles; p; p = p->next) {
		const struct driver_row *row = profile_row(p, id);

		for (unsigned i = 0; row && i < row->after_count; i++) {
			const struct driver_row *before = profile_row(p, row->after[i]);
			unsigned index;
			int r = before ? add(table, before, err) : 0;

			if (r < 0)
				return r;
			index = before ? find_row(table, row->after[i]) : find_file(row->after[i]);
			if (index != RULES_END && *count < maximum)
				after[(*count)++] = (unsigned short)index;
		}
	}
	return 0;
}

static size_t add_files(unsigned short *after, const char *const *ids, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		unsigned index = find_file(ids[i]);

		if (index != RULES_END)
			after[n++] = (unsigned short)index;
	}
	return n;
}

#define AFTER_MAXIMUM 64

static int add(struct table *table, const struct driver_row *row, struct error *err)
{
	unsigned short after[AFTER_MAXIMUM];
	size_t count;
	int r;

	if (find_row(table, row->id) != RULES_END)
		return 0;
	for (size_t i = 0; i < table->open_count; i++) {
		/* each profile by itself was looked at when it was read */
		if (strcmp(table->open[i]->id, row->id) == 0)
			return error_set(err, EINVAL,
					 "the rows \"%s\" and \"%s\" of different profiles come after each other",
					 row->id, table->open[table->open_count - 1]->id);
	}
	table->open[table->open_count++] = row;
	count = add_files(after, before_all, sizeof(before_all) / sizeof(before_all[0]));
	if (row->where == DRIVER_WHERE_INITRD)
		count += add_files(after + count, before_initrd, sizeof(before_initrd) / sizeof(before_initrd[0]));
	r = add_before(table, row->id, after, &count, AFTER_MAXIMUM - 1, err);
	table->open_count--;
	if (r < 0)
		return r;
	after[count++] = RULES_END;
	table->rules[table->count++] = (struct rule){
		.id = arena_printf(table->arena, DRIVER_PREFIX "%s", row->id),
		.area = "driver",
		.title = row->title,
		.severity = row->severity,
		.effect = row->effect,
		.subject = SUBJECT_IMAGE,
		.section = row->section,
		.clause = row->clause,
		.examples = "",
		.after = arena_memdup(table->arena, after, count * sizeof(*after)),
		.check = rules_row_check,
	};
	return 0;
}

int rules_add_rows(struct arena *arena, const struct profile *list, struct error *err)
{
	size_t rows = count_rows(list);
	struct table table = { .arena = arena, .profiles = list, .count = rules_of_files_count };
	int r = 0;

	if (rules_of_files_count + rows >= RULES_END)
		return error_set(err, EFBIG, "profiles have %zu rows, which are too many", rows);
	table.rules = ARENA_ARRAY(arena, rules_of_files_count + rows + 1, struct rule);
	table.open = ARENA_ARRAY(arena, rows + 1, const struct driver_row *);
	memcpy(table.rules, rules_of_files, rules_of_files_count * sizeof(*table.rules));
	for (const struct profile *p = rules_row_check ? list : NULL; p; p = p->next) {
		for (const struct driver_row *row = p->rows; row && r == 0; row = row->next)
			r = add(&table, row, err);
	}
	if (r < 0)
		return r;
	rules = table.rules;
	rules_count = table.count;
	return 0;
}

static void append_version(struct buffer *out, unsigned version)
{
	buffer_printf(out, "%u.%u", version / 1000000, version / 1000 % 1000);
	if (version % 1000)
		buffer_printf(out, ".%u", version % 1000);
}

static void append_architectures(struct buffer *out, unsigned set)
{
	const char *comma = "";

	for (int a = ARCHITECTURE_UNKNOWN + 1; a < ARCHITECTURE_COUNT; a++) {
		if (!(set & (1U << a)))
			continue;
		buffer_printf(out, "%s%s", comma, architecture_name((enum architecture)a));
		comma = " and ";
	}
}

static void append_symbols(struct buffer *out, const struct driver_symbol *symbols, unsigned count, const char *between)
{
	for (unsigned i = 0; i < count; i++) {
		const struct driver_symbol *s = &symbols[i];

		buffer_printf(out, "%sCONFIG_%s", i ? between : "", s->name);
		if (s->since || s->until || s->architectures)
			buffer_string(out, " (");
		if (s->architectures)
			append_architectures(out, s->architectures);
		if (s->since) {
			buffer_string(out, s->architectures ? ", since " : "since ");
			append_version(out, s->since);
		}
		if (s->until) {
			buffer_string(out, s->since || s->architectures ? ", until " : "until ");
			append_version(out, s->until);
		}
		if (s->formerly)
			buffer_printf(out, ", before that CONFIG_%s", s->formerly);
		if (s->since || s->until || s->architectures)
			buffer_char(out, ')');
	}
}

static const char *const where_titles[] = {
	[DRIVER_WHERE_BUILTIN] = "built in",
	[DRIVER_WHERE_INITRD] = "built in, or a module that is in the initrd",
	[DRIVER_WHERE_INSTALLED] = "built in, or a module that is installed",
};

static void append_row(struct buffer *out, const struct profile *profile, const struct driver_row *row)
{
	buffer_printf(out, "Profile %s (%s", profile->name, severity_name(row->severity));
	if (row->architectures != profile->architectures) {
		buffer_string(out, "; ");
		append_architectures(out, row->architectures);
	}
	if (row->since) {
		buffer_string(out, "; Linux ");
		append_version(out, row->since);
		buffer_string(out, " or later");
	}
	buffer_string(out, ") expects ");
	append_symbols(out, row->all, row->all_count, " and ");
	if (row->all_count && row->any_count)
		buffer_string(out, ", and ");
	append_symbols(out, row->any, row->any_count, " or ");
	if (!row->all_count && !row->any_count)
		buffer_string(out, "the driver");
	buffer_printf(out, " %s", where_titles[row->where]);
	for (unsigned i = 0; i < row->module_count; i++)
		buffer_printf(out, "%s%s",
			      i                       ? ", "
			      : row->module_count > 1 ? ": modules "
						      : ": module ",
			      row->modules[i]);
	buffer_string(out, ".\n");
}

#define TEXT_WIDTH 100

/* Breaks lines at blanks, as the text of the rules' files is broken. */
static const char *wrap(char *text)
{
	char *line = text, *blank = NULL;

	for (char *p = text; *p; p++) {
		if (*p == '\n') {
			line = p + 1;
			blank = NULL;
		} else if (*p == ' ') {
			blank = p;
		}
		if (p - line >= TEXT_WIDTH && blank) {
			*blank = '\n';
			line = blank + 1;
			blank = NULL;
		}
	}
	return text;
}

const char *rule_text(struct arena *arena, const struct rule *rule)
{
	BUFFER_AUTO out = buffer_make(MiB);
	const char *why = NULL;

	if (!rule_is_driver(rule))
		return rule->text;
	for (const struct profile *p = profiles(); p; p = p->next) {
		const struct driver_row *row = p->row[rule - rules];

		if (!row)
			continue;
		/* what two profiles say in the same words is said once */
		if (!why || strcmp(why, row->why) != 0)
			buffer_printf(&out, "%s%s\n\n", why ? "\n" : "", row->why);
		why = row->why;
		append_row(&out, p, row);
	}
	return wrap(arena_strdup(arena, out.data ? out.data : ""));
}
