/* SPDX-License-Identifier: MIT */
/* boot-modules: which modules GRUB has, inside its core image and as files. */
#include <errno.h>
#include <string.h>

#include "boot/grub_module.h"
#include "fs/fs.h"
#include "image/boot-internal.h"

#define LIMIT_BOOT_MODULES 256 /* that one depends on */
#define LIMIT_BOOT_COMMANDS (256 * 1024) /* bytes of the list of commands */

/* "hd0,gpt2" is also "hd0,2" */
static bool same_device(const char *a, const char *b)
{
	size_t disk = strcspn(a, ",");

	if (!strcmp(a, b))
		return true;
	if (strncmp(a, "hd", 2) != 0 || strncmp(a, b, disk) != 0 || !a[disk] || b[disk] != ',')
		return false;
	a += disk + 1;
	b += disk + 1;
	return !strcmp(a + strcspn(a, "0123456789"), b + strcspn(b, "0123456789"));
}

struct filesystem *boot_grub_filesystem(const struct image *image, const char *name)
{
	for (unsigned i = 0; i < image->filesystem_count; i++)
		if (same_device(boot_grub_name(image, &image->filesystems[i]), name))
			return &image->filesystems[i];
	return NULL;
}

/* $prefix where modules are looked for: that of the menu, else GRUB's first. */
static const struct boot_text *prefix_of(const struct grub_result *grub, struct boot_text *first)
{
	for (size_t i = 0; i < grub->outcome_count; i++)
		if (grub->outcomes[i].menu && grub->outcomes[i].menu->prefix.text)
			return &grub->outcomes[i].menu->prefix;
	first->text = grub->prefix;
	return first;
}

/* The file system that a prefix is on, and the path in it.  UNREADABLE: that could not be looked at. */
static enum have open_prefix(struct image *image, struct boot_module *module, const char **ret_path, struct fs **ret)
{
	const struct grub_core *core = module->core;
	struct filesystem *filesystem;
	size_t length;
	const char *device;

	if (!module->prefix || *module->prefix != '(')
		return ABSENT;
	length = strcspn(module->prefix, ")");
	if (!module->prefix[length])
		return ABSENT;
	device = arena_strndup(image->arena, module->prefix + 1, length - 1);
	*ret_path = module->prefix + length + 1;
	if (!strcmp(device, "memdisk")) {
		*ret = core->memdisk_fs;
		return *ret ? HAVE : core->memdisk ? UNREADABLE : ABSENT;
	}
	filesystem = boot_grub_filesystem(image, device);
	if (!filesystem || filesystem == module->but)
		return ABSENT;
	module->filesystem = filesystem;
	if (filesystem_open(image, filesystem) != HAVE)
		return filesystem->have_files;
	*ret = filesystem->fs;
	return HAVE;
}

/* Looks at one file.  ABSENT without a fault: it is not there. */
static enum have read_module(struct arena *arena, struct fs *fs, const char *path, const char *cpu, const char *name,
			     struct grub_module_file *ret)
{
	struct fs_entry entry;
	struct view *view;
	struct error err;
	int r = fs_resolve_as_grub(fs, arena, path, &entry, NULL);

	ret->fault = NULL;
	if (r == 0 && entry.type != FS_FILE)
		return ABSENT;
	if (r < 0)
		return fs_is_answer(r) ? ABSENT : UNREADABLE;
	if (fs_file_view(fs, arena, entry.handle, &view, &err) < 0 || grub_module_read(arena, view, cpu, name, ret, &err) < 0)
		return UNREADABLE;
	return ret->fault ? ABSENT : HAVE;
}

/* The module and, one after the other, all that it depends on, as grub_dl_resolve_dependencies() loads them. */
static void look_up(struct image *image, struct boot_module *module)
{
	const char *names[LIMIT_BOOT_MODULES] = { module->name }, *needed_by[LIMIT_BOOT_MODULES] = { NULL }, *folder = "";
	struct arena *arena = image->arena;
	struct fs *fs = NULL;
	size_t count = 1;

	module->have = open_prefix(image, module, &folder, &fs);
	for (size_t i = 0; i < count && module->have == HAVE; i++) {
		ARENA_AUTO scratch = arena_new(limits_arena_bytes());
		struct grub_module_file file = { .fault = NULL };

		if (grub_core_has(module->core, names[i]))
			continue;
		module->path = arena_printf(arena, "%s/%s-efi/%s.mod", folder, module->core->cpu, names[i]);
		module->have = read_module(scratch, fs, module->path, module->core->cpu, names[i], &file);
		if (module->have == ABSENT && i)
			module->fault = file.fault ? arena_printf(arena, "%s depends on %s, whose file %s", needed_by[i],
								  names[i], file.fault)
						   : arena_printf(arena, "%s depends on %s, and there is no such file",
								  needed_by[i], names[i]);
		else if (module->have == ABSENT && file.fault)
			module->fault = arena_printf(arena, "its file %s", file.fault);
		for (size_t k = 0; module->have == HAVE && file.dependencies[k]; k++) {
			size_t n;

			for (n = 0; n < count && strcmp(names[n], file.dependencies[k]) != 0; n++)
				;
			/* GRUB has 200 at all, so these names are made up */
			if (n == LIMIT_BOOT_MODULES) {
				limit_error(NULL, "GRUB's modules depend on more than %d others", LIMIT_BOOT_MODULES - 1);
				module->have = UNREADABLE;
				break;
			}
			if (n == count) {
				needed_by[count] = names[i];
				names[count++] = arena_strdup(arena, file.dependencies[k]);
			}
		}
	}
}

static const struct boot_module *find_module(struct image *image, const struct boot_path *path, const char *prefix,
					     const char *name, const struct filesystem *but)
{
	struct boot_module *module;

	for (module = image->boot_modules; module; module = module->next)
		if (module->core == path->core && module->but == but && !strcmp(module->name, name) &&
		    (module->prefix == prefix || (module->prefix && prefix && !strcmp(module->prefix, prefix))))
			return module;
	module = ARENA_NEW(image->arena, struct boot_module);
	*module = (struct boot_module){ image->boot_modules, path->core, prefix, name, but, UNREADABLE, NULL, NULL, NULL };
	image->boot_modules = module;
	look_up(image, module);
	return module;
}

const struct boot_module *boot_grub_module(struct image *image, const struct boot_path *path, const char *name,
					   const struct filesystem *but)
{
	static const struct boot_module have = { .have = HAVE }, unreadable = { .have = UNREADABLE };
	struct boot_text first = { 0 };
	const struct boot_text *prefix;

	if (!path->core || !path->grub)
		return &unreadable;
	if (grub_core_has(path->core, name))
		return &have;
	if (path->core->nameless_count || path->core->fault != GRUB_CORE_GOOD)
		return &unreadable;
	prefix = prefix_of(path->grub, &first);
	if (prefix->unknown)
		return &unreadable;
	return find_module(image, path, prefix->text, name, but);
}

/* Has the list a line "linux: linux", or "*linux: linux"?  (grub-core/normal/dyncmd.c) */
static bool is_listed(const char *list, const char *command)
{
	size_t length = strlen(command);

	for (; *list; list += strcspn(list, "\n"), list += *list == '\n') {
		const char *p = list + strspn(list, " \t\r");

		p += *p == '*';
		if (strncmp(p, command, length) != 0 || p[length] != ':')
			continue;
		p += length + 1;
		p += strspn(p, " \t\r");
		if (*p && *p != '\n')
			return true;
	}
	return false;
}

static void read_list(struct image *image, struct boot_module *module, const char *command)
{
	struct fs_entry entry;
	struct view *view;
	struct error err;
	const char *folder = "";
	struct fs *fs = NULL;
	char *text;
	int r;

	module->have = open_prefix(image, module, &folder, &fs);
	if (module->have != HAVE)
		return;
	module->path = arena_printf(image->arena, "%s/%s-efi/command.lst", folder, module->core->cpu);
	r = fs_resolve_as_grub(fs, image->arena, module->path, &entry, NULL);
	if (r < 0 || entry.type != FS_FILE) {
		module->have = fs_is_answer(r) ? ABSENT : UNREADABLE;
		module->fault = "the file is missing";
		return;
	}
	module->have = UNREADABLE;
	if (fs_file_view(fs, image->arena, entry.handle, &view, &err) < 0 || view->size > LIMIT_BOOT_COMMANDS)
		return;
	text = arena_alloc(image->arena, (size_t)view->size + 1);
	if (view->size && view_read(view, 0, text, (size_t)view->size, &err) < 0)
		return;
	text[view->size] = '\0';
	module->have = is_listed(text, command) ? HAVE : ABSENT;
	module->fault = "the file has no line for it";
}

const struct boot_module *boot_grub_command(struct image *image, const struct boot_path *path, const char *command)
{
	static const struct boot_module have = { .have = HAVE }, unreadable = { .have = UNREADABLE };
	struct boot_text first = { 0 };
	const struct boot_text *prefix;
	struct boot_module *module;
	const char *name = arena_printf(image->arena, "%s:", command);

	if (!path->core || !path->grub || path->core->nameless_count || path->core->fault != GRUB_CORE_GOOD)
		return &unreadable;
	if (grub_core_has(path->core, command))
		return &have;
	for (size_t i = 0; i < path->grub->module_count; i++)
		if (!strcmp(path->grub->modules[i].name, command) && path->grub->modules[i].found != GRUB_MISSING)
			return &have;
	prefix = prefix_of(path->grub, &first);
	if (prefix->unknown)
		return &unreadable;
	for (module = image->boot_modules; module; module = module->next)
		if (module->core == path->core && !strcmp(module->name, name) && module->prefix == prefix->text)
			return module;
	module = ARENA_NEW(image->arena, struct boot_module);
	*module = (struct boot_module){ image->boot_modules, path->core, prefix->text, name, NULL, UNREADABLE, NULL, NULL, NULL };
	image->boot_modules = module;
	read_list(image, module, command);
	return module;
}

const struct boot_module *boot_grub_module_file(struct image *image, const struct boot_path *path, const char *name,
						const char *file)
{
	static const struct boot_module unreadable = { .have = UNREADABLE };
	const char *end = strrchr(file, '/');
	size_t length = end ? (size_t)(end - file) : 0;

	/* what it depends on may be among those */
	if (path->core->nameless_count || path->core->fault != GRUB_CORE_GOOD)
		return &unreadable;
	while (length && file[length - 1] != '/')
		length--;
	return find_module(image, path, arena_strndup(image->arena, file, length ? length - 1 : 0), name, NULL);
}
