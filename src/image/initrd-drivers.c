/* SPDX-License-Identifier: MIT */
/* initrd-drivers: what a driver needs to be loaded from an initrd: its module, those that modules.dep asks for, and one of
 * those that each soft dependency may mean. */
#include <string.h>

#include "base/limits.h"
#include "base/utf16.h"
#include "image/initrds-internal.h"
#include "image/releases.h"

/* Calls `each` for what must be in the initrd: for a module alone with one name, for a soft dependency with all modules that
 * would do.  It is not called for what is built in. */
struct visitor {
	const struct boot_attempt *attempt;
	void (*each)(struct visitor *visitor, const char *const *names, size_t count, bool soft);
	const char *missing, *soft_missing;
	bool unknown;
};

#define PROVIDERS 16

/* A soft dependency names a module or an alias. */
static void visit_soft(struct visitor *visitor, const struct kernel_release *release, const char *name)
{
	struct modules *modules = release_modules(release);
	const struct module *module;
	const struct module_meaning *meaning;
	const char *names[PROVIDERS];
	size_t count = 0;

	/* nothing is known of those that are too much work */
	visitor->unknown |= limit_spend(WORK_MODULES, MODULES_LOOKUP_COST + strlen(name) * 1000, NULL) < 0;
	if (limit_is_spent(WORK_MODULES))
		return;
	module = modules_find(modules, name);
	if (module) {
		if (module->state == MODULE_LOADABLE)
			visitor->each(visitor, (const char *const[]){ module->name }, 1, true);
		return;
	}
	meaning = modules_meaning(modules, name, NULL);
	if (meaning && !meaning->builtin) {
		release_read_aliases(release);
		meaning = modules_meaning(modules, name, NULL);
	}
	visitor->unknown |= !meaning;
	if (!meaning || meaning->builtin)
		return;
	for (uint32_t i = 0; i < meaning->count; i++)
		if (meaning->list[i]->state == MODULE_BUILTIN)
			return;
	if (meaning->count > PROVIDERS) {
		limit_error(NULL, "more than %d modules stand for the soft dependency %.100s", PROVIDERS, name);
		visitor->unknown = true;
		return;
	}
	for (uint32_t i = 0; i < meaning->count; i++)
		names[count++] = meaning->list[i]->name;
	/* one that nothing installed provides is not what this initrd lacks */
	if (count)
		visitor->each(visitor, names, count, true);
}

static void visit_driver(struct visitor *visitor, const struct kernel_release *release, const char *module)
{
	struct modules *modules = release ? release_modules(release) : NULL;
	struct module_closure closure;

	if (!modules || modules_state(modules, module) != MODULE_LOADABLE) {
		visitor->each(visitor, &module, 1, false);
		return;
	}
	closure = modules_closure(modules, module);
	for (uint32_t i = 0; i < closure.required_count; i++)
		visitor->each(visitor, &closure.required[i]->name, 1, false);
	for (uint32_t i = 0; i < closure.required_count; i++) {
		const struct module_soft *soft = &closure.required[i]->before;

		for (uint32_t n = 0; n < soft->count && n < LIMIT_SOFTDEPS; n++)
			visit_soft(visitor, release, soft->names[n]);
	}
}

static const struct kernel_release *release_of(const struct boot_attempt *attempt)
{
	return attempt->kernel_file ? attempt->kernel_file->release : NULL;
}

static void ask(struct visitor *visitor, const char *const *names, size_t count, bool soft)
{
	(void)soft;
	for (size_t i = 0; i < count; i++)
		initrd_ask(visitor->attempt, INITRD_MODULE, names[i], attempt_release(visitor->attempt));
}

/* Is the module installed, elsewhere than where the kernel's own are? */
static bool is_added(const struct kernel_release *release, const char *name)
{
	struct modules *modules = release_modules(release);
	const struct module *module = modules ? modules_find(modules, name) : NULL;

	return module && module->state == MODULE_LOADABLE && !strstr(module->path, "kernel/") &&
	       release_driver(release, NULL, name) == DRIVER_MODULE;
}

static enum driver_state state_of(const struct boot_attempt *attempt, const char *symbol, const char *module)
{
	const struct kernel_release *release = release_of(attempt);
	enum driver_state state = release ? release_driver(release, symbol, module) : DRIVER_UNKNOWN;

	/* one that was built from other sources than the kernel's */
	if (state == DRIVER_ABSENT && symbol && is_added(release, module))
		return DRIVER_MODULE;
	/* that a module is in no list says that it is not installed, and no more */
	if (state == DRIVER_ABSENT && !symbol)
		return DRIVER_MODULE_GONE;
	return state;
}

void attempt_ask_driver(const struct boot_attempt *attempt, const char *symbol, const char *module)
{
	struct visitor visitor = { .attempt = attempt, .each = ask };
	enum driver_state state = state_of(attempt, symbol, module);

	if (state != DRIVER_BUILTIN && state != DRIVER_ABSENT)
		visit_driver(&visitor, release_of(attempt), module);
}

/* The best answer of several that would do. */
static void judge(struct visitor *visitor, const char *const *names, size_t count, bool soft)
{
	bool unknown = false;

	for (size_t i = 0; i < count; i++) {
		switch (attempt_initrd_module(visitor->attempt, names[i])) {
		case INITRD_FOUND:
			return;
		case INITRD_UNKNOWN:
			unknown = true;
			break;
		case INITRD_NOT_FOUND:
			break;
		}
	}
	if (unknown)
		visitor->unknown = true;
	else if (soft && !visitor->soft_missing)
		visitor->soft_missing = names[0];
	else if (!soft && !visitor->missing)
		visitor->missing = names[0];
}

enum driver_reach attempt_driver(const struct boot_attempt *attempt, const char *symbol, const char *module,
				 const char **ret_missing)
{
	struct visitor visitor = { .attempt = attempt, .each = judge };
	enum driver_state state = state_of(attempt, symbol, module);
	bool itself;

	*ret_missing = NULL;
	if (state == DRIVER_BUILTIN)
		return REACH_BUILTIN;
	if (state == DRIVER_ABSENT)
		return REACH_NO_DRIVER;
	visit_driver(&visitor, release_of(attempt), module);
	itself = attempt_initrd_module(attempt, module) == INITRD_NOT_FOUND;
	if (visitor.missing) {
		/* only an installed one could have been put there */
		if (itself && state == DRIVER_MODULE_GONE)
			return REACH_NO_DRIVER;
		if (state == DRIVER_UNKNOWN)
			return REACH_UNKNOWN;
		/* of a driver that is not there, itself, and not what it would need first */
		*ret_missing = itself ? module : visitor.missing;
		return REACH_MISSING;
	}
	if (visitor.unknown)
		return REACH_UNKNOWN;
	*ret_missing = visitor.soft_missing;
	return visitor.soft_missing ? REACH_SOFT : REACH_INITRD;
}

/* kernel/module/main.c: nomodule is a switch (core_param of type bint), with a value (kstrtobool) or without. */
static bool is_on(const struct cmdline_word *word)
{
	const char *value = word ? word->value : NULL;

	return word && (!value || !*value || strchr("1yYtT", *value) || !ascii_ncasecmp(value, "on", 2));
}

const struct cmdline_word *attempt_forbids(const struct boot_attempt *attempt)
{
	const struct cmdline_word *all = cmdline_last(attempt->cmdline, "nomodule");
	const struct cmdline_word *named = cmdline_last(attempt->cmdline, "module_blacklist");

	if (is_on(all))
		return all;
	return named && named->value ? named : NULL;
}

/* kernel/module/main.c, blacklisted(): whole names between commas, as the module itself spells its own. */
static bool is_forbidden(const struct cmdline_word *word, const char *module)
{
	size_t length = strlen(module);
	const char *p = word->value;

	if (!p || !strcmp(word->name, "nomodule"))
		return true;
	for (; *p; p += p[strcspn(p, ",")] ? strcspn(p, ",") + 1 : strcspn(p, ","))
		if (strcspn(p, ",") == length && !memcmp(p, module, length))
			return true;
	return false;
}

static void forbid(struct visitor *visitor, const char *const *names, size_t count, bool soft)
{
	const struct cmdline_word *word = attempt_forbids(visitor->attempt);

	/* what a soft dependency asks for may be missing */
	if (!soft && count == 1 && !visitor->missing && is_forbidden(word, names[0]))
		visitor->missing = names[0];
}

const char *attempt_driver_forbidden(const struct boot_attempt *attempt, const char *symbol, const char *module)
{
	struct visitor visitor = { .attempt = attempt, .each = forbid };

	/* a driver of which nothing is known may be built in */
	if (!attempt_forbids(attempt) || state_of(attempt, symbol, module) != DRIVER_MODULE)
		return NULL;
	visit_driver(&visitor, release_of(attempt), module);
	return visitor.missing;
}
