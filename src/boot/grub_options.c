/* SPDX-License-Identifier: MIT */
/* grub_options: a command's options and arguments in their order (grub-core/lib/arg.c).
 *
 * Unlike GNU's getopt, an option's value may stand in the next word even if the option can do without: `search --set root`.
 * GRUB takes that word unless it begins with a dash.
 */
#include <string.h>

#include "boot/grub_vm.h"

static int find_option(const struct grub_option *options, const char *name, size_t length, char letter)
{
	for (int i = 0; options[i].name; i++)
		if (letter ? options[i].letter == letter
			   : strlen(options[i].name) == length && !strncmp(options[i].name, name, length))
			return i;
	return GRUB_OPTION_UNKNOWN;
}

/* The next word, if it can be an option's value. */
static const struct boot_text *next_word(struct grub_options *o)
{
	const struct grub_call *call = o->call;

	if (o->position == call->count || (call->args[o->position].text[0] == '-' && call->args[o->position].text[1]))
		return NULL;
	return &call->args[o->position++];
}

int grub_next_option(struct grub_vm *vm, struct grub_options *o, const struct boot_text **ret_value)
{
	const struct grub_call *call = o->call;
	const struct boot_text *arg;
	const char *equals;
	size_t length;
	int found;

	*ret_value = NULL;
	if (o->letters && *o->letters) {
		found = find_option(o->options, NULL, 0, *o->letters++);
		if (found >= 0 && !*o->letters && o->options[found].takes_value)
			*ret_value = next_word(o);
		return found;
	}
	if (o->position == call->count)
		return GRUB_OPTION_END;
	arg = *ret_value = &call->args[o->position++];
	if (o->plain || arg->text[0] != '-' || !arg->text[1])
		return GRUB_ARGUMENT;
	if (arg->text[1] != '-') {
		o->letters = arg->text + 1;
		return grub_next_option(vm, o, ret_value);
	}
	if (!arg->text[2]) {
		o->plain = true;
		return grub_next_option(vm, o, ret_value);
	}
	*ret_value = NULL;
	equals = strchr(arg->text, '=');
	length = equals ? (size_t)(equals - arg->text) - 2 : strlen(arg->text + 2);
	found = find_option(o->options, arg->text + 2, length, 0);
	if (found >= 0 && equals) {
		struct boot_text *value = ARENA_NEW(vm->arena, struct boot_text);

		*value = grub_slice(vm, arg, length + 3, SIZE_MAX);
		*ret_value = value;
	} else if (found >= 0 && o->options[found].takes_value) {
		*ret_value = next_word(o);
	}
	return found;
}
