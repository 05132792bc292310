/* SPDX-License-Identifier: MIT */
/* grub_command: the table of commands, and those that are a few lines each. */
#include <stdlib.h>
#include <string.h>

#include "boot/grub_vm.h"

static struct grub_status cmd_true(struct grub_vm *vm, const struct grub_call *call)
{
	(void)vm;
	(void)call;
	return grub_ok();
}

static struct grub_status cmd_false(struct grub_vm *vm, const struct grub_call *call)
{
	(void)vm;
	(void)call;
	return grub_failed();
}

static struct grub_status cmd_set(struct grub_vm *vm, const struct grub_call *call)
{
	const struct boot_text *arg = call->args;
	const char *equals;
	struct boot_text value;

	if (!call->count)
		return grub_ok();
	equals = strchr(arg->text, '=');
	if (!equals)
		return arg->unknown ? grub_not_known(vm, call->place, arg->unknown) : grub_failed();
	value = grub_slice(vm, arg, (size_t)(equals - arg->text) + 1, SIZE_MAX);
	grub_set(vm, arena_strndup(vm->arena, arg->text, (size_t)(equals - arg->text)), &value);
	return grub_ok();
}

static struct grub_status cmd_unset(struct grub_vm *vm, const struct grub_call *call)
{
	if (!call->count)
		return grub_failed();
	grub_unset(vm, call->args[0].text);
	return grub_ok();
}

static struct grub_status cmd_export(struct grub_vm *vm, const struct grub_call *call)
{
	for (size_t i = 0; i < call->count; i++)
		grub_export(vm, call->args[i].text);
	return call->count ? grub_ok() : grub_failed();
}

/* A number that is all there is of an argument; fallback without one.  false: it is none. */
static bool count_argument(const struct grub_call *call, unsigned long fallback, unsigned long *ret)
{
	char *end;

	*ret = fallback;
	if (!call->count)
		return true;
	*ret = strtoul(call->args[0].text, &end, 10);
	return call->count == 1 && end != call->args[0].text && !*end && !call->args[0].unknown;
}

static struct grub_status cmd_break(struct grub_vm *vm, const struct grub_call *call)
{
	unsigned long n;

	if (!count_argument(call, 1, &n) || !n)
		return grub_failed();
	vm->s->is_continue = call->name[0] == 'c';
	vm->s->breaks = n < vm->s->loops ? (unsigned int)n : vm->s->loops;
	return grub_ok();
}

static struct grub_status cmd_return(struct grub_vm *vm, const struct grub_call *call)
{
	struct grub_status status = vm->s->status;
	unsigned long n;

	if (!vm->s->in_scope || !count_argument(call, 0, &n))
		return grub_failed();
	vm->s->returning = true;
	if (call->count)
		status = (struct grub_status){ .code = n ? (int)(n & 0xff) | (n & ~0xffUL ? 1 : 0) : 0 };
	return status;
}

static struct grub_status cmd_shift(struct grub_vm *vm, const struct grub_call *call)
{
	unsigned long n;

	if (!vm->s->in_scope)
		return grub_ok();
	if (!count_argument(call, 1, &n) || n > vm->s->arg_count)
		return grub_failed();
	vm->s->args += n;
	vm->s->arg_count -= n;
	return grub_ok();
}

static struct grub_status cmd_setparams(struct grub_vm *vm, const struct grub_call *call)
{
	if (!vm->s->in_scope)
		return grub_failed();
	vm->s->args = call->args;
	vm->s->arg_count = call->count;
	return grub_ok();
}

/* increment NAME, decrement NAME: Fedora's counting of boots (commands/increment.c) */
static struct grub_status cmd_increment(struct grub_vm *vm, const struct grub_call *call)
{
	const struct boot_text *value;
	long long number;

	if (call->count != 1)
		return grub_failed();
	value = grub_get(vm, call->args[0].text);
	if (value && value->unknown)
		return grub_not_known(vm, call->place, value->unknown);
	number = value ? strtoll(value->text, NULL, 10) : 0;
	if (number > 1000000000 || number < -1000000000)
		return grub_failed();
	number += call->name[0] == 'i' ? 1 : -1;
	grub_set_string(vm, call->args[0].text, arena_printf(vm->arena, "%lld", number));
	return grub_ok();
}

static struct grub_status cmd_leave(struct grub_vm *vm, const struct grub_call *call)
{
	enum grub_end end = !strcmp(call->name, "halt") ? GRUB_END_HALT : !strcmp(call->name, "reboot") ? GRUB_END_REBOOT
													: GRUB_END_LEAVE;

	if (!strcmp(call->name, "fwsetup") && call->count)
		return grub_not_known(vm, call->place, "whether the firmware has a setup is not known");
	grub_finish_attempt(vm, false);
	grub_stop(vm, end, call->place, arena_printf(vm->arena, "the command %s", call->name));
	return grub_ok();
}

/* Whoever presses ESC goes on at once; nobody does. */
static struct grub_status cmd_sleep(struct grub_vm *vm, const struct grub_call *call)
{
	static const struct grub_option known[] = { { "verbose", 'v', false }, { "interruptible", 'i', false }, { 0 } };
	struct grub_options options = { .call = call, .options = known };
	const struct boot_text *value, *seconds = NULL;
	unsigned long long number = 0;
	int option;

	while ((option = grub_next_option(vm, &options, &value)) != GRUB_OPTION_END)
		if (option == GRUB_ARGUMENT && !seconds)
			seconds = value;
	if (seconds && seconds->unknown)
		return grub_not_known(vm, call->place, seconds->unknown);
	if (!seconds || *seconds->text < '0' || *seconds->text > '9')
		return grub_failed();
	number = strtoull(seconds->text, NULL, 10);
	if (number > UINT32_MAX)
		number = UINT32_MAX;
	if (number > vm->s->slept_longest) {
		vm->s->slept_longest = number;
		vm->s->slept_place = call->place;
	}
	vm->s->slept = vm->s->slept + number > UINT32_MAX ? UINT32_MAX : vm->s->slept + number;
	return grub_ok();
}

/* What follows is run, but the menu is not shown: GRUB's rescue prompt is, or the shell that this one was started from. */
static struct grub_status cmd_normal_exit(struct grub_vm *vm, const struct grub_call *call)
{
	grub_finish_attempt(vm, false);
	grub_stop(vm, GRUB_END_UNKNOWN, call->place, "what GRUB does after normal_exit is not known");
	return grub_ok();
}

/* Success depends on a file: loadfont, background_image, cat */
static struct grub_status cmd_show_file(struct grub_vm *vm, const struct grub_call *call)
{
	const struct boot_text *prefix = grub_get(vm, "prefix"), *arg;
	struct grub_file file;
	struct boot_text text;

	if (!call->count)
		return grub_ok();
	arg = &call->args[call->count - 1];
	text = *arg;
	/* a font's plain name */
	if (!strcmp(call->name, "loadfont") && !strchr(arg->text, '/') && prefix) {
		const char *name = arena_printf(vm->arena, "%s/fonts/%s.pf2", prefix->text, arg->text);

		text = (struct boot_text){ .text = name, .length = strlen(name), .unknown = arg->unknown };
		vm->bytes += text.length;
	}
	grub_find(vm, &text, &file, NULL, NULL);
	if (file.found == GRUB_NOT_KNOWN)
		return grub_not_known(vm, call->place, file.reason);
	return file.found == GRUB_FOUND ? grub_ok() : grub_failed();
}

/* What depends on the machine, the user or the network.  A variable that it sets is not known afterwards. */
static struct grub_status cmd_unknown(struct grub_vm *vm, const struct grub_call *call)
{
	const char *reason = arena_printf(vm->arena, "what %s finds depends on the running machine", call->name);

	if (!strcmp(call->name, "cryptomount"))
		reason = "cryptomount needs a key";
	/* without arguments keystatus says whether it can tell */
	else if ((!strcmp(call->name, "keystatus") && call->count) || !strcmp(call->name, "read"))
		reason = arena_printf(vm->arena, "%s depends on the keyboard", call->name);
	for (size_t i = 0; i < call->count; i++) {
		const char *arg = call->args[i].text;

		if (!strncmp(arg, "--set=", 6))
			grub_set_unknown(vm, arg + 6, reason, call->place);
		else if ((!strcmp(arg, "--set") || !strcmp(arg, "-s")) && i + 1 < call->count)
			grub_set_unknown(vm, call->args[i + 1].text, reason, call->place);
		else if (!strcmp(call->name, "gptprio.next") && *arg == '-' && i + 1 < call->count)
			/* -d or --set-device, -u or --set-uuid, each with a variable behind it */
			grub_set_unknown(vm, call->args[i + 1].text, reason, call->place);
	}
	if (!strcmp(call->name, "read")) {
		if (call->count)
			grub_set_unknown(vm, call->args[call->count - 1].text, reason, call->place);
		if (!vm->s->asks)
			vm->s->asks_place = call->place;
		vm->s->asks = true;
	}
	return grub_not_known(vm, call->place, reason);
}

grub_command *grub_find_command(const char *name)
{
	static const struct {
		const char *name;
		grub_command *command;
	} table[] = {
		{ ".", grub_cmd_source },
		{ "[", grub_cmd_test },
		{ "acpi", cmd_true },
		{ "authenticate", cmd_unknown },
		{ "background_color", cmd_true },
		{ "background_image", cmd_show_file },
		{ "badram", cmd_true },
		{ "bls_import", grub_cmd_blscfg },
		{ "blscfg", grub_cmd_blscfg },
		{ "boot", grub_cmd_boot },
		{ "break", cmd_break },
		{ "cat", cmd_show_file },
		{ "chainloader", grub_cmd_chainloader },
		{ "clear", cmd_true },
		{ "cmp", cmd_unknown },
		{ "configfile", grub_cmd_configfile },
		{ "continue", cmd_break },
		{ "cpuid", cmd_unknown },
		{ "cryptomount", cmd_unknown },
		{ "cutmem", cmd_true },
		{ "date", cmd_unknown },
		{ "decrement", cmd_increment },
		{ "devicetree", grub_cmd_devicetree },
		{ "distrust", cmd_true },
		{ "echo", cmd_true },
		{ "eval", grub_cmd_eval },
		{ "exit", cmd_leave },
		{ "export", cmd_export },
		{ "false", cmd_false },
		{ "fwsetup", cmd_leave },
		{ "getenv", cmd_unknown },
		{ "gptprio.next", cmd_unknown },
		{ "gptrepair", cmd_true },
		{ "halt", cmd_leave },
		{ "hashsum", cmd_unknown },
		{ "help", cmd_true },
		{ "increment", cmd_increment },
		{ "initrd", grub_cmd_initrd },
		{ "initrd16", grub_cmd_initrd },
		{ "initrdefi", grub_cmd_initrd },
		{ "insmod", grub_cmd_insmod },
		{ "keymap", cmd_true },
		{ "keystatus", cmd_unknown },
		{ "linux", grub_cmd_linux },
		{ "linux16", grub_cmd_linux },
		{ "linuxefi", grub_cmd_linux },
		{ "list_env", cmd_true },
		{ "load_env", grub_cmd_load_env },
		{ "loadfont", cmd_show_file },
		{ "loopback", cmd_unknown },
		{ "ls", cmd_true },
		{ "lsefi", cmd_true },
		{ "lsmod", cmd_true },
		{ "menuentry", grub_cmd_menuentry },
		{ "module", grub_cmd_module },
		{ "module2", grub_cmd_module },
		{ "multiboot", grub_cmd_multiboot },
		{ "multiboot2", grub_cmd_multiboot },
		{ "nativedisk", cmd_true },
		{ "normal", grub_cmd_normal },
		{ "normal_exit", cmd_normal_exit },
		{ "parttool", cmd_true },
		{ "password", cmd_true },
		{ "password_pbkdf2", cmd_true },
		{ "play", cmd_true },
		{ "probe", grub_cmd_probe },
		{ "read", cmd_unknown },
		{ "reboot", cmd_leave },
		{ "regexp", grub_cmd_regexp },
		{ "return", cmd_return },
		{ "rmmod", cmd_true },
		{ "save_env", grub_cmd_save_env },
		{ "search", grub_cmd_search },
		{ "search.file", grub_cmd_search },
		{ "search.fs_label", grub_cmd_search },
		{ "search.fs_uuid", grub_cmd_search },
		{ "search.part_uuid", grub_cmd_search },
		{ "serial", cmd_true },
		{ "set", cmd_set },
		{ "setparams", cmd_setparams },
		{ "shift", cmd_shift },
		{ "sleep", cmd_sleep },
		{ "smbios", cmd_unknown },
		{ "source", grub_cmd_source },
		{ "submenu", grub_cmd_menuentry },
		{ "terminal_input", cmd_true },
		{ "terminal_output", cmd_true },
		{ "test", grub_cmd_test },
		{ "true", cmd_true },
		{ "trust", cmd_true },
		{ "unset", cmd_unset },
		{ "videoinfo", cmd_true },
		{ "xen_hypervisor", grub_cmd_multiboot },
		{ "xen_module", grub_cmd_module },
		{ "zfs-bootfs", cmd_unknown },
	};
	size_t low = 0, high = sizeof(table) / sizeof(*table);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int c = strcmp(name, table[middle].name);

		if (!c)
			return table[middle].command;
		if (c < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}
