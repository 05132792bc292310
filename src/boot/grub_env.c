/* SPDX-License-Identifier: MIT */
/* grub_env: variables and the contexts that configfile and submenu open (grub-core/kern/env.c, normal/context.c). */
#include <string.h>

#include "boot/grub_vm.h"

static struct grub_variable *find(const struct grub_vm *vm, const char *name)
{
	const struct grub_context *c = &vm->s->contexts[vm->s->context];

	for (size_t i = 0; i < c->variable_count; i++)
		if (!strcmp(c->variables[i].name, name))
			return &c->variables[i];
	return NULL;
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
	c->variables[c->variable_count] = (struct grub_variable){ .name = name };
	return &c->variables[c->variable_count++];
}

void grub_set(struct grub_vm *vm, const char *name, const struct boot_text *value)
{
	struct grub_variable *variable = find(vm, name);

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
	struct grub_variable *variable = find(vm, name);

	if (!variable)
		return;
	*variable = c->variables[--c->variable_count];
}

void grub_export(struct grub_vm *vm, const char *name)
{
	struct grub_variable *variable = find(vm, name);

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
