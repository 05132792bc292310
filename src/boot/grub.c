/* SPDX-License-Identifier: MIT */
/* grub: GRUB's start, and the restarts that save_env prepares. */
#include "boot/grub.h"

#include <string.h>

#include "base/limits.h"
#include "boot/grub_vm.h"

/* grub_set_prefix_and_root() of grub-core/kern/main.c. */
static void set_start(struct grub_vm *vm)
{
	const struct grub_start *start = vm->start;
	const char *given = start->prefix ? start->prefix : "", *path = given, *device, *embedded = NULL;
	const char *own = start->device ? start->device->name : NULL;
	const char *folder = start->folder ? start->folder : "";

	if (*given == '(' && strchr(given, ')')) {
		path = strchr(given, ')') + 1;
		embedded = arena_strndup(vm->arena, given + 1, (size_t)(path - given) - 2);
	}
	device = embedded;
	if ((!device || !*device || *device == ',') && own) {
		size_t disk = strcspn(own, ",");

		/* "(,gpt1)/grub" is on the disk that GRUB came from */
		device = device && *device == ',' ? arena_printf(vm->arena, "%.*s%s", (int)disk, own, device) : own;
		if (!*path)
			path = folder;
	}
	if (own)
		grub_set_string(vm, "cmdpath", arena_printf(vm->arena, "(%s)%s", own, folder));
	if (device && *device) {
		size_t length = strlen(path);

		while (length && path[length - 1] == '/')
			length--;
		vm->prefix = arena_printf(vm->arena, "(%s)%.*s", device, (int)length, path);
		grub_set_string(vm, "prefix", vm->prefix);
		grub_set_string(vm, "root", device);
	}
}

static void set_variables(struct grub_vm *vm)
{
	static const char *const features[] = { "feature_chainloader_bpb", "feature_ntldr",
						"feature_platform_search_hint", "feature_default_font_path",
						"feature_all_video_module", "feature_menuentry_id",
						"feature_menuentry_options", "feature_200_final",
						"feature_nativedisk_cmd", "feature_timeout_style" };
	static const char *const exported[] = { "root", "prefix", "cmdpath", "pager", "color_normal", "color_highlight",
						"grub_cpu", "grub_platform" };

	for (size_t i = 0; i < sizeof(features) / sizeof(*features); i++) {
		grub_set_string(vm, features[i], "y");
		grub_export(vm, features[i]);
	}
	grub_set_string(vm, "grub_cpu", vm->world->cpu ? vm->world->cpu : "");
	grub_set_string(vm, "grub_platform", "efi");
	grub_set_string(vm, "color_normal", "light-gray/black");
	grub_set_string(vm, "color_highlight", "black/light-gray");
	for (size_t i = 0; i < sizeof(exported) / sizeof(*exported); i++)
		if (grub_get(vm, exported[i]))
			grub_export(vm, exported[i]);
}

static const struct grub_script *embedded_script(struct grub_vm *vm)
{
	static const struct boot_source source = { .path = "the configuration inside the core image" };
	const struct grub_start *start = vm->start;

	if (!start->config)
		return NULL;
	/* it ends at its first NUL: objects are padded */
	return grub_parse(vm->arena, &source, start->config,
			  strnlen(start->config, start->config_size < LIMIT_TEXT_FILE ? start->config_size
										      : (size_t)LIMIT_TEXT_FILE));
}

static void run_start(struct grub_vm *vm, void *data)
{
	static const struct grub_call normal = { .name = "normal" };
	const struct grub_script *embedded = data;

	if (embedded)
		(void)grub_exec_list(vm, embedded->nodes);
	if (!vm->s->stop)
		(void)grub_cmd_normal(vm, &normal);
}

static bool same_saved(const struct grub_saved *a, const struct grub_saved *b)
{
	for (; a && b; a = a->next, b = b->next)
		if (a->device != b->device || strcmp(a->path, b->path) != 0 || a->size != b->size ||
		    memcmp(a->data, b->data, a->size) != 0)
			return false;
	return !a && !b;
}

/* The newest content of each file alone, so that lists compare. */
static const struct grub_saved *newest(struct arena *arena, const struct grub_saved *list)
{
	const struct grub_saved *kept[8], *first = NULL;
	size_t count = 0;

	for (; list && count < sizeof(kept) / sizeof(*kept); list = list->next) {
		size_t i;

		for (i = 0; i < count; i++)
			if (kept[i]->device == list->device && !strcmp(kept[i]->path, list->path))
				break;
		if (i == count)
			kept[count++] = list;
	}
	while (count) {
		struct grub_saved *copy = arena_memdup(arena, kept[--count], sizeof(*copy));

		copy->next = first;
		first = copy;
	}
	return first;
}

static bool same_attempt(const struct grub_attempt *a, const struct grub_attempt *b)
{
	if (a->kind != b->kind || strcmp(a->kernel.text.text, b->kernel.text.text) != 0 ||
	    strcmp(a->cmdline.text, b->cmdline.text) != 0 || a->initrd_count != b->initrd_count)
		return false;
	for (size_t i = 0; i < a->initrd_count; i++)
		if (strcmp(a->initrds[i].text.text, b->initrds[i].text.text) != 0)
			return false;
	return true;
}

bool grub_is_by_key(const struct grub_course *course)
{
	for (size_t i = 0; i < course->assumption_count; i++) {
		const char *reason = course->assumptions[i].reason;
		bool inverted = !strncmp(reason, "not: ", 5);

		if (course->assumptions[i].taken != inverted &&
		    !strcmp(reason + (inverted ? 5 : 0), "keystatus depends on the keyboard"))
			return true;
	}
	return false;
}

const struct grub_course *grub_usual(const struct grub_course *courses, size_t count)
{
	const struct grub_course *best = &courses[0];
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < count; i++) {
		size_t taken = 0;

		for (size_t j = 0; j < courses[i].assumption_count; j++)
			taken += courses[i].assumptions[j].taken;
		if (grub_is_by_key(&courses[i]))
			taken += LIMIT_GRUB_CHOICES;
		if (taken < least) {
			least = taken;
			best = &courses[i];
		}
	}
	return best;
}

/* The entry at a path of a menu; NULL for what a restricted run left out. */
static const struct grub_entry *entry_at(const struct grub_course *course, const char *path)
{
	const struct grub_menu *menu = course->menu;
	const struct grub_entry *entry = NULL;

	while (menu) {
		size_t index = menu->default_index;

		if (path) {
			index = 0;
			while (*path >= '0' && *path <= '9' && index < LIMIT_GRUB_ENTRIES)
				index = index * 10 + (size_t)(*path++ - '0');
			path += *path == '>';
		}
		if (index >= menu->entry_count)
			return NULL;
		entry = &menu->entries[index];
		if (!entry->course_count)
			return NULL;
		if (path && !*path)
			return entry;
		/* a submenu, or another configuration */
		menu = grub_usual(entry->courses, entry->course_count)->menu;
		for (size_t i = 0; path && !menu && i < entry->course_count; i++)
			menu = entry->courses[i].menu;
		if (path && !menu)
			return NULL;
	}
	return entry;
}

const struct grub_entry *grub_default_entry(const struct grub_course *outcome)
{
	return entry_at(outcome, NULL);
}

/* What is tried after a boot that failed: GRUB starts again and finds what save_env left.  New attempts are added to the
 * course.  If it comes to another entry then (next_entry is for one start), that is no way of this one. */
static void add_restarts(struct grub_vm *vm, const struct grub_state *first, const struct grub_script *embedded,
			 const struct grub_entry *of, struct grub_course *course, const char *path)
{
	const struct grub_saved *saved = newest(vm->arena, course->saved), *before = NULL;
	struct grub_attempt all[LIMIT_GRUB_ATTEMPTS];
	size_t count = course->attempt_count;

	memcpy(all, course->attempts, count * sizeof(*all));
	for (unsigned int start = 2; start <= LIMIT_GRUB_RESTARTS && saved && !same_saved(saved, before); start++) {
		const struct grub_course *outcomes;
		const struct grub_entry *entry;
		struct grub_state state = *first;
		bool truncated, any = false;
		size_t n;

		state.saved = saved;
		vm->s = &state;
		vm->start_number = start;
		vm->only = path;
		vm->only_default = !path;
		outcomes = grub_explore(vm, run_start, (void *)(uintptr_t)embedded, &n, &truncated);
		vm->start_number = 1;
		vm->only = NULL;
		vm->only_default = false;
		entry = entry_at(&outcomes[0], path);
		if (!entry || !grub_same_place(&entry->place, &of->place) || strcmp(entry->id, of->id) != 0)
			break;
		for (size_t i = 0; i < entry->courses[0].attempt_count; i++) {
			const struct grub_attempt *attempt = &entry->courses[0].attempts[i];
			bool known = false;

			for (size_t j = 0; j < count; j++)
				known |= same_attempt(&all[j], attempt);
			if (!known && count < LIMIT_GRUB_ATTEMPTS) {
				all[count++] = *attempt;
				any = true;
			}
		}
		if (!any)
			break;
		before = saved;
		saved = newest(vm->arena, entry->courses[0].saved);
	}
	course->attempts = arena_memdup(vm->arena, all, count * sizeof(*all));
	course->attempt_count = count;
}

struct restarts {
	struct grub_vm *vm;
	const struct grub_state *first;
	const struct grub_script *embedded;
	unsigned int left; /* how many entries may still be tried */
};

static void restart_menu(struct restarts *r, const struct grub_menu *menu, const struct grub_entry *by_default)
{
	for (size_t i = 0; i < menu->entry_count; i++) {
		const struct grub_entry *entry = &menu->entries[i];

		for (size_t j = 0; j < entry->course_count && !r->vm->limited; j++) {
			/* the result is not handed out yet */
			struct grub_course *course = (struct grub_course *)(uintptr_t)&entry->courses[j];

			if (course->menu)
				restart_menu(r, course->menu, by_default);
			/* where no kernel is started, GRUB waits in its menu */
			if (!course->attempt_count || !course->saved || !r->left || course->end != GRUB_END_BOOT)
				continue;
			r->left--;
			add_restarts(r->vm, r->first, r->embedded, entry, course,
				     entry == by_default ? NULL : entry->path);
		}
	}
}

const struct grub_result *grub_run(struct arena *arena, const struct boot_world *world, const struct grub_start *start)
{
	struct grub_result *result = ARENA_NEW(arena, struct grub_result);
	struct grub_vm *vm = ARENA_NEW(arena, struct grub_vm);
	struct grub_state *state = ARENA_NEW(arena, struct grub_state);
	const struct grub_script *embedded;
	struct restarts restarts = { .vm = vm, .first = state, .left = 24 };

	vm->arena = arena;
	vm->world = world;
	vm->start = start;
	vm->s = state;
	vm->start_number = 1;
	vm->by_default = true;
	for (size_t i = 0; start->modules && start->modules[i]; i++)
		state->wildcards |= !strcmp(start->modules[i], "regexp");
	set_start(vm);
	set_variables(vm);
	embedded = embedded_script(vm);
	if (embedded)
		grub_record_problems(vm, embedded);
	result->outcomes = grub_explore(vm, run_start, (void *)(uintptr_t)embedded, &result->outcome_count,
					&result->truncated);
	restarts.embedded = embedded;
	for (size_t i = 0; i < result->outcome_count; i++)
		if (result->outcomes[i].menu)
			restart_menu(&restarts, result->outcomes[i].menu, grub_default_entry(&result->outcomes[i]));
	result->limited = vm->limited;
	result->searches = vm->searches;
	result->search_count = vm->search_count;
	result->configs = vm->configs;
	result->config_count = vm->config_count;
	result->modules = vm->modules;
	result->module_count = vm->module_count;
	result->unknowns = vm->unknowns;
	result->unknown_count = vm->unknown_count;
	result->problems = vm->problems;
	result->problem_count = vm->problem_count;
	result->prefix = vm->prefix;
	return result;
}
