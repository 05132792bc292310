/* SPDX-License-Identifier: MIT */
/* bls_order: versions, the order of systemd-boot's menu and the entry that it boots by default. */
#include <stdlib.h>
#include <string.h>

#include "base/utf16.h"
#include "boot/ascii.h"
#include "boot/bls.h"

static bool is_version_char(char c)
{
	return is_digit(c) || is_letter(c) || c == '-' || c == '.' || c == '~' || c == '^';
}

static int sign(long value)
{
	return (value > 0) - (value < 0);
}

/* Where only one of them has the separator that one is older; where both have it, both are stepped over. */
static int separator(const char **a, const char **b, char c)
{
	if (**a != c && **b != c)
		return 0;
	if (**a != **b)
		return **a == c ? -1 : 1;
	++*a;
	++*b;
	return 0;
}

int bls_compare_versions(const char *a, const char *b)
{
	if (!a)
		a = "";
	if (!b)
		b = "";
	for (;;) {
		const char *a_end, *b_end;
		int r;

		while (*a && !is_version_char(*a))
			a++;
		while (*b && !is_version_char(*b))
			b++;
		r = separator(&a, &b, '~');
		if (r)
			return r;
		if (!*a || !*b)
			return (*a != '\0') - (*b != '\0');
		if ((r = separator(&a, &b, '-')) || (r = separator(&a, &b, '^')) || (r = separator(&a, &b, '.')))
			return r;
		a_end = a;
		b_end = b;
		if (is_digit(*a) || is_digit(*b)) {
			while (is_digit(*a_end))
				a_end++;
			while (is_digit(*b_end))
				b_end++;
			/* a number is newer than none */
			if ((a != a_end) != (b != b_end))
				return a != a_end ? 1 : -1;
			while (*a == '0')
				a++;
			while (*b == '0')
				b++;
			if (a_end - a != b_end - b)
				return a_end - a < b_end - b ? -1 : 1;
			r = strncmp(a, b, (size_t)(a_end - a));
			if (r)
				return sign(r);
		} else {
			size_t common;

			while (is_letter(*a_end))
				a_end++;
			while (is_letter(*b_end))
				b_end++;
			common = (size_t)(a_end - a < b_end - b ? a_end - a : b_end - b);
			r = strncmp(a, b, common);
			if (r)
				return sign(r);
			if (a_end - a != b_end - b)
				return a_end - a < b_end - b ? -1 : 1;
		}
		a = a_end;
		b = b_end;
	}
}

static const char *value(const struct bls_line *line)
{
	return line ? line->value.text : NULL;
}

static int compare_strings(const char *a, const char *b)
{
	if (!a || !b)
		return !!a - !!b;
	return sign(strcmp(a, b));
}

/* config_entry_compare() of systemd-boot. */
int bls_compare_entries(const struct bls_entry *a, const struct bls_entry *b)
{
	int r;

	/* no tries left: to the end */
	r = (a->tries_left == 0) - (b->tries_left == 0);
	if (r)
		return r;
	/* those with a sort key before those without */
	r = !a->sort_key - !b->sort_key;
	if (r)
		return r;
	if (a->sort_key && b->sort_key) {
		r = compare_strings(value(a->sort_key), value(b->sort_key));
		if (!r)
			r = compare_strings(value(a->machine_id), value(b->machine_id));
		if (!r)
			r = -bls_compare_versions(value(a->version), value(b->version));
		if (r)
			return r;
	}
	r = -bls_compare_versions(a->id, b->id);
	if (r || a->tries_left < 0 || b->tries_left < 0)
		return r;
	r = sign((long)b->tries_left - a->tries_left);
	return r ? r : sign((long)a->tries_done - b->tries_done);
}

/* With the file's name last, so that the order does not depend on the sort. */
static int by_order(const void *pa, const void *pb)
{
	const struct bls_entry *a = *(const struct bls_entry *const *)pa, *b = *(const struct bls_entry *const *)pb;
	int r = bls_compare_entries(a, b);

	return r ? r : strcmp(a->file, b->file);
}

const struct bls_entry **bls_menu(struct arena *arena, const struct bls_volume *const *volumes, size_t volume_count,
				  const char *architecture, size_t *ret_count)
{
	const struct bls_entry **menu;
	size_t count = 0, n = 0;

	for (size_t i = 0; i < volume_count; i++)
		count += volumes[i]->entry_count;
	menu = ARENA_ARRAY(arena, count, const struct bls_entry *);
	for (size_t i = 0; i < volume_count; i++)
		for (size_t j = 0; j < volumes[i]->entry_count; j++) {
			const struct bls_entry *entry = &volumes[i]->entries[j];

			if (entry->type == BLS_TYPE1 && !entry->kernel && !entry->efi && !entry->uki)
				continue;
			if (architecture && entry->architecture &&
			    ascii_casecmp(entry->architecture->value.text, architecture) != 0)
				continue;
			menu[n++] = entry;
		}
	if (n > 1)
		qsort(menu, n, sizeof(*menu), by_order);
	*ret_count = n;
	return menu;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* A set such as [a-z0] at *p, which is stepped over; false when it never ends. */
static bool match_set(const char **p, char c, bool *ret)
{
	const char *s = *p + 1;
	bool first = true;

	*ret = false;
	for (; *s && (*s != ']' || first); s++, first = false) {
		if (s[1] == '-' && s[2] && s[2] != ']') {
			if (lower(c) >= lower(s[0]) && lower(c) <= lower(s[2]))
				*ret = true;
			s += 2;
		} else if (lower(*s) == lower(c)) {
			*ret = true;
		}
	}
	if (*s != ']')
		return false;
	*p = s + 1;
	return true;
}

/* efi_fnmatch() of systemd-boot: *, ?, [sets], \ for the next character; letters without regard to case, as both sides
 * are lower-cased there.  Goes back to the last star alone, so it is quick for any pattern. */
static bool matches(const char *pattern, const char *text)
{
	const char *star = NULL, *star_text = NULL;

	while (*text || *pattern) {
		const char *next = pattern;
		bool good = false;

		if (*pattern == '*') {
			star = ++pattern;
			star_text = text;
			continue;
		}
		if (*text && *pattern == '?') {
			next++;
			good = true;
		} else if (*text && *pattern == '[') {
			if (!match_set(&next, *text, &good))
				return false;
		} else if (*text && *pattern) {
			if (*next == '\\' && next[1])
				next++;
			good = lower(*next++) == lower(*text);
		}
		if (good) {
			pattern = next;
			text++;
		} else {
			if (!star || !*star_text)
				return false;
			pattern = star;
			text = ++star_text;
		}
	}
	return true;
}

const struct bls_entry *bls_default(const struct bls_entry *const *menu, size_t count, const struct bls_volume *esp,
				    const struct bls_line **ret_line)
{
	const struct bls_line *line = NULL;

	*ret_line = NULL;
	for (size_t i = 0; esp && i < esp->loader_line_count; i++)
		if (!strcmp(esp->loader_lines[i].key, "default"))
			line = &esp->loader_lines[i];
	for (size_t i = 0; line && i < count; i++)
		if (matches(line->value.text, menu[i]->id)) {
			*ret_line = line;
			return menu[i];
		}
	return count ? menu[0] : NULL;
}
