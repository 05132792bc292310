/* SPDX-License-Identifier: MIT */
/* grub_wildcard: the files that a word with * and ? means, in the order of their folder (grub-core/commands/wildcard.c). */
#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "boot/grub_vm.h"

#define MOST_PATHS 64

struct paths {
	const char *list[MOST_PATHS];
	size_t count;
};

static bool matches(const char *pattern, size_t length, const char *name)
{
	const char *end = pattern + length, *star = NULL, *again = NULL;

	while (*name) {
		/* each star may go through the name again */
		limit_count(WORK_GRUB, 2);
		if (pattern < end && *pattern == '*') {
			star = ++pattern;
			again = name;
		} else if (pattern < end && (*pattern == '?' || *pattern == *name)) {
			pattern++;
			name++;
		} else if (star) {
			pattern = star;
			name = ++again;
		} else {
			return false;
		}
	}
	while (pattern < end && *pattern == '*')
		pattern++;
	return pattern == end;
}

/* What of the folder matches is added; false: it could not be read, or it is too much, and *reason says so. */
static bool add_matching(struct grub_vm *vm, const char *folder, const char *pattern, size_t length, struct paths *paths,
			 struct boot_place place, const char **reason)
{
	struct boot_text text = { .text = folder, .length = strlen(folder) };
	ARENA_AUTO scratch = arena_new(limits_arena_bytes());
	struct fs_entry *entries;
	struct grub_file file;
	size_t count;

	if (!grub_list(vm, &text, scratch, &file, &entries, &count)) {
		if (file.found == GRUB_NOT_KNOWN)
			*reason = file.reason;
		return file.found != GRUB_NOT_KNOWN;
	}
	for (size_t i = 0; i < count && grub_spend(vm, 1, sizeof(*entries), place); i++) {
		if (!matches(pattern, length, entries[i].name))
			continue;
		if (paths->count == MOST_PATHS) {
			*reason = arena_printf(vm->arena, "the wildcards in %s/%.*s match too many files", folder, (int)length,
					       pattern);
			return false;
		}
		paths->list[paths->count] = arena_printf(vm->arena, "%s%s", folder, entries[i].name);
		vm->bytes += strlen(paths->list[paths->count++]);
	}
	return true;
}

static bool exists(struct grub_vm *vm, const char *path, const char **reason)
{
	struct boot_text text = { .text = path, .length = strlen(path) };
	struct grub_file file;
	enum fs_type type;

	grub_find(vm, &text, &file, &type, NULL);
	if (file.found == GRUB_NOT_KNOWN)
		*reason = file.reason;
	return file.found == GRUB_FOUND;
}

static bool expand(struct grub_vm *vm, const char *word, struct boot_place place, struct paths *paths, const char **reason)
{
	const char *start = word, *colon = strchr(word, ')'), *wild = strpbrk(word, "*?");

	if (*word == '(' && wild && (!colon || wild < colon)) {
		*reason = arena_printf(vm->arena, "%s stands for devices of the machine that boots", word);
		return false;
	}
	paths->count = 1;
	paths->list[0] = "";
	while (*start && paths->count && !vm->s->stop) {
		size_t fixed = strcspn(start, "*?"), length;
		struct paths before = *paths;

		/* up to the last slash before the next wildcard */
		if (start[fixed])
			while (fixed && start[fixed - 1] != '/')
				fixed--;
		paths->count = 0;
		length = start[fixed] ? strcspn(start + fixed, "/") : 0;
		for (size_t i = 0; i < before.count; i++) {
			const char *path = arena_printf(vm->arena, "%s%.*s", before.list[i], (int)fixed, start);

			vm->bytes += strlen(path);
			if (!length && exists(vm, path, reason))
				paths->list[paths->count++] = path;
			else if (length && !add_matching(vm, path, start + fixed, length, paths, place, reason))
				return false;
		}
		start += fixed + length;
	}
	return !*reason;
}

struct boot_text *grub_wildcard(struct grub_vm *vm, const struct boot_text *word, struct boot_place place, size_t *ret_count,
				const char **ret_unknown)
{
	struct boot_text *values;
	struct paths paths;

	*ret_count = 0;
	*ret_unknown = NULL;
	if (!expand(vm, word->text, place, &paths, ret_unknown))
		return NULL;
	values = ARENA_ARRAY(vm->arena, paths.count, struct boot_text);
	for (size_t i = 0; i < paths.count; i++) {
		struct boot_text_builder b = boot_text_build(vm->arena, LIMIT_GRUB_VALUE);

		boot_text_add(&b, paths.list[i], strlen(paths.list[i]), place, false);
		values[i] = boot_text_finish(&b);
		vm->bytes += grub_text_bytes(&values[i]);
	}
	*ret_count = paths.count;
	return values;
}
