/* SPDX-License-Identifier: MIT */
/* grub_source: commands that read files: source, configfile, normal, load_env, save_env, insmod, eval. */
#include <string.h>

#include "base/limits.h"
#include "boot/grub_envblk.h"
#include "boot/grub_vm.h"

static void record_config(struct grub_vm *vm, const struct grub_file *file, struct boot_place place)
{
	for (size_t i = 0; i < vm->config_count; i++)
		if (grub_same_place(&vm->configs[i].place, &place) && vm->configs[i].file.device == file->device &&
		    vm->configs[i].file.found == file->found && !strcmp(vm->configs[i].file.text.text, file->text.text))
			return;
	if (vm->config_count < LIMIT_GRUB_RECORDS)
		vm->configs[vm->config_count++] = (struct grub_config){ place, *file };
	else
		limit_error(NULL, "GRUB reads more than %d files of configuration", LIMIT_GRUB_RECORDS);
}

/* Runs a file's commands in the present context, whose menu is that file's if `owns`; false when it could not be had. */
static bool run_file(struct grub_vm *vm, const struct boot_text *text, struct boot_place place, bool owns,
		     const char **ret_unknown)
{
	const struct boot_text *outer_file = grub_get(vm, "config_file"), *outer_folder = grub_get(vm, "config_directory");
	struct boot_text before[2] = { { 0 } };
	const struct grub_script *script;
	struct grub_file file;
	const char *name, *slash;

	*ret_unknown = NULL;
	script = grub_read_script(vm, text, &file);
	record_config(vm, &file, place);
	if (!script) {
		if (file.found == GRUB_NOT_KNOWN)
			*ret_unknown = file.reason;
		return false;
	}
	if (vm->s->sources == LIMIT_GRUB_SOURCES) {
		grub_stop(vm, GRUB_END_LIMIT, place, "configuration files source each other too deeply");
		return false;
	}
	if (owns) {
		vm->s->contexts[vm->s->context].device = file.device;
		vm->s->contexts[vm->s->context].file = file.path;
	}
	if (outer_file)
		before[0] = *outer_file;
	if (outer_folder)
		before[1] = *outer_folder;
	name = text->text;
	if (*name != '(')
		name = arena_printf(vm->arena, "(%s)%s", grub_get_text(vm, "root"), name);
	vm->bytes += 2 * strlen(name);
	slash = strrchr(name, '/');
	grub_set_string(vm, "config_file", name);
	grub_set_string(vm, "config_directory",
			slash ? arena_strndup(vm->arena, name, (size_t)(slash - name)) : name);
	grub_export(vm, "config_file");
	grub_export(vm, "config_directory");
	vm->s->sources++;
	(void)grub_exec_list(vm, script->nodes);
	vm->s->sources--;
	if (outer_file)
		grub_set(vm, "config_file", &before[0]);
	else
		grub_unset(vm, "config_file");
	if (outer_folder)
		grub_set(vm, "config_directory", &before[1]);
	else
		grub_unset(vm, "config_directory");
	return true;
}

/* What is run when a file that may hold anything could not be read: nothing can be said from there on. */
static void lost(struct grub_vm *vm, const char *unknown, struct boot_place place)
{
	(void)grub_not_known(vm, place, unknown);
	grub_stop(vm, GRUB_END_UNKNOWN, place, unknown);
}

struct grub_status grub_cmd_source(struct grub_vm *vm, const struct grub_call *call)
{
	const char *unknown;

	if (call->count != 1)
		return grub_failed();
	/* GRUB reports a file that is missing, but the command succeeds */
	if (!run_file(vm, &call->args[0], call->place, false, &unknown) && unknown)
		lost(vm, unknown, call->place);
	return grub_ok();
}

struct grub_status grub_cmd_configfile(struct grub_vm *vm, const struct grub_call *call)
{
	const char *unknown;

	if (call->count != 1)
		return grub_failed();
	if (!grub_context_open(vm, call->place))
		return grub_failed();
	if (!run_file(vm, &call->args[0], call->place, true, &unknown) && unknown)
		lost(vm, unknown, call->place);
	if (!vm->s->stop && vm->s->contexts[vm->s->context].item_count)
		grub_show_menu(vm);
	grub_context_close(vm);
	return grub_ok();
}

void grub_run_normal(struct grub_vm *vm, const struct boot_text *file, struct boot_place place)
{
	const char *unknown;

	if (!run_file(vm, file, place, true, &unknown) && unknown)
		lost(vm, unknown, place);
	if (!vm->s->stop && vm->s->contexts[vm->s->context].item_count)
		grub_show_menu(vm);
	/* what is loaded by commands outside of a menu waits for a boot command that nobody gives */
	grub_finish_attempt(vm, false);
	grub_stop(vm, GRUB_END_RETURN, place, "GRUB shows its prompt: the configuration has no menu");
}

/* Loads a module: one of the core image's, or a file below $prefix. */
static struct grub_status need_module(struct grub_vm *vm, const struct boot_text *name, struct boot_place place)
{
	struct grub_module module = { .place = place, .name = name->text, .found = GRUB_MISSING };
	const struct boot_text *prefix = grub_get(vm, "prefix");
	size_t i;

	for (i = 0; vm->start->modules && vm->start->modules[i]; i++)
		if (!strcmp(vm->start->modules[i], module.name)) {
			module.embedded = true;
			module.found = GRUB_FOUND;
		}
	if (!module.embedded && prefix) {
		struct boot_text_builder b = boot_text_build(vm->arena, LIMIT_GRUB_VALUE);
		const char *tail;
		struct boot_text text;
		struct grub_file file;

		if (strchr(module.name, '/')) {
			text = *name;
		} else {
			boot_text_add_text(&b, prefix);
			tail = arena_printf(vm->arena, "/%s-efi/%s.mod", vm->world->cpu, module.name);
			boot_text_add(&b, tail, strlen(tail), place, false);
			text = boot_text_finish(&b);
			vm->bytes += grub_text_bytes(&text);
		}
		grub_find(vm, &text, &file, NULL, NULL);
		module.found = file.found;
		module.file = text.text;
	}
	limit_count(WORK_GRUB, (i + vm->module_count) * 32);
	if (!strcmp(module.name, "regexp") && module.found != GRUB_MISSING)
		vm->s->wildcards = true;
	for (i = 0; i < vm->module_count; i++)
		if (!strcmp(vm->modules[i].name, module.name) && vm->modules[i].found == module.found)
			break;
	if (i == LIMIT_GRUB_RECORDS)
		limit_error(NULL, "GRUB loads more than %d modules", LIMIT_GRUB_RECORDS);
	if (i == vm->module_count && i < LIMIT_GRUB_RECORDS)
		vm->modules[vm->module_count++] = module;
	if (module.found == GRUB_NOT_KNOWN)
		return grub_not_known(vm, place, arena_printf(vm->arena, "whether the module %s is there", module.name));
	return module.found == GRUB_FOUND ? grub_ok() : grub_failed();
}

struct grub_status grub_cmd_normal(struct grub_vm *vm, const struct grub_call *call)
{
	const struct boot_text *prefix = grub_get(vm, "prefix");
	struct boot_text_builder b = boot_text_build(vm->arena, LIMIT_GRUB_VALUE);
	struct boot_text file;

	if (vm->start->modules_known) {
		struct boot_text name = { .text = "normal", .length = strlen("normal") };
		struct grub_status status = need_module(vm, &name, call->place);

		if (status.unknown)
			lost(vm, status.unknown, call->place);
		else if (status.code)
			grub_stop(vm, GRUB_END_RETURN, call->place, "GRUB shows its rescue prompt: it has no module normal");
		if (vm->s->stop)
			return grub_failed();
	}
	if (call->count) {
		grub_run_normal(vm, &call->args[0], call->place);
		return grub_ok();
	}
	if (prefix)
		boot_text_add_text(&b, prefix);
	boot_text_add(&b, "/grub.cfg", 9, call->place, false);
	file = boot_text_finish(&b);
	grub_run_normal(vm, &file, call->place);
	return grub_ok();
}

/* The file of load_env and save_env; *ret_names, as many as there are arguments, are the names of variables. */
static struct boot_text env_file(struct grub_vm *vm, const struct grub_call *call, const char **ret_names, size_t *ret_count)
{
	static const struct grub_option known[] = { { "file", 'f', true }, { "skip-sig", 's', false }, { 0 } };
	struct grub_options options = { .call = call, .options = known };
	const struct boot_text *prefix = grub_get(vm, "prefix");
	struct boot_text_builder b = boot_text_build(vm->arena, LIMIT_GRUB_VALUE);
	const struct boot_text *named = NULL, *value;
	struct boot_text text;
	int option;

	*ret_count = 0;
	vm->bytes += call->count * sizeof(*ret_names);
	while ((option = grub_next_option(vm, &options, &value)) != GRUB_OPTION_END) {
		if (option == GRUB_ARGUMENT)
			ret_names[(*ret_count)++] = value->text;
		else if (option == 0)
			named = value;
	}
	if (named)
		return *named;
	if (prefix)
		boot_text_add_text(&b, prefix);
	boot_text_add(&b, "/grubenv", 8, call->place, false);
	text = boot_text_finish(&b);
	vm->bytes += grub_text_bytes(&text);
	return text;
}

/* The block's bytes: what was saved on this way, else the file's. */
static bool read_env(struct grub_vm *vm, const struct boot_text *text, struct grub_file *file, const char **ret,
		     size_t *ret_size, const struct boot_source **ret_source)
{
	const struct grub_saved *saved;
	char *data;

	(void)grub_resolve(vm, text, file);
	if (file->found == GRUB_NOT_KNOWN)
		return false;
	for (saved = vm->s->saved; saved; saved = saved->next)
		if (saved->device == file->device && !strcmp(saved->path, file->path)) {
			struct boot_source *source = ARENA_NEW(vm->arena, struct boot_source);

			vm->bytes += sizeof(*source);
			*source = (struct boot_source){ .device = file->device ? file->device->name : "memdisk",
							.partition = file->device ? file->device->partition : 0,
							.path = file->path };
			*ret = saved->data;
			*ret_size = saved->size;
			*ret_source = source;
			return true;
		}
	if (grub_read(vm, text, file, LIMIT_GRUB_ENVBLK, &data, ret_size, ret_source) != 0)
		return false;
	*ret = data;
	return true;
}

struct grub_status grub_cmd_load_env(struct grub_vm *vm, const struct grub_call *call)
{
	const struct boot_source *source;
	struct grub_envblk block;
	struct grub_file file;
	struct boot_text text;
	const char *data, **names = ARENA_ARRAY(vm->arena, call->count, const char *);
	size_t count, size;

	text = env_file(vm, call, names, &count);
	if (!read_env(vm, &text, &file, &data, &size, &source))
		return file.found == GRUB_NOT_KNOWN ? grub_not_known(vm, call->place, file.reason) : grub_failed();
	block = grub_envblk_parse(vm->arena, source, data, size);
	limit_count(WORK_GRUB, count * block.count * 16);
	(void)grub_spend(vm, 1, size * 4 + block.count * sizeof(*block.variables), call->place);
	if (!block.valid)
		return grub_failed();
	for (size_t i = 0; i < block.count && !vm->s->stop; i++) {
		bool wanted = !count;

		for (size_t j = 0; j < count; j++)
			wanted |= !strcmp(names[j], block.variables[i].name);
		if (wanted)
			grub_set(vm, block.variables[i].name, &block.variables[i].value);
	}
	return grub_ok();
}

/* GRUB writes blocks in place, so not where a file's blocks are not plain ones of a plain disk. */
static bool is_writable(const struct boot_device *device)
{
	static const char *const never[] = { "btrfs", "zfs", "squashfs", "iso9660", "erofs", "f2fs", "LVM", "lvm" };

	if (!device || strncmp(device->name, "hd", 2) != 0)
		return false;
	for (size_t i = 0; device->fs_type && i < sizeof(never) / sizeof(*never); i++)
		if (!strncmp(device->fs_type, never[i], strlen(never[i])))
			return false;
	return true;
}

struct grub_status grub_cmd_save_env(struct grub_vm *vm, const struct grub_call *call)
{
	const struct boot_source *source;
	struct grub_saved *saved;
	struct grub_file file;
	struct boot_text text;
	const char *data, **names = ARENA_ARRAY(vm->arena, call->count, const char *);
	size_t count, size;

	text = env_file(vm, call, names, &count);
	if (!count)
		return grub_failed();
	if (!read_env(vm, &text, &file, &data, &size, &source))
		return file.found == GRUB_NOT_KNOWN ? grub_not_known(vm, call->place, file.reason) : grub_failed();
	if (!is_writable(file.device))
		return grub_failed();
	for (size_t i = 0; i < count; i++) {
		const struct boot_text *value = grub_get(vm, names[i]);
		char *changed;

		/* a value that nobody knows is saved as none */
		changed = grub_envblk_set(vm->arena, data, size, names[i],
					  value && !value->unknown ? value->text : NULL);
		if (!changed || !grub_spend(vm, 1, size * 2, call->place))
			return grub_failed();
		data = changed;
	}
	saved = ARENA_NEW(vm->arena, struct grub_saved);
	*saved = (struct grub_saved){ vm->s->saved, file.device, file.path, data, size };
	vm->s->saved = saved;
	return grub_ok();
}

struct grub_status grub_cmd_insmod(struct grub_vm *vm, const struct grub_call *call)
{
	if (call->count != 1)
		return grub_failed();
	if (call->args[0].unknown)
		return grub_not_known(vm, call->place, call->args[0].unknown);
	return need_module(vm, &call->args[0], call->place);
}

struct grub_status grub_cmd_eval(struct grub_vm *vm, const struct grub_call *call)
{
	struct boot_text_builder b = boot_text_build(vm->arena, LIMIT_GRUB_VALUE);
	const struct grub_script *script;
	struct grub_status status;
	struct boot_text text;

	for (size_t i = 0; i < call->count; i++) {
		if (i)
			boot_text_add(&b, " ", 1, call->place, false);
		boot_text_add_text(&b, &call->args[i]);
	}
	text = boot_text_finish(&b);
	if (text.unknown)
		return grub_not_known(vm, call->place, text.unknown);
	if (vm->s->calls == LIMIT_GRUB_CALLS || !grub_spend(vm, 1, 4096 + text.length * 64, call->place)) {
		grub_stop(vm, GRUB_END_LIMIT, call->place, "evals call each other too deeply");
		return grub_failed();
	}
	script = grub_parse_text(vm->arena, &text);
	grub_record_problems(vm, script);
	vm->s->calls++;
	status = grub_exec_list(vm, script->nodes);
	vm->s->calls--;
	return status;
}
