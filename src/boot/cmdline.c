/* SPDX-License-Identifier: MIT */
/* cmdline: dividing a kernel command line into words. */
#include "boot/cmdline.h"

#include <string.h>

#include "base/limits.h"
#include "boot/ascii.h"

/* The kernel's isspace() (lib/ctype.c): Latin-1, so the no-break space divides too. */
static bool is_kernel_space(char c)
{
	return is_space(c) || (unsigned char)c == 0xa0;
}

static char fold(char c)
{
	return c == '-' ? '_' : c;
}

static bool name_begins(const char *name, const char *wanted, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (fold(name[i]) != fold(wanted[i]))
			return false;
	return true;
}

/* One word from `position` on, by the rules of next_arg(). */
static size_t next_word(struct arena *arena, const struct boot_text *text, size_t position, struct cmdline_word *word)
{
	const char *start = text->text + position;
	size_t length = 0, equals = 0, from = 0, to, name_end;
	bool in_quote = false, quoted = false;

	if (*start == '"') {
		in_quote = quoted = true;
		from = 1;
	}
	for (length = from; start[length]; length++) {
		if (is_kernel_space(start[length]) && !in_quote)
			break;
		/* a '=' as the very first byte does not count */
		if (!equals && length > from && start[length] == '=')
			equals = length;
		if (start[length] == '"')
			in_quote = !in_quote;
	}
	to = length;
	if (equals) {
		size_t value = equals + 1;

		if (start[value] == '"' && value < to) {
			value++;
			if (to > value && start[to - 1] == '"')
				to--;
		}
		if (quoted && to > value && to == length && start[to - 1] == '"')
			to--;
		word->value = arena_strndup(arena, start + value, to - value);
		word->value_place = boot_text_place(text, position + value);
		name_end = equals;
	} else {
		if (quoted && to > from && start[to - 1] == '"')
			to--;
		name_end = to;
	}
	word->name = arena_strndup(arena, start + from, name_end - from);
	word->text = arena_strndup(arena, start, length);
	word->offset = position;
	word->place = boot_text_place(text, position);
	return position + length;
}

const struct cmdline_word *cmdline_next(const struct cmdline *cmdline, const char *name,
					const struct cmdline_word *after)
{
	size_t length = strlen(name);

	for (size_t i = after ? (size_t)(after - cmdline->words) + 1 : 0; i < cmdline->word_count; i++)
		if (!cmdline->words[i].for_init && strlen(cmdline->words[i].name) == length &&
		    name_begins(cmdline->words[i].name, name, length))
			return &cmdline->words[i];
	return NULL;
}

const struct cmdline_word *cmdline_next_prefix(const struct cmdline *cmdline, const char *prefix,
					       const struct cmdline_word *after)
{
	size_t length = strlen(prefix);

	for (size_t i = after ? (size_t)(after - cmdline->words) + 1 : 0; i < cmdline->word_count; i++)
		if (!cmdline->words[i].for_init && strlen(cmdline->words[i].name) >= length &&
		    name_begins(cmdline->words[i].name, prefix, length))
			return &cmdline->words[i];
	return NULL;
}

const struct cmdline_word *cmdline_last(const struct cmdline *cmdline, const char *name)
{
	const struct cmdline_word *word = NULL, *next = NULL;

	while ((next = cmdline_next(cmdline, name, next)))
		word = next;
	return word;
}

/* The last word of that name which has a value. */
static const struct cmdline_word *last_value(const struct cmdline *cmdline, const char *name)
{
	const struct cmdline_word *word = NULL, *next = NULL;

	while ((next = cmdline_next(cmdline, name, next)))
		if (next->value)
			word = next;
	return word;
}

static void find_consoles(struct arena *arena, struct cmdline *cmdline)
{
	const struct cmdline_word *word = NULL;
	struct cmdline_console *consoles;
	size_t count = 0;

	while ((word = cmdline_next(cmdline, "console", word)))
		count++;
	consoles = ARENA_ARRAY(arena, count, struct cmdline_console);
	while ((word = cmdline_next(cmdline, "console", word))) {
		struct cmdline_console *console = &consoles[cmdline->console_count];
		const char *comma;

		/* console= and console=null ask for none (kernel/printk/printk.c, console_setup) */
		if (!word->value || !*word->value || !strcmp(word->value, "null"))
			continue;
		comma = strchr(word->value, ',');
		console->word = word;
		console->device = comma ? arena_strndup(arena, word->value, (size_t)(comma - word->value)) : word->value;
		console->options = comma ? comma + 1 : NULL;
		cmdline->console_count++;
	}
	cmdline->consoles = consoles;
}

const struct cmdline *cmdline_parse(struct arena *arena, const struct boot_text *text)
{
	struct cmdline *cmdline = ARENA_NEW(arena, struct cmdline);
	size_t length = strnlen(text->text, text->length), position = 0, count = 0;
	struct cmdline_word *words;
	bool for_init = false;

	cmdline->text = *text;
	/* no more words than runs of bytes that are no space, even if quotes join some */
	for (size_t i = 0; i < length; i++)
		if (!is_kernel_space(text->text[i]) && (i == 0 || is_kernel_space(text->text[i - 1])))
			count++;
	if (count > LIMIT_CMDLINE_WORDS)
		count = LIMIT_CMDLINE_WORDS;
	words = ARENA_ARRAY(arena, count, struct cmdline_word);
	cmdline->words = words;
	for (;;) {
		struct cmdline_word *word = &words[cmdline->word_count];

		while (position < length && is_kernel_space(text->text[position]))
			position++;
		if (position >= length)
			break;
		if (cmdline->word_count == count) {
			cmdline->truncated = true;
			limit_error(NULL, "a kernel command line has more than %d words", LIMIT_CMDLINE_WORDS);
			break;
		}
		position = next_word(arena, text, position, word);
		word->for_init = for_init;
		if (!word->value && !strcmp(word->name, "--"))
			for_init = word->for_init = true;
		cmdline->word_count++;
	}
	cmdline->root = last_value(cmdline, "root");
	cmdline->rootfstype = last_value(cmdline, "rootfstype");
	cmdline->rootflags = last_value(cmdline, "rootflags");
	cmdline->init = last_value(cmdline, "init");
	cmdline->rdinit = last_value(cmdline, "rdinit");
	/* that is what Linux starts anyway */
	if (cmdline->rdinit && !strcmp(cmdline->rdinit->value, "/init"))
		cmdline->rdinit = NULL;
	for (size_t i = 0; i < cmdline->word_count; i++) {
		const struct cmdline_word *word = &words[i];

		if (word->for_init || word->value || (strcmp(word->name, "ro") != 0 && strcmp(word->name, "rw") != 0))
			continue;
		cmdline->read_only = word;
		cmdline->writable = word->name[1] == 'w';
	}
	cmdline->root_device = boot_device_parse(arena, cmdline->root ? cmdline->root->value : "");
	find_consoles(arena, cmdline);
	return cmdline;
}
