/* SPDX-License-Identifier: MIT */
/* grub_env: variables and the contexts that configfile and submenu open (grub-core/kern/env.c, normal/context.c). */
#include <string.h>

#include "boot/grub_vm.h"

/* Where the variable is in the order of names, or would be. */
static size_t position(const struct grub_context *c, const char *name)
{
	size_t low = 0, high = c->variable_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(c->variables[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct grub_variable *find(const struct grub_vm *vm, const char *name)
{
	const struct grub_context *c = &vm->s->contexts[vm->s->context];
	size_t i = position(c, name);

	return i < c->variable_count && !strcmp(c->variables[i].name, name) ? &c->variables[i] : NULL;
}

/* A name may be as long as a script, and is compared with some ten others. */
static struct grub_variable *find_to_change(struct grub_vm *vm, const char *name)
{
	limit_count(WORK_GRUB, 64 + 10 * strlen(name));
	return find(vm, name);
}

const struct boot_text *grub_get(const struct grub_vm *vm, const char *name)
{
	const struct grub_variable *variable = find(vm, name);

	return variable ? &variable->value : NULL;
}

const char *grub_get_text(const struct grub_vm *vm, const char *name)
{
	const struct boot_text *value = grub_get(vm, name);

	return value && !value->unknown ? value->text : NULL;
}

static struct grub_variable *add(struct grub_vm *vm, const char *name)
{
	struct grub_context *c = &vm->s->contexts[vm->s->context];
	size_t i = position(c, name);

	if (c->variable_count == LIMIT_GRUB_VARIABLES) {
		grub_stop(vm, GRUB_END_LIMIT, (struct boot_place){ 0 }, "the script sets too many variables");
		return NULL;
	}
	if (c->variable_count == c->variable_capacity) {
		size_t capacity = c->variable_capacity < 16 ? 32 : c->variable_capacity * 2;
		struct grub_variable *grown = ARENA_ARRAY(vm->arena, capacity, struct grub_variable);

		if (c->variable_count)
			memcpy(grown, c->variables, c->variable_count * sizeof(*grown));
		c->variables = grown;
		c->variable_capacity = capacity;
		vm->bytes += capacity * sizeof(*grown);
	}
	memmove(c->variables + i + 1, c->variables + i, (c->variable_count++ - i) * sizeof(*c->variables));
	c->variables[i] = (struct grub_variable){ .name = name };
	return &c->variables[i];
}

void grub_set(struct grub_vm *vm, const char *name, const struct boot_text *value)
{
	struct grub_variable *variable = find_to_change(vm, name);

	if (!variable)
		variable = add(vm, name);
	if (!variable)
		return;
	variable->value = *value;
	/* GRUB keeps root without parentheses (grub-core/kern/main.c, grub_env_write_root) */
	if (!strcmp(name, "root") && value->text[0] == '(' && value->length > 1) {
		size_t length = value->length - 1;

		if (value->text[length] == ')')
			length--;
		variable->value = grub_slice(vm, value, 1, length);
	}
}

void grub_set_string(struct grub_vm *vm, const char *name, const char *value)
{
	struct boot_text text = { .text = value, .length = strlen(value) };

	grub_set(vm, name, &text);
}

void grub_set_unknown(struct grub_vm *vm, const char *name, const char *reason, struct boot_place place)
{
	struct boot_text text = boot_text_make(vm->arena, "", place);

	text.unknown = reason;
	grub_set(vm, name, &text);
}

void grub_unset(struct grub_vm *vm, const char *name)
{
	struct grub_context *c = &vm->s->contexts[vm->s->context];
	struct grub_variable *variable = find_to_change(vm, name);
	size_t i;

	if (!variable)
		return;
	i = (size_t)(variable - c->variables);
	memmove(variable, variable + 1, (--c->variable_count - i) * sizeof(*variable));
}

void grub_export(struct grub_vm *vm, const char *name)
{
	struct grub_variable *variable = find_to_change(vm, name);

	if (!variable) {
		variable = add(vm, name);
		if (!variable)
			return;
		variable->value = (struct boot_text){ .text = "" };
	}
	variable->exported = true;
}

bool grub_context_open(struct grub_vm *vm, struct boot_place place)
{
	const struct grub_context *outer = &vm->s->contexts[vm->s->context];

	if (vm->s->context + 1 == GRUB_CONTEXTS) {
		grub_stop(vm, GRUB_END_LIMIT, place, "configuration files and submenus are nested too deeply");
		return false;
	}
	vm->s->contexts[++vm->s->context] = (struct grub_context){ 0 };
	for (size_t i = 0; i < outer->variable_count; i++)
		if (outer->variables[i].exported) {
			struct grub_variable *variable = add(vm, outer->variables[i].name);

			if (variable)
				*variable = outer->variables[i];
		}
	return true;
}

void grub_context_close(struct grub_vm *vm)
{
	vm->s->context--;
}
