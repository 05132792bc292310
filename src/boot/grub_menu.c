/* SPDX-License-Identifier: MIT */
/* grub_menu: menuentry and submenu, and what happens when a menu is shown (commands/menuentry.c, normal/menu.c). */
#include <stdlib.h>
#include <string.h>

#include "boot/grub_vm.h"

bool grub_add_item(struct grub_vm *vm, const struct grub_item *item)
{
	struct grub_context *c = &vm->s->contexts[vm->s->context];

	if (c->item_count == LIMIT_GRUB_ENTRIES) {
		c->menu_truncated = true;
		return false;
	}
	if (c->item_count == c->item_capacity) {
		size_t capacity = c->item_capacity < 4 ? 8 : c->item_capacity * 2;
		struct grub_item *grown = ARENA_ARRAY(vm->arena, capacity, struct grub_item);

		if (c->item_count)
			memcpy(grown, c->items, c->item_count * sizeof(*grown));
		c->items = grown;
		c->item_capacity = capacity;
		vm->bytes += capacity * sizeof(*grown);
	}
	c->items[c->item_count++] = *item;
	return true;
}

enum { ID, SOURCE, USERS, UNRESTRICTED };

struct grub_status grub_cmd_menuentry(struct grub_vm *vm, const struct grub_call *call)
{
	struct boot_text *args = ARENA_ARRAY(vm->arena, call->count, struct boot_text);
	struct grub_item item = { .place = call->place, .submenu = call->name[0] == 's' };
	static const struct grub_option known[] = {
		[ID] = { "id", 0, true },
		[SOURCE] = { "source", 0, true },
		[USERS] = { "users", 0, true }, /* who may boot it beside the superusers */
		[UNRESTRICTED] = { "unrestricted", 0, false },
		{ "class", 0, true },
		{ "hotkey", 0, true },
		{ 0 },
	};
	struct grub_options options = { .call = call, .options = known };
	const struct boot_text *source = NULL, *value;
	bool unrestricted = false;
	int option;

	vm->bytes += call->count * sizeof(*args);
	while ((option = grub_next_option(vm, &options, &value)) != GRUB_OPTION_END) {
		if (option == GRUB_ARGUMENT) {
			args[item.arg_count++] = *value;
		} else if (option == ID && value) {
			item.id = value->text;
		} else if (option == SOURCE) {
			source = value;
		} else if (option == UNRESTRICTED) {
			unrestricted = true;
		}
	}
	/* neither a block nor a source, or both: GRUB refuses the entry */
	if (!item.arg_count || (source != NULL) == call->node->has_block)
		return grub_failed();
	item.restricted = !unrestricted;
	item.title = args[0].text;
	if (!item.id)
		item.id = item.title;
	item.args = args;
	item.body = call->node->body;
	if (source) {
		const struct grub_script *script;

		if (!grub_spend(vm, 1, 4096 + source->length * 64, call->place))
			return grub_failed();
		script = grub_parse_text(vm->arena, source);
		grub_record_problems(vm, script);
		item.body = script->nodes;
	}
	return grub_add_item(vm, &item) ? grub_ok() : grub_failed();
}

/* Does the specification begin with this name?  '>' divides menus and is doubled inside a name.  The length of what
 * matched, or 0. */
static size_t spec_matches(const char *name, const char *spec)
{
	const char *p = spec;

	for (;; name++, p++) {
		if (*p == '>' && p[1] != '>')
			return *name ? 0 : (size_t)(p - spec);
		if (*p == '>')
			p++;
		if (*p != *name)
			return 0;
		if (!*p)
			return (size_t)(p - spec);
	}
}

/* The entry that has the name; item_count when none. */
static size_t find_name(const struct grub_context *c, const char *spec, bool ids_first)
{
	/* names may begin as the specification does */
	limit_count(WORK_GRUB, 2 * c->item_count * (16 + strlen(spec)));
	for (size_t i = 0; i < c->item_count; i++)
		if (spec_matches(c->items[i].id, spec) || (!ids_first && spec_matches(c->items[i].title, spec)))
			return i;
	for (size_t i = 0; i < c->item_count && ids_first; i++)
		if (spec_matches(c->items[i].title, spec))
			return i;
	return c->item_count;
}

/* Which entry a value such as "2", "an id", "a title" or "1>2" means; item_count when none.  GRUB takes what begins as a number
 * for one, whatever follows (normal/menu.c, get_entry_number; strtoul steps over blanks as there). */
static size_t find_entry(const struct grub_vm *vm, const struct grub_context *c, const char *spec)
{
	size_t digit = strspn(spec, " \t\n\v\f\r");
	unsigned long number;
	char *end;

	if (vm->start->names_first) {
		size_t named = find_name(c, spec, true);

		if (named < c->item_count)
			return named;
		digit = 0;
	}
	if (spec[digit] < '0' || spec[digit] > '9')
		return vm->start->names_first ? c->item_count : find_name(c, spec, false);
	number = strtoul(spec, &end, 0);
	if (vm->start->names_first && *end && *end != '>' && *end != ' ' && *end != '\t' && *end != '\n')
		return c->item_count;
	return number < c->item_count ? number : c->item_count;
}

/* What follows the first single '>': the choice in the submenu. */
static const char *spec_tail(const char *spec)
{
	for (const char *p = spec; *p; p++) {
		if (p[0] == '>' && p[1] == '>')
			p++;
		else if (p[0] == '>')
			return p[1] ? p + 1 : NULL;
	}
	return NULL;
}

/* One way through an entry. */
static void run_entry(struct grub_vm *vm, void *data)
{
	const struct grub_item *item = data;
	const struct boot_text *chosen = grub_get(vm, "chosen"), *wanted = grub_get(vm, "default");
	const char *old = chosen ? chosen->text : NULL, *now = item->id, *tail;
	struct boot_text in_submenu = { 0 };

	tail = wanted && !wanted->unknown ? spec_tail(wanted->text) : NULL;
	if (tail)
		in_submenu = grub_slice(vm, wanted, (size_t)(tail - wanted->text), SIZE_MAX);
	vm->s->current = NULL;
	if (item->submenu && !grub_context_open(vm, item->place))
		return;
	/* GRUB goes through a submenu at once where nobody chooses */
	if (item->submenu)
		grub_set_string(vm, "timeout", "0");
	if (old)
		now = arena_printf(vm->arena, "%s>%s", old, item->id);
	vm->bytes += old ? strlen(now) : 0;
	grub_set_string(vm, "chosen", now);
	grub_export(vm, "chosen");
	if (tail)
		grub_set(vm, "default", &in_submenu);
	(void)grub_call_body(vm, item->body, item->args, item->arg_count, item->place);
	if (vm->s->stop)
		return;
	if (item->submenu && vm->s->contexts[vm->s->context].item_count) {
		grub_show_menu(vm);
		return;
	}
	if (vm->s->current && vm->s->current->loaded) {
		struct boot_place place = vm->s->current->place;

		grub_finish_attempt(vm, true);
		grub_stop(vm, GRUB_END_BOOT, place, NULL);
	} else {
		grub_finish_attempt(vm, false);
		grub_stop(vm, GRUB_END_RETURN, item->place, "nothing is loaded at the entry's end");
	}
}

/* Where `path` leads below this entry: its rest, "" when it is the entry itself, NULL when it leads elsewhere. */
static const char *path_below(const char *path, size_t index)
{
	char *end;

	if (!path || strtoul(path, &end, 10) != index)
		return NULL;
	return *end == '>' ? end + 1 : end;
}

static void find_fallbacks(struct grub_vm *vm, struct grub_menu *menu)
{
	const struct grub_context *c = &vm->s->contexts[vm->s->context];
	const char *value = grub_get_text(vm, "fallback");
	size_t *indices;

	if (!value)
		return;
	indices = ARENA_ARRAY(vm->arena, LIMIT_GRUB_ENTRIES, size_t);
	while (*value && menu->fallback_count < LIMIT_GRUB_ENTRIES) {
		size_t length = strcspn(value, " \t\n"), index;

		if (!grub_spend(vm, 0, length, c->items[0].place))
			return;
		index = find_entry(vm, c, arena_strndup(vm->arena, value, length));
		if (index == c->item_count)
			index = find_entry(vm, c, value);
		if (index == c->item_count)
			break;
		indices[menu->fallback_count++] = index;
		value += length;
		value += strspn(value, " \t\n");
	}
	menu->fallbacks = indices;
}

/* Does an entry lead back to the menu of a file that it stands in?  Variables may have changed since, and with them what is
 * booted: so the way that nobody need choose may do so once. */
static bool leads_back(const struct grub_vm *vm, const struct grub_context *c)
{
	unsigned int times = 0;

	for (const struct grub_open_menu *open = vm->open; open && c->file; open = open->outer)
		if (open->file && open->device == c->device && !strcmp(open->file, c->file))
			times++;
	return times > vm->by_default;
}

/* The present context's menu is shown: every entry is run, each from here. */
void grub_show_menu(struct grub_vm *vm)
{
	const struct grub_context *c = &vm->s->contexts[vm->s->context];
	const struct boot_text *wanted = grub_get(vm, "default"), *timeout = grub_get(vm, "timeout");
	/* without superusers nothing is restricted (normal/auth.c, is_authenticated) */
	const struct boot_text *superusers = grub_get(vm, "superusers");
	bool outer_restricted = vm->restricted;
	const struct boot_text *root = grub_get(vm, "root"), *prefix = grub_get(vm, "prefix");
	struct grub_menu *menu = ARENA_NEW(vm->arena, struct grub_menu);
	struct grub_entry *entries = ARENA_ARRAY(vm->arena, c->item_count, struct grub_entry);
	const char *outer_only = vm->only, *outer_path = vm->path;
	struct grub_open_menu open = { vm->open, c->device, c->file };
	bool outer_by_default = vm->by_default;
	struct boot_place place = { 0 };

	if (leads_back(vm, c)) {
		grub_stop(vm, GRUB_END_MENU, c->items[0].place, "it leads back to the menu that it stands in");
		return;
	}

	vm->bytes += c->item_count * sizeof(*entries) + sizeof(*menu);
	menu->entries = entries;
	menu->entry_count = c->item_count;
	menu->truncated = c->menu_truncated;
	menu->default_given = wanted && (wanted->unknown || wanted->length);
	if (wanted)
		menu->default_text = *wanted;
	if (menu->default_given && !wanted->unknown) {
		size_t index = find_entry(vm, c, wanted->text);

		menu->default_matched = index < c->item_count;
		menu->default_index = menu->default_matched ? index : 0;
	}
	if (timeout)
		menu->timeout = *timeout;
	if (root)
		menu->root = *root;
	if (prefix)
		menu->prefix = *prefix;
	find_fallbacks(vm, menu);
	if (vm->s->stop)
		return;
	if (vm->menus == LIMIT_GRUB_MENUS) {
		grub_stop(vm, GRUB_END_LIMIT, c->items[0].place, "submenus are nested too deeply");
		return;
	}
	vm->menus++;
	vm->open = &open;
	for (size_t i = 0; i < c->item_count; i++) {
		struct grub_item *item = &c->items[i];
		const char *below = path_below(outer_only, i);

		entries[i] = (struct grub_entry){
			.title = item->title,
			.id = item->id,
			.path = outer_path ? arena_printf(vm->arena, "%s>%zu", outer_path, i)
					   : arena_printf(vm->arena, "%zu", i),
			.place = item->place,
			.submenu = item->submenu,
			.restricted = outer_restricted || (item->restricted && superusers && !superusers->unknown),
		};
		if ((outer_only && !below) || (vm->only_default && i != menu->default_index))
			continue;
		vm->only = below && *below ? below : NULL;
		vm->path = entries[i].path;
		vm->restricted = entries[i].restricted;
		vm->by_default = outer_by_default && i == menu->default_index;
		entries[i].courses = grub_explore(vm, run_entry, item, &entries[i].course_count,
						  &entries[i].truncated);
	}
	vm->menus--;
	vm->open = open.outer;
	vm->by_default = outer_by_default;
	vm->only = outer_only;
	vm->path = outer_path;
	vm->restricted = outer_restricted;
	vm->s->menu = menu;
	if (wanted)
		place = boot_text_place(wanted, 0);
	grub_stop(vm, GRUB_END_MENU, place, NULL);
}
