/* SPDX-License-Identifier: MIT */
/* grub_exec: running the tree (grub-core/script/execute.c). */
#include <string.h>

#include "boot/grub_vm.h"

static struct grub_status exec_node(struct grub_vm *vm, const struct grub_node *node);

struct grub_status grub_exec_list(struct grub_vm *vm, const struct grub_node *list)
{
	struct grub_status status = grub_ok();

	for (; list; list = list->next) {
		if (vm->s->stop || vm->s->breaks)
			break;
		status = exec_node(vm, list);
		vm->s->status = status;
		if (vm->s->returning)
			break;
	}
	return status;
}

/* Is the status true?  If that is not known, both ways are taken, one after the other. */
static bool is_true(struct grub_vm *vm, const struct grub_status *status, struct boot_place place)
{
	if (!status->unknown)
		return status->code == 0;
	return grub_choose(vm, status->unknown, status->place.source ? status->place : place);
}

struct grub_status grub_call_body(struct grub_vm *vm, const struct grub_node *body, const struct boot_text *args,
				  size_t count, struct boot_place place)
{
	struct grub_state *s = vm->s;
	const struct boot_text *outer_args = s->args;
	size_t outer_count = s->arg_count;
	unsigned int outer_loops = s->loops;
	bool outer_scope = s->in_scope;
	struct grub_status status;

	if (s->calls == LIMIT_GRUB_CALLS) {
		grub_stop(vm, GRUB_END_LIMIT, place, "functions call each other too deeply");
		return grub_failed();
	}
	s->calls++;
	s->loops = 0;
	s->args = args;
	s->arg_count = count;
	s->in_scope = true;
	status = grub_exec_list(vm, body);
	s->returning = false;
	s->loops = outer_loops;
	s->args = outer_args;
	s->arg_count = outer_count;
	s->in_scope = outer_scope;
	s->calls--;
	return status;
}

static const struct grub_node *find_function(const struct grub_vm *vm, const char *name)
{
	for (size_t i = 0; i < vm->s->function_count; i++)
		if (!strcmp(vm->s->functions[i].name, name))
			return vm->s->functions[i].body;
	return NULL;
}

static void define_function(struct grub_vm *vm, const struct grub_node *node)
{
	struct grub_state *s = vm->s;
	size_t i;

	/* in a loop, definitions cost no words */
	limit_count(WORK_GRUB, s->function_count * strlen(node->name));
	for (i = 0; i < s->function_count && strcmp(s->functions[i].name, node->name) != 0; i++)
		;
	if (i == LIMIT_GRUB_FUNCTIONS) {
		grub_stop(vm, GRUB_END_LIMIT, node->place, "too many functions");
		return;
	}
	s->functions[i] = (struct grub_function){ node->name, node->body };
	if (i == s->function_count)
		s->function_count++;
}

static struct grub_status exec_command(struct grub_vm *vm, const struct grub_node *node)
{
	struct grub_call call = { .place = node->place, .node = node };
	const struct grub_node *function;
	grub_command *command;
	struct grub_status status;
	struct boot_text *values;
	size_t count;
	bool invert = false;

	values = grub_expand(vm, node->words, node->word_count, &count);
	if (!count || vm->s->stop)
		return grub_ok();
	if (!strcmp(values[0].text, "!") && !values[0].unknown) {
		if (count < 2)
			return grub_failed();
		invert = true;
		values++;
		count--;
	}
	if (values[0].unknown)
		return grub_not_known(vm, node->place, values[0].unknown);
	call.name = values[0].text;
	call.args = values + 1;
	call.count = count - 1;
	command = grub_find_command(call.name);
	limit_count(WORK_GRUB, command ? 0 : vm->s->function_count * 32);
	function = command ? NULL : find_function(vm, call.name);
	if (command) {
		status = command(vm, &call);
	} else if (function) {
		status = grub_call_body(vm, function, call.args, call.count, node->place);
	} else if (strchr(call.name, '=')) {
		size_t equals = (size_t)(strchr(call.name, '=') - call.name);
		struct boot_text value = grub_slice(vm, &values[0], equals + 1, SIZE_MAX);

		grub_set(vm, arena_strndup(vm->arena, call.name, equals), &value);
		return grub_ok();
	} else {
		/* perhaps a module's, which would be loaded for it */
		status = grub_not_known(vm, node->place,
					arena_printf(vm->arena, "the command %s is not known", call.name));
	}
	if (invert && !status.unknown)
		status.code = !status.code;
	else if (invert)
		status.unknown = arena_printf(vm->arena, "not: %s", status.unknown);
	return status;
}

static struct grub_status exec_for(struct grub_vm *vm, const struct grub_node *node)
{
	struct grub_status status = grub_ok();
	struct grub_state *s = vm->s;
	struct boot_text *values;
	size_t count;

	values = grub_expand(vm, node->words, node->word_count, &count);
	s->loops++;
	for (size_t i = 0; i < count && !s->stop; i++) {
		if (s->is_continue && s->breaks == 1)
			s->breaks = 0;
		if (s->breaks || !grub_spend(vm, 1, 0, node->place))
			break;
		grub_set(vm, node->name, &values[i]);
		status = grub_exec_list(vm, node->body);
		if (s->returning)
			break;
	}
	if (s->breaks)
		s->breaks--;
	s->loops--;
	return status;
}

static struct grub_status exec_while(struct grub_vm *vm, const struct grub_node *node)
{
	struct grub_status status = grub_ok();
	struct grub_state *s = vm->s;

	s->loops++;
	while (grub_spend(vm, 1, 0, node->place)) {
		bool unknown, go_on;

		status = grub_exec_list(vm, node->condition);
		if (s->returning || s->stop)
			break;
		unknown = status.unknown != NULL;
		go_on = is_true(vm, &status, node->place) != node->until;
		if (!go_on)
			break;
		status = grub_exec_list(vm, node->body);
		if (s->returning || s->stop)
			break;
		if (s->breaks == 1 && s->is_continue)
			s->breaks = 0;
		/* nobody knows how often: once stands for all */
		if (s->breaks || unknown)
			break;
	}
	if (s->breaks)
		s->breaks--;
	s->loops--;
	return status;
}

static struct grub_status exec_if(struct grub_vm *vm, const struct grub_node *node)
{
	struct grub_status status = grub_exec_list(vm, node->condition);

	if (vm->s->returning || vm->s->stop)
		return status;
	/* as in GRUB, `if` looks at the condition's last status alone */
	return grub_exec_list(vm, is_true(vm, &status, node->place) ? node->body : node->otherwise);
}

static struct grub_status exec_node(struct grub_vm *vm, const struct grub_node *node)
{
	if (!grub_spend(vm, 1, 0, node->place))
		return grub_failed();
	switch (node->kind) {
	case GRUB_COMMAND:
		return exec_command(vm, node);
	case GRUB_IF:
		return exec_if(vm, node);
	case GRUB_FOR:
		return exec_for(vm, node);
	case GRUB_WHILE:
		return exec_while(vm, node);
	case GRUB_FUNCTION:
		define_function(vm, node);
		break;
	case GRUB_CUT:
		grub_stop(vm, GRUB_END_LIMIT, node->place, node->name);
		break;
	}
	return grub_ok();
}
