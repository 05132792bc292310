/* SPDX-License-Identifier: MIT */
/* grub_regexp: the command regexp (grub-core/commands/regexp.c), by the C library's extended expressions. */
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "boot/grub_vm.h"

#define GROUPS 10
#define MOST_WORK (LIMIT_GRUB_WORK / 8)

/* Some expressions take a library very long, or very much memory: only plain ones are tried. */
static bool is_plain(const char *pattern, const char *subject)
{
	size_t open = 0, repeats = 0;

	for (const char *p = pattern; *p; p++) {
		if (*p == '{' || (*p == '\\' && p[1] >= '1' && p[1] <= '9'))
			return false;
		open += *p == '(';
		repeats += *p == '*' || *p == '+' || *p == '?';
	}
	return strlen(pattern) <= 256 && strlen(subject) <= 1024 && open < GROUPS && repeats <= 16;
}

/* How many states the pattern is made of, at most: `+` makes a copy of what it repeats.  The pattern is plain. */
static uint64_t count_states(const char *pattern)
{
	uint64_t total[GROUPS] = { 0 }, last[GROUPS] = { 0 };
	unsigned int depth = 0;

	for (const char *p = pattern; *p; p++) {
		uint64_t size = 1;

		if (*p == '(') {
			depth++;
			total[depth] = last[depth] = 0;
			continue;
		}
		if (*p == '*' || *p == '?' || *p == '+') {
			uint64_t more = *p == '+' ? last[depth] + 1 : 1;

			total[depth] += more;
			last[depth] += more;
			continue;
		}
		if (*p == ')' && depth) {
			size = total[depth--] + 2;
		} else if (*p == '\\' && p[1]) {
			p++;
		} else if (*p == '[') {
			const char *end = p + 1 + (p[1] == '^');

			/* a ']' in front stands for itself */
			end = *end ? strchr(end + 1, ']') : NULL;
			p = end ? end : p;
		}
		total[depth] += size;
		last[depth] = size;
	}
	for (; depth; depth--)
		total[depth - 1] += total[depth];
	return total[0];
}

/* The C library makes sets of states as it goes along, and begins anew at each place of the subject: measured, that takes no
 * more than so many nanoseconds for states and lengths of all sizes, and most often far less. */
static uint64_t work_of(const char *pattern, const char *subject)
{
	uint64_t states = count_states(pattern), length = strlen(subject) + 1;

	return 20000 + 600 * states + 10 * length * length + length * length * states * states / 2;
}

static void set_group(struct grub_vm *vm, const char *spec, const struct boot_text *subject, const regmatch_t *groups)
{
	unsigned long number = 1;
	const char *name = spec;
	struct boot_text value;
	char *end;

	if (*spec >= '0' && *spec <= '9') {
		number = strtoul(spec, &end, 10);
		if (*end != ':')
			return;
		name = end + 1;
	}
	if (number >= GROUPS || groups[number].rm_so < 0)
		return;
	value = grub_slice(vm, subject, (size_t)groups[number].rm_so,
				(size_t)(groups[number].rm_eo - groups[number].rm_so));
	grub_set(vm, name, &value);
}

struct grub_status grub_cmd_regexp(struct grub_vm *vm, const struct grub_call *call)
{
	static const struct grub_option known[] = { { "set", 's', true }, { 0 } };
	struct grub_options options = { .call = call, .options = known };
	const struct boot_text *pattern = NULL, *subject = NULL, *value;
	const char **sets = ARENA_ARRAY(vm->arena, call->count, const char *), *reason = NULL;
	regmatch_t groups[GROUPS];
	size_t set_count = 0;
	uint64_t work = 0;
	regex_t compiled;
	int r = 0, option;

	vm->bytes += call->count * sizeof(*sets);
	while ((option = grub_next_option(vm, &options, &value)) != GRUB_OPTION_END) {
		if (option == 0 && value)
			sets[set_count++] = value->text;
		else if (option == GRUB_ARGUMENT && !pattern)
			pattern = value;
		else if (option == GRUB_ARGUMENT)
			subject = value;
	}
	if (!pattern || !subject)
		return grub_failed();
	if (pattern->unknown || subject->unknown)
		reason = pattern->unknown ? pattern->unknown : subject->unknown;
	else if (!is_plain(pattern->text, subject->text) || (work = work_of(pattern->text, subject->text)) > MOST_WORK)
		reason = "the expression is too complex to be tried";
	if (!reason) {
		limit_count(WORK_GRUB, work);
		if (!grub_spend(vm, 0, 0, call->place))
			return grub_failed();
	}
	if (!reason && regcomp(&compiled, pattern->text, REG_EXTENDED) != 0)
		return grub_failed();
	if (!reason) {
		r = regexec(&compiled, subject->text, GROUPS, groups, 0);
		regfree(&compiled);
		if (r == REG_ESPACE)
			reason = "the expression needs too much memory";
	}
	if (reason) {
		for (size_t i = 0; i < set_count; i++) {
			const char *colon = strchr(sets[i], ':');

			grub_set_unknown(vm, colon ? colon + 1 : sets[i], reason, call->place);
		}
		return grub_not_known(vm, call->place, reason);
	}
	if (r != 0)
		return grub_failed();
	for (size_t i = 0; i < set_count; i++)
		set_group(vm, sets[i], subject, groups);
	return grub_ok();
}
