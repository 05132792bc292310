/* SPDX-License-Identifier: MIT */
/* grub_expand: from words with variables to values (grub-core/script/execute.c, grub_script_arglist_to_argv). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot/ascii.h"
#include "boot/grub_vm.h"

#define PIECE_WORK 128 /* of a piece of a word: a variable is looked up among hundreds */

struct expander {
	struct grub_vm *vm;
	struct boot_text *values;
	size_t count, capacity;
	struct boot_text_builder b; /* the word being made */
	bool have;                  /* it is a word, even if it is empty */
};

static void begin(struct expander *e)
{
	e->b = boot_text_build(e->vm->arena, LIMIT_GRUB_VALUE);
	e->have = false;
}

static void add_value(struct expander *e, const struct boot_text *value)
{
	if (e->count == e->capacity) {
		size_t capacity = e->capacity ? e->capacity * 2 : 8;
		struct boot_text *grown = ARENA_ARRAY(e->vm->arena, capacity, struct boot_text);

		if (e->count)
			memcpy(grown, e->values, e->count * sizeof(*grown));
		e->values = grown;
		e->capacity = capacity;
		e->vm->bytes += capacity * sizeof(*grown);
	}
	e->values[e->count++] = *value;
}

static void end(struct expander *e, struct boot_place place)
{
	if (e->b.overflowed)
		grub_stop(e->vm, GRUB_END_LIMIT, place, "a word is too long");
	(void)grub_spend(e->vm, 0, 2 * (e->b.capacity + e->b.origin_capacity * sizeof(*e->b.origins)) + 64, place);
	if (e->have) {
		struct boot_text value = boot_text_finish(&e->b);

		add_value(e, &value);
	}
	begin(e);
}

/* A value's bytes keep the place where they were written; what the loader set itself has that of the variable. */
static void append(struct expander *e, const struct boot_text *value, size_t offset, size_t length,
		   const struct grub_piece *piece)
{
	struct boot_text part;

	limit_count(WORK_GRUB, 16 + length + 8 * value->origin_count);
	e->have = true;
	if (!value->origin_count) {
		boot_text_add(&e->b, value->text + offset, length, piece->place, false);
		return;
	}
	if (offset == 0 && length == value->length) {
		boot_text_add_text(&e->b, value);
		return;
	}
	part = grub_slice(e->vm, value, offset, length);
	boot_text_add_text(&e->b, &part);
}

/* A variable outside quotes gives several words; space in front of the first gives an empty one, as in GRUB. */
static void append_split(struct expander *e, const struct boot_text *value, const struct grub_piece *piece)
{
	size_t i = 0;

	while (i < value->length && !e->vm->s->stop) {
		size_t start = i;

		while (i < value->length && !is_space(value->text[i]))
			i++;
		append(e, value, start, i - start, piece);
		while (i < value->length && is_space(value->text[i]))
			i++;
		if (i < value->length)
			end(e, piece->place);
	}
}

static void append_value(struct expander *e, const struct boot_text *value, const struct grub_piece *piece)
{
	limit_count(WORK_GRUB, 16);
	if (value->unknown) {
		if (!e->b.unknown)
			e->b.unknown = value->unknown;
		e->have = true;
	}
	if (piece->kind == GRUB_PIECE_VARIABLE)
		append_split(e, value, piece);
	else if (value->length)
		append(e, value, 0, value->length, piece);
}

static void append_number(struct expander *e, int number, const struct grub_piece *piece)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", number);
	boot_text_add(&e->b, text, strlen(text), piece->place, false);
	e->have = true;
}

static void append_variable(struct expander *e, const struct grub_piece *piece)
{
	const struct grub_state *s = e->vm->s;
	char small[256], *name = small;

	if (piece->length >= sizeof(small)) {
		name = arena_alloc(e->vm->arena, piece->length + 1);
		e->vm->bytes += piece->length + 1;
	}
	memcpy(name, piece->text, piece->length);
	name[piece->length] = '\0';
	if (!strcmp(name, "?")) {
		append_number(e, s->status.code, piece);
		if (s->status.unknown && !e->b.unknown)
			e->b.unknown = s->status.unknown;
	} else if (!strcmp(name, "#")) {
		if (s->in_scope)
			append_number(e, (int)s->arg_count, piece);
	} else if (!strcmp(name, "@") || !strcmp(name, "*")) {
		for (size_t i = 0; s->in_scope && i < s->arg_count && !s->stop && !e->b.overflowed; i++) {
			if (i && (name[0] == '@' || piece->kind == GRUB_PIECE_VARIABLE))
				end(e, piece->place);
			else if (i)
				boot_text_add(&e->b, " ", 1, piece->place, false);
			append_value(e, &s->args[i], piece);
			if (piece->kind == GRUB_PIECE_QUOTED_VARIABLE)
				e->have = true;
		}
	} else if (name[0] >= '0' && name[0] <= '9') {
		unsigned long number = strtoul(name, NULL, 10);

		if (s->in_scope && number && number <= s->arg_count)
			append_value(e, &s->args[number - 1], piece);
	} else {
		const struct boot_text *value = grub_get(e->vm, name);

		if (value)
			append_value(e, value, piece);
	}
}

/* The word that is being made has wildcards: files take its place, unless there are none.  Only the module regexp expands them,
 * and only in names of devices and files. */
static void expand_wildcards(struct expander *e, struct boot_place place)
{
	struct boot_text word, *files;
	const char *unknown;
	size_t count;

	if (!e->vm->s->wildcards || !e->b.length || e->b.unknown || e->b.overflowed ||
	    (e->b.text[0] != '/' && e->b.text[0] != '('))
		return;
	word = boot_text_finish(&e->b);
	files = grub_wildcard(e->vm, &word, place, &count, &unknown);
	for (size_t i = 0; i < count; i++)
		add_value(e, &files[i]);
	if (count)
		begin(e);
	else
		e->b.unknown = unknown;
}

struct boot_text *grub_expand(struct grub_vm *vm, const struct grub_word *words, size_t count, size_t *ret_count)
{
	struct expander e = { .vm = vm };

	begin(&e);
	for (size_t i = 0; i < count && !vm->s->stop; i++) {
		bool wild = false, quoted = false;

		for (size_t j = 0; j < words[i].piece_count && !e.b.overflowed; j++) {
			const struct grub_piece *piece = &words[i].pieces[j];

			/* a word may have hundreds of thousands of pieces that come to nothing */
			limit_count(WORK_GRUB, PIECE_WORK + piece->length);
			if (!grub_spend(vm, 0, 0, piece->place))
				break;
			if (piece->kind == GRUB_PIECE_VARIABLE || piece->kind == GRUB_PIECE_QUOTED_VARIABLE) {
				append_variable(&e, piece);
				continue;
			}
			if (memchr(piece->text, '*', piece->length) || memchr(piece->text, '?', piece->length)) {
				wild |= piece->kind == GRUB_PIECE_TEXT;
				quoted |= piece->kind != GRUB_PIECE_TEXT;
			}
			boot_text_add(&e.b, piece->text, piece->length, piece->place, true);
			e.have |= piece->length || piece->kind == GRUB_PIECE_QUOTED;
		}
		if (wild && quoted && vm->s->wildcards && !e.b.unknown)
			e.b.unknown = "a name with wildcards inside and outside of quotes is not looked for";
		if (wild)
			expand_wildcards(&e, words[i].place);
		end(&e, words[i].place);
	}
	*ret_count = e.count;
	return e.values;
}
