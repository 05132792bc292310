/* SPDX-License-Identifier: MIT */
/* modules-meaning: what a name may mean that no module has, by modules.alias: each name is looked up once, and all of them
 * together may not cost more than a bound (many lines times many names). */
#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "base/limits.h"
#include "linux/modules.h"

/* Picoseconds: of a line that is looked at, of a byte that is compared, of a pattern that is matched and of each byte of the name
 * for each of the pattern. */
#define LINE_COST 6000
#define BYTE_COST 1000
#define MATCH_COST 60000
#define STEP_COST 2000

/* 1, 0, or -EFBIG when it would be too much work.  What is literal is compared here: hardly a pattern begins like a name that is
 * no device's. */
static int matches(const char *pattern, const char *name, struct error *err)
{
	static const char wild[] = "*?[\\";
	uint64_t cost;
	size_t n = 0;
	int r;

	while (pattern[n] && pattern[n] == name[n] && !strchr(wild, pattern[n]))
		n++;
	cost = LINE_COST + n * BYTE_COST;
	if (pattern[n] && strchr(wild, pattern[n]))
		cost += MATCH_COST + strlen(pattern + n) * (strlen(name + n) + 1) * STEP_COST;
	r = limit_spend(WORK_MODULES, cost, err);
	if (r < 0)
		return r;
	if (!pattern[n] || !strchr(wild, pattern[n]))
		return pattern[n] == name[n];
	return fnmatch(pattern + n, name + n, 0) == 0;
}

static int find_builtin(struct modules *modules, const char *name, struct module_meaning *meaning, struct error *err)
{
	size_t length = strlen(name);

	for (uint32_t i = 0; i < modules->count && !meaning->builtin; i++)
		meaning->builtin = modules->list[i].state == MODULE_BUILTIN && !strncmp(modules->list[i].name, name, length);
	return limit_spend(WORK_MODULES, (uint64_t)modules->count * LINE_COST, err);
}

static void append(struct modules *modules, struct module_meaning *meaning, uint32_t *capacity, struct module *module)
{
	if (meaning->count == *capacity) {
		const struct module **list;

		*capacity = *capacity ? *capacity * 2 : 4;
		list = ARENA_ARRAY(modules->arena, *capacity, const struct module *);
		if (meaning->count)
			memcpy(list, meaning->list, meaning->count * sizeof(*list));
		meaning->list = list;
	}
	meaning->list[meaning->count++] = module;
}

static int find_aliases(struct modules *modules, const char *name, struct module_meaning *meaning, struct error *err)
{
	uint32_t capacity = 0;

	modules->lookups++;
	for (uint32_t i = 0; i < modules->alias_count; i++) {
		const struct module_alias *alias = &modules->aliases[i];
		struct module *module = NULL;
		int is = matches(alias->pattern, name, err);

		if (is < 0 || (is && limit_spend(WORK_MODULES, MODULES_LOOKUP_COST, err) < 0))
			return -EFBIG;
		if (is)
			module = (struct module *)(uintptr_t)modules_find(modules, alias->name);
		if (!module || module->meant == modules->lookups)
			continue;
		module->meant = modules->lookups;
		append(modules, meaning, &capacity, module);
	}
	return 0;
}

const struct module_meaning *modules_meaning(struct modules *modules, const char *name, struct error *err)
{
	uint32_t known = modules->meanings_of.count, number;
	struct module_meaning *meaning;

	number = names_add(&modules->meanings_of, name, strlen(name));
	if (number < known && modules->meanings[number])
		return modules->meanings[number];
	if (number >= modules->meaning_capacity) {
		struct module_meaning **all;

		modules->meaning_capacity = modules->meaning_capacity ? modules->meaning_capacity * 2 : 64;
		all = ARENA_ARRAY(modules->arena, modules->meaning_capacity, struct module_meaning *);
		if (known)
			memcpy(all, modules->meanings, known * sizeof(struct module_meaning *));
		modules->meanings = all;
	}
	modules->meanings[number] = NULL;
	meaning = ARENA_NEW(modules->arena, struct module_meaning);
	if (find_builtin(modules, name, meaning, err) < 0 || find_aliases(modules, name, meaning, err) < 0)
		return NULL;
	modules->meanings[number] = meaning;
	return meaning;
}
