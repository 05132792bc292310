/* SPDX-License-Identifier: MIT */
/* grub_vm: limits, and running a script once for each thing that is unknown. */
#include "boot/grub_vm.h"

#include <string.h>

bool grub_same_place(const struct boot_place *a, const struct boot_place *b)
{
	if (a->line != b->line || a->column != b->column || !a->source != !b->source)
		return false;
	if (a->source == b->source)
		return true;
	return a->source->partition == b->source->partition && !strcmp(a->source->path, b->source->path) &&
	       !strcmp(a->source->device ? a->source->device : "", b->source->device ? b->source->device : "");
}

struct boot_text grub_slice(struct grub_vm *vm, const struct boot_text *text, size_t offset, size_t length)
{
	struct boot_text slice = boot_text_slice(vm->arena, text, offset, length);

	vm->bytes += grub_text_bytes(&slice);
	return slice;
}

void grub_stop(struct grub_vm *vm, enum grub_end end, struct boot_place place, const char *reason)
{
	if (vm->s->stop)
		return;
	vm->s->stop = true;
	vm->s->end = end;
	vm->s->end_place = place;
	vm->s->end_reason = reason;
	if (end == GRUB_END_LIMIT)
		vm->limited = true;
}

bool grub_spend(struct grub_vm *vm, size_t steps, size_t bytes, struct boot_place place)
{
	vm->steps += steps;
	vm->bytes += bytes;
	/* every command needs some memory for its words: of many commands that is not what is wrong */
	if (vm->steps > LIMIT_GRUB_STEPS || (vm->bytes > LIMIT_GRUB_BYTES && vm->steps > LIMIT_GRUB_STEPS / 20))
		grub_stop(vm, GRUB_END_LIMIT, place, "the script runs too many commands, as one that loops without end does");
	else if (vm->bytes > LIMIT_GRUB_BYTES)
		grub_stop(vm, GRUB_END_LIMIT, place, "the script makes too much text");
	else if (limit_is_spent(WORK_GRUB))
		grub_stop(vm, GRUB_END_LIMIT, place, "the script looks up and compares too much");
	return !vm->s->stop;
}

bool grub_choose(struct grub_vm *vm, const char *reason, struct boot_place place)
{
	struct grub_choices *c = vm->choices;

	if (c->position == c->count) {
		/* the same question has the same answer all the way */
		for (size_t i = 0; i < c->count; i++)
			if (grub_same_place(&c->list[i].place, &place) && !strcmp(c->list[i].reason, reason))
				return c->list[i].taken;
		if (c->count == LIMIT_GRUB_CHOICES) {
			c->truncated = true;
			return false;
		}
		c->list[c->count] = (struct grub_assumption){ place, reason, true };
		c->flipped[c->count++] = false;
	} else {
		for (size_t i = 0; i < c->position; i++)
			if (grub_same_place(&c->list[i].place, &place) && !strcmp(c->list[i].reason, reason))
				return c->list[i].taken;
	}
	return c->list[c->position++].taken;
}

struct grub_status grub_not_known(struct grub_vm *vm, struct boot_place place, const char *reason)
{
	size_t i;

	for (i = 0; i < vm->unknown_count; i++) {
		/* files of one line each, whose long paths differ in the end */
		limit_count(WORK_GRUB, vm->unknowns[i].place.line == place.line ? 512 : 8);
		if (grub_same_place(&vm->unknowns[i].place, &place))
			break;
	}
	if (i == vm->unknown_count && i < LIMIT_GRUB_RECORDS)
		vm->unknowns[vm->unknown_count++] = (struct grub_unknown){ place, reason };
	return (struct grub_status){ .unknown = reason, .place = place };
}

static bool is_spent(const struct grub_vm *vm)
{
	return vm->steps > LIMIT_GRUB_STEPS || vm->bytes > LIMIT_GRUB_BYTES || limit_is_spent(WORK_GRUB);
}

/* When a limit was reached, nothing is run from the copy, and so it has no arrays of its own. */
struct grub_state *grub_state_copy(struct grub_vm *vm, const struct grub_state *state)
{
	struct grub_state *copy = arena_memdup(vm->arena, state, sizeof(*state));
	size_t bytes = sizeof(*state);

	if (is_spent(vm))
		return copy;
	for (unsigned int i = 0; i <= state->context; i++) {
		struct grub_context *c = &copy->contexts[i];

		c->variables = arena_memdup(vm->arena, c->variables, c->variable_count * sizeof(*c->variables));
		c->variable_capacity = c->variable_count;
		c->items = arena_memdup(vm->arena, c->items, c->item_count * sizeof(*c->items));
		c->item_capacity = c->item_count;
		bytes += c->variable_count * sizeof(*c->variables) + c->item_count * sizeof(*c->items);
	}
	if (state->current) {
		copy->current = arena_memdup(vm->arena, state->current, sizeof(*state->current));
		copy->current_initrds = arena_memdup(vm->arena, state->current_initrds,
						     state->current->initrd_count * sizeof(*state->current_initrds));
		copy->current_capacity = state->current->initrd_count;
		bytes += sizeof(*copy->current) + copy->current_capacity * sizeof(*copy->current_initrds);
	}
	vm->bytes += bytes;
	return copy;
}

/* The next way: the last choice that was taken for true alone is false now. */
static bool next_way(struct grub_choices *c)
{
	while (c->count && c->flipped[c->count - 1])
		c->count--;
	if (!c->count)
		return false;
	c->flipped[c->count - 1] = true;
	c->list[c->count - 1].taken = false;
	c->position = 0;
	return true;
}

static struct grub_course make_course(struct grub_vm *vm, const struct grub_choices *c)
{
	const struct grub_state *s = vm->s;

	vm->bytes += s->attempt_count * sizeof(*s->attempts);
	return (struct grub_course){
		.assumptions = arena_memdup(vm->arena, c->list, c->position * sizeof(*c->list)),
		.assumption_count = c->position,
		.attempts = arena_memdup(vm->arena, s->attempts, s->attempt_count * sizeof(*s->attempts)),
		.attempt_count = s->attempt_count,
		.menu = s->menu,
		.end = s->end,
		.end_place = s->end_place,
		.end_reason = s->end_reason,
		.saved = s->saved,
		.asks = s->asks,
		.asks_place = s->asks_place,
		.slept = s->slept,
		.slept_place = s->slept_place,
	};
}

const struct grub_course *grub_explore(struct grub_vm *vm, void (*body)(struct grub_vm *, void *), void *data,
				       size_t *ret_count, bool *ret_truncated)
{
	struct grub_course *courses = ARENA_ARRAY(vm->arena, LIMIT_GRUB_OUTCOMES, struct grub_course);
	struct grub_choices choices = { .count = 0 }, *outer_choices = vm->choices;
	struct grub_state *outer = vm->s;
	size_t count = 0;
	bool more;

	vm->bytes += LIMIT_GRUB_OUTCOMES * sizeof(*courses);
	vm->choices = &choices;
	do {
		vm->s = grub_state_copy(vm, outer);
		vm->s->attempt_count = 0;
		vm->s->menu = NULL;
		vm->s->stop = false;
		vm->s->end = GRUB_END_RETURN;
		(void)grub_spend(vm, 1, 0, outer->end_place);
		if (!vm->s->stop)
			body(vm, data);
		courses[count++] = make_course(vm, &choices);
		/* a limit that was reached stays reached: no use in trying other ways */
		more = vm->s->end != GRUB_END_LIMIT && next_way(&choices);
	} while (more && count < LIMIT_GRUB_OUTCOMES);
	*ret_count = count;
	*ret_truncated = more || choices.truncated;
	vm->s = outer;
	vm->choices = outer_choices;
	return courses;
}
