/* SPDX-License-Identifier: MIT */
/* modules-closure: what has to be loaded for a module, in the order in which modprobe would.
 *
 * The walk is depth-first without recursion in C, so that a long chain of dependencies costs no stack. */
#include "linux/modules.h"

#include <string.h>

#include "base/limits.h"

struct list {
	struct arena *arena;
	const void **items;
	uint32_t count, capacity;
};

static void append(struct list *list, const void *item)
{
	if (list->count == list->capacity) {
		const void **items;

		list->capacity = list->capacity ? list->capacity * 2 : 32;
		items = ARENA_ARRAY(list->arena, list->capacity, const void *);
		if (list->count)
			memcpy(items, list->items, list->count * sizeof(*items));
		list->items = items;
	}
	list->items[list->count++] = item;
}

struct frame {
	struct module *module;
	uint32_t next; /* need that is to be looked at */
};

struct walk {
	struct modules *modules;
	struct list stack, missing, all;
	unsigned searches; /* through all aliases */
	bool stopped;      /* soft ones are too much work */
};

static struct module *find(struct modules *modules, const char *name)
{
	return (struct module *)(uintptr_t)modules_find(modules, name);
}

static struct module *find_path(struct modules *modules, const char *path)
{
	const char *name = module_name(modules->arena, path);

	return name ? find(modules, name) : NULL;
}

static bool enter(struct walk *walk, struct module *module)
{
	struct frame *frame;

	if (module->seen)
		return false;
	module->seen = true;
	append(&walk->all, module);
	if (module->state == MODULE_BUILTIN)
		return false;
	frame = ARENA_NEW(walk->modules->arena, struct frame);
	frame->module = module;
	append(&walk->stack, frame);
	return true;
}

static void visit(struct walk *walk, struct module *first, struct list *out)
{
	enter(walk, first);
	while (walk->stack.count) {
		struct frame *frame = (struct frame *)(uintptr_t)walk->stack.items[walk->stack.count - 1];

		if (frame->next == frame->module->need_count) {
			append(out, frame->module);
			walk->stack.count--;
			continue;
		}
		const char *path = frame->module->needs[frame->next++];
		struct module *need = find_path(walk->modules, path);

		if (need)
			enter(walk, need);
		else
			append(&walk->missing, path);
	}
}

/* A soft dependency may be an alias, and an alias may stand for several modules. */
static void visit_soft(struct walk *walk, const char *name, struct list *out)
{
	const struct module_meaning *meaning;
	struct module *module;

	if (limit_spend(WORK_MODULES, MODULES_LOOKUP_COST + strlen(name) * 1000, NULL) < 0) {
		walk->stopped = true;
		return;
	}
	module = find(walk->modules, name);
	if (module) {
		visit(walk, module, out);
		return;
	}
	if (++walk->searches > LIMIT_SOFTDEPS) {
		limit_error(NULL, "modules have more than %d aliases for soft dependencies", LIMIT_SOFTDEPS);
		return;
	}
	meaning = modules_meaning(walk->modules, name, NULL);
	for (uint32_t i = 0; meaning && i < meaning->count; i++)
		visit(walk, (struct module *)(uintptr_t)meaning->list[i], out);
}

static void soft_of(struct walk *walk, const struct list *of, struct list *out)
{
	for (uint32_t i = 0; i < of->count && !walk->stopped; i++) {
		const struct module *module = of->items[i];

		for (uint32_t n = 0; n < module->before.count && n < LIMIT_SOFTDEPS && !walk->stopped; n++)
			visit_soft(walk, module->before.names[n], out);
	}
}

struct module_closure modules_closure(struct modules *modules, const char *name)
{
	struct arena *arena = modules->arena;
	struct walk walk = { .modules = modules, .stack.arena = arena, .missing.arena = arena, .all.arena = arena };
	struct list required = { .arena = arena }, soft = { .arena = arena };
	struct module *module = find(modules, name);

	if (module) {
		visit(&walk, module, &required);
		soft_of(&walk, &required, &soft);
		/* those that soft ones ask for: the list grows while it is gone through */
		soft_of(&walk, &soft, &soft);
	} else {
		append(&walk.missing, arena_strdup(arena, name));
	}
	for (uint32_t i = 0; i < walk.all.count; i++)
		((struct module *)(uintptr_t)walk.all.items[i])->seen = false;
	return (struct module_closure){
		.required = (const struct module **)required.items, .required_count = required.count,
		.soft = (const struct module **)soft.items,	    .soft_count = soft.count,
		.missing = (const char **)walk.missing.items,	    .missing_count = walk.missing.count,
	};
}
