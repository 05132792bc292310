/* SPDX-License-Identifier: MIT */
/* grub_regexp: the command regexp (grub-core/commands/regexp.c), by the C library's extended expressions. */
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "boot/grub_vm.h"

#define GROUPS 10
#define SETS 8

/* Some expressions take a library very long: only plain ones are tried. */
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
	const char *sets[SETS], *reason = NULL;
	regmatch_t groups[GROUPS];
	size_t set_count = 0;
	regex_t compiled;
	int r, option;

	while ((option = grub_next_option(vm, &options, &value)) != GRUB_OPTION_END) {
		if (option == 0 && value && set_count < SETS)
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
	else if (!is_plain(pattern->text, subject->text))
		reason = "the expression is too complex to be tried";
	if (!reason && regcomp(&compiled, pattern->text, REG_EXTENDED) != 0)
		return grub_failed();
	if (reason) {
		for (size_t i = 0; i < set_count; i++) {
			const char *colon = strchr(sets[i], ':');

			grub_set_unknown(vm, colon ? colon + 1 : sets[i], reason, call->place);
		}
		return grub_not_known(vm, call->place, reason);
	}
	r = regexec(&compiled, subject->text, GROUPS, groups, 0);
	regfree(&compiled);
	if (r != 0)
		return grub_failed();
	for (size_t i = 0; i < set_count; i++)
		set_group(vm, sets[i], subject, groups);
	return grub_ok();
}
