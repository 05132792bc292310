/* SPDX-License-Identifier: MIT */
/* grub_loader: linux, initrd, chainloader, devicetree and multiboot (grub-core/loader/). */
#include <string.h>

#include "boot/grub_vm.h"

static void keep(struct grub_vm *vm, const struct grub_attempt *attempt)
{
	struct grub_state *s = vm->s;

	if (s->attempt_count < LIMIT_GRUB_ATTEMPTS)
		s->attempts[s->attempt_count++] = *attempt;
	else
		grub_stop(vm, GRUB_END_LIMIT, attempt->place, "too many kernels are loaded one after the other");
}

void grub_finish_attempt(struct grub_vm *vm, bool started)
{
	struct grub_state *s = vm->s;
	struct grub_attempt *attempt = s->current;

	if (!attempt)
		return;
	s->current = NULL;
	/* what was loaded and then replaced or left has no effect; what could not be loaded is worth knowing */
	if (attempt->loaded && !started)
		return;
	attempt->initrds = s->current_initrds;
	attempt->has_devicetree = s->has_devicetree;
	attempt->devicetree = s->devicetree;
	keep(vm, attempt);
}

/* A word as GRUB hands it to the kernel: quoted if it has spaces (grub-core/lib/cmdline.c). */
static void add_argument(struct boot_text_builder *b, const struct boot_text *arg)
{
	bool quote = strchr(arg->text, ' ') != NULL;
	struct boot_place place = boot_text_place(arg, 0);
	size_t origin = 0;

	if (quote)
		boot_text_add(b, "\"", 1, place, false);
	if (!strpbrk(arg->text, "\\\"'")) {
		boot_text_add_text(b, arg);
	} else {
		for (size_t i = 0; i < arg->length; i++) {
			while (origin + 1 < arg->origin_count && arg->origins[origin + 1].offset <= i)
				origin++;
			place = boot_text_place(arg, i);
			if (strchr("\\\"'", arg->text[i]))
				boot_text_add(b, "\\", 1, place, false);
			boot_text_add(b, arg->text + i, 1, place,
				      arg->origin_count && arg->origins[origin].literal);
		}
		if (arg->unknown && !b->unknown)
			b->unknown = arg->unknown;
	}
	if (quote)
		boot_text_add(b, "\"", 1, boot_text_place(arg, arg->length ? arg->length - 1 : 0), false);
}

static struct boot_text join(struct grub_vm *vm, const struct grub_call *call, size_t first, struct boot_text_builder *b)
{
	struct boot_text text;

	for (size_t i = first; i < call->count; i++) {
		if (b->length)
			boot_text_add(b, " ", 1, call->place, false);
		add_argument(b, &call->args[i]);
	}
	if (b->overflowed)
		grub_stop(vm, GRUB_END_LIMIT, call->place, "a command line is too long");
	text = boot_text_finish(b);
	(void)grub_spend(vm, 1, text.length * 2 + text.origin_count * sizeof(*text.origins), call->place);
	return text;
}

/* A loader's file in args[index] becomes what is loaded now. */
static struct grub_status load(struct grub_vm *vm, const struct grub_call *call, enum grub_attempt_kind kind,
			       size_t index)
{
	struct boot_text_builder cmdline = boot_text_build(vm->arena, LIMIT_GRUB_VALUE);
	struct boot_text_builder arguments = boot_text_build(vm->arena, LIMIT_GRUB_VALUE);
	struct grub_state *s = vm->s;
	struct grub_attempt *attempt;

	grub_finish_attempt(vm, false);
	if (index >= call->count)
		return grub_failed();
	attempt = ARENA_NEW(vm->arena, struct grub_attempt);
	vm->bytes += sizeof(*attempt);
	attempt->kind = kind;
	attempt->start = vm->start_number;
	attempt->place = call->place;
	grub_find(vm, &call->args[index], &attempt->kernel, NULL, NULL);
	if (kind == GRUB_LINUX) {
		boot_text_add(&cmdline, "BOOT_IMAGE=", 11, call->place, false);
		add_argument(&cmdline, &call->args[index]);
		attempt->cmdline = join(vm, call, index + 1, &cmdline);
	}
	attempt->arguments = join(vm, call, index + 1, &arguments);
	if (kind != GRUB_LINUX)
		attempt->cmdline = attempt->arguments;
	attempt->loaded = attempt->kernel.found != GRUB_MISSING;
	s->current = attempt;
	s->current_initrds = NULL;
	s->current_capacity = 0;
	if (attempt->kernel.found == GRUB_NOT_KNOWN)
		return grub_not_known(vm, call->place, attempt->kernel.reason);
	return attempt->loaded ? grub_ok() : grub_failed();
}

struct grub_status grub_cmd_linux(struct grub_vm *vm, const struct grub_call *call)
{
	return load(vm, call, GRUB_LINUX, 0);
}

struct grub_status grub_cmd_chainloader(struct grub_vm *vm, const struct grub_call *call)
{
	size_t index = 0;

	while (index < call->count && call->args[index].text[0] == '-')
		index++;
	return load(vm, call, GRUB_CHAIN, index);
}

struct grub_status grub_cmd_multiboot(struct grub_vm *vm, const struct grub_call *call)
{
	size_t index = 0;

	while (index < call->count && call->args[index].text[0] == '-')
		index++;
	return load(vm, call, GRUB_MULTIBOOT, index);
}

/* Adds a file that the kernel is handed; *ret_status becomes false or unknown with it. */
static void add_file(struct grub_vm *vm, const struct grub_call *call, const struct boot_text *text, const char *newc,
		     struct grub_status *status)
{
	struct grub_state *s = vm->s;
	struct grub_file *file;

	if (s->current->initrd_count == LIMIT_GRUB_INITRDS) {
		grub_stop(vm, GRUB_END_LIMIT, call->place, "a kernel is handed too many files");
		return;
	}
	if (s->current->initrd_count == s->current_capacity) {
		size_t capacity = s->current_capacity ? s->current_capacity * 2 : 2;
		struct grub_file *grown = ARENA_ARRAY(vm->arena, capacity, struct grub_file);

		if (s->current->initrd_count)
			memcpy(grown, s->current_initrds, s->current->initrd_count * sizeof(*grown));
		s->current_initrds = grown;
		s->current_capacity = capacity;
		vm->bytes += capacity * sizeof(*grown);
	}
	file = &s->current_initrds[s->current->initrd_count++];
	grub_find(vm, text, file, NULL, NULL);
	file->newc = newc;
	if (file->found == GRUB_MISSING)
		status->code = 1;
	else if (file->found == GRUB_NOT_KNOWN && !status->unknown)
		*status = grub_not_known(vm, call->place, file->reason);
}

struct grub_status grub_cmd_initrd(struct grub_vm *vm, const struct grub_call *call)
{
	struct grub_state *s = vm->s;
	struct grub_status status = grub_ok();
	size_t first = s->current ? s->current->initrd_count : 0;

	if (!call->count || !s->current || s->current->kind != GRUB_LINUX)
		return grub_failed();
	for (size_t i = 0; i < call->count && !vm->s->stop; i++) {
		const struct boot_text *arg = &call->args[i];
		const char *name = NULL;
		struct boot_text plain;

		/* newc:NAME:FILE puts the file into an archive under a name of its own (loader/linux.c) */
		if (!strncmp(arg->text, "newc:", 5) && strchr(arg->text + 5, ':')) {
			size_t from = 5 + strspn(arg->text + 5, "/"), end = 5 + strcspn(arg->text + 5, ":");

			name = arena_strndup(vm->arena, arg->text + from, end - from);
			plain = grub_slice(vm, arg, end + 1, SIZE_MAX);
			arg = &plain;
		}
		add_file(vm, call, arg, name, &status);
	}
	/* each initrd command replaces what the one before loaded */
	if (first && !vm->s->stop) {
		memmove(s->current_initrds, s->current_initrds + first,
			(s->current->initrd_count - first) * sizeof(*s->current_initrds));
		s->current->initrd_count -= first;
	}
	if (status.code)
		status.unknown = NULL;
	return status;
}

struct grub_status grub_cmd_module(struct grub_vm *vm, const struct grub_call *call)
{
	struct grub_status status = grub_ok();
	size_t index = 0;

	while (index < call->count && call->args[index].text[0] == '-')
		index++;
	if (index >= call->count || !vm->s->current || vm->s->current->kind != GRUB_MULTIBOOT)
		return grub_failed();
	add_file(vm, call, &call->args[index], NULL, &status);
	/* the first module is the kernel of the first domain: its words are what counts */
	if (vm->s->current->initrd_count == 1) {
		struct boot_text_builder b = boot_text_build(vm->arena, LIMIT_GRUB_VALUE);

		vm->s->current->arguments = join(vm, call, index + 1, &b);
	}
	return status;
}

struct grub_status grub_cmd_devicetree(struct grub_vm *vm, const struct grub_call *call)
{
	struct grub_state *s = vm->s;

	if (!call->count) {
		s->has_devicetree = false;
		return grub_ok();
	}
	s->has_devicetree = true;
	grub_find(vm, &call->args[0], &s->devicetree, NULL, NULL);
	if (s->devicetree.found == GRUB_NOT_KNOWN)
		return grub_not_known(vm, call->place, s->devicetree.reason);
	return s->devicetree.found == GRUB_FOUND ? grub_ok() : grub_failed();
}

struct grub_status grub_cmd_boot(struct grub_vm *vm, const struct grub_call *call)
{
	(void)call;
	if (!vm->s->current || !vm->s->current->loaded)
		return grub_failed();
	/* what follows is run only if the start fails */
	grub_finish_attempt(vm, true);
	return grub_failed();
}
