/* SPDX-License-Identifier: MIT */
/* releases: what belongs to one `uname -r`: its configuration, its folder of modules.  What it has of a driver is in
 * drivers.c. */
#include "image/releases.h"

#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "image/gather.h"

/* The folder of modules in a system's tree. */
static bool find_modules(const struct system *system, struct kernel_release *release)
{
	static const char *const folders[] = { "/usr/lib/modules", "/lib/modules" };
	struct arena *arena = release->state->image->arena;

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		const char *path = arena_printf(arena, "%s/%s", folders[i], release->release), *resolved;
		struct fs_entry entry;
		struct error err;
		int r;

		r = fs_resolve(system->fs, arena, path, false, &entry, &resolved, &err);
		if (!fs_is_answer(r) && !release->modules_error.code)
			release->modules_error = err;
		if (r < 0 || entry.type != FS_DIRECTORY)
			continue;
		release->modules_path = resolved;
		release->modules_place = system_place(system, resolved);
		release->state->modules_handle = entry.handle;
		return true;
	}
	return false;
}

/* Places of a configuration in a system's tree, the usual one first. */
static const char *config_path(struct arena *arena, const struct kernel_release *release, unsigned i)
{
	switch (i) {
	case 0:
		return arena_printf(arena, "/boot/config-%s", release->release);
	case 1:
		return arena_printf(arena, "/usr/lib/modules/%s/config", release->release);
	case 2:
		return arena_printf(arena, "/lib/modules/%s/config", release->release);
	case 3:
		return arena_printf(arena, "/usr/lib/kernel/config-%s", release->release);
	}
	return NULL;
}

static bool has_config(const struct system *system, const struct kernel_release *release)
{
	struct arena *arena = release->state->image->arena;
	struct fs_entry entry;
	const char *path;

	for (unsigned i = 0; (path = config_path(arena, release, i)); i++)
		if (fs_resolve(system->fs, arena, path, false, &entry, NULL, NULL) >= 0)
			return true;
	return false;
}

/* Does the system's tree have files of this file system? */
static bool uses(const struct system *system, const struct filesystem *filesystem)
{
	if (system->filesystem == filesystem)
		return true;
	for (size_t i = 0; i < system->mount_count; i++)
		if (system->mounts[i].filesystem == filesystem)
			return true;
	return false;
}

static bool belongs(const struct system *system, struct kernel_release *release)
{
	if (!system->fs || (!find_modules(system, release) && !has_config(system, release)))
		return false;
	release->system = system;
	return true;
}

/* The system that the release is installed in, one that the kernel lies in before others. */
static void find_system(struct image *image, struct kernel_release *release, const struct filesystem *beside)
{
	for (int pass = 0; pass < 2; pass++)
		for (unsigned i = 0; i < image->system_count; i++)
			if (uses(&image->systems[i], beside) == !pass && belongs(&image->systems[i], release))
				return;
}

static void look_for_dep(struct kernel_release *release)
{
	struct arena *arena = release->state->image->arena;
	struct fs_entry entry;
	int r = fs_resolve(release->system->fs, arena, arena_printf(arena, "%s/modules.dep", release->modules_path), false,
			   &entry, NULL, &release->modules_error);

	if (r >= 0 && entry.type == FS_FILE)
		release->have_modules = HAVE;
	else if (!fs_is_answer(r))
		release->have_modules = UNREADABLE;
	if (release->have_modules != UNREADABLE)
		release->modules_error.code = 0;
}

/* Why a release of which no modules were found may have some all the same: code 0 when it has none. */
static void look_for_reasons(struct image *image, struct kernel_release *release)
{
	const struct error *why = release->modules_error.code ? &release->modules_error
				  : image->systems_error.code ? &image->systems_error : NULL;

	for (unsigned i = 0; i < image->system_count && !why; i++)
		if (image->systems[i].partial.code)
			why = &image->systems[i].partial;
	if (!why)
		return;
	release->have_modules = UNREADABLE;
	if (why != &release->modules_error)
		release->modules_error = *why;
}

struct kernel_release *image_release(struct image *image, const char *name, const struct filesystem *beside)
{
	struct kernel_release **end = &image->releases, *release;

	for (; *end; end = &(*end)->next)
		if (!strcmp((*end)->release, name))
			return *end;
	release = ARENA_NEW(image->arena, struct kernel_release);
	release->release = name;
	release->state = ARENA_NEW(image->arena, struct release_state);
	release->state->image = image;
	release->state->release = release;
	find_system(image, release, beside);
	if (release->modules_path)
		look_for_dep(release);
	else
		look_for_reasons(image, release);
	*end = release;
	return release;
}

void image_settle_releases(struct image *image)
{
	for (struct kernel_release *release = image->releases; release; release = release->next) {
		const struct kernel_file *file = release->state->file;

		if (release->modules_path || release->have_modules != ABSENT)
			continue;
		if (!release->system)
			find_system(image, release, file ? file->filesystem : NULL);
		if (release->modules_path)
			look_for_dep(release);
		else
			look_for_reasons(image, release);
	}
}

/* Reads one file that may be a configuration; true when it is one. */
static bool read_config(struct kernel_release *release, struct fs *fs, uint64_t handle, const char *path)
{
	struct arena *arena = release->state->image->arena;
	struct kconfig *config;
	struct view *view;
	int r = fs_file_view(fs, arena, handle, &view, &release->config_error);

	release->config_damaged = true;
	if (r >= 0)
		r = kconfig_read(arena, view, &config, &release->config_error);
	if (r < 0) {
		error_prefix(&release->config_error, r, "%s", path);
		return false;
	}
	if (!config->count) {
		error_set(&release->config_error, EINVAL, "%s is no kernel configuration", path);
		return false;
	}
	/* what it does not say may have stood in the rest */
	if (config->cut) {
		error_set(&release->config_error, EINVAL, "%s is cut short behind line %u", path, config->lines);
		return false;
	}
	release->config = config;
	release->evidence = CONFIG_FILE;
	release->config_error.code = 0;
	release->config_damaged = false;
	return true;
}

static bool config_in_system(struct kernel_release *release)
{
	const struct system *system = release->system;
	struct arena *arena = release->state->image->arena;
	const char *path, *resolved;
	struct fs_entry entry;
	struct error err;

	for (unsigned i = 0; system && (path = config_path(arena, release, i)); i++) {
		int r = fs_resolve(system->fs, arena, path, false, &entry, &resolved, &err);

		if (!fs_is_answer(r) && !release->config_error.code)
			release->config_error = err;
		if (r < 0 || entry.type != FS_FILE ||
		    !read_config(release, system->fs, entry.handle, path))
			continue;
		release->config_place = system_place(system, resolved);
		return true;
	}
	return false;
}

/* In the folder of the kernel: a /boot that no fstab mounts. */
static bool config_beside_kernel(struct kernel_release *release)
{
	const struct kernel_file *file = release->state->file;
	const struct filesystem *filesystem = file ? file->filesystem : NULL;
	struct arena *arena = release->state->image->arena;
	const char *slash = file ? strrchr(file->path, '/') : NULL, *path, *resolved;
	struct fs_entry entry;

	if (!slash || !filesystem->fs)
		return false;
	path = arena_printf(arena, "%.*s/config-%s", (int)(slash - file->path), file->path, release->release);
	if (fs_resolve(filesystem->fs, arena, path, false, &entry, &resolved, NULL) < 0 || entry.type != FS_FILE ||
	    !read_config(release, filesystem->fs, entry.handle, path))
		return false;
	release->config_place = (struct location){ .partition = filesystem->partition, .volume = filesystem->volume,
						   .path = resolved };
	return true;
}

static bool config_in_kernel(struct kernel_release *release)
{
	const struct kernel_file *file = release->state->file;
	struct arena *arena = release->state->image->arena;
	struct kernel *kernel = file ? (struct kernel *)(uintptr_t)file->kernel : NULL;
	struct kconfig *config;
	struct error err;

	if (!kernel)
		return false;
	if (kernel_scan(arena, kernel, KERNEL_WANT_CONFIG, limits_kernel_bytes(), &err) < 0) {
		if (!release->config_error.code)
			release->config_error = err;
		return false;
	}
	if (!kernel->config || kconfig_parse(arena, kernel->config, kernel->config_size, &config, NULL) < 0 || !config->count)
		return false;
	release->config = config;
	release->evidence = CONFIG_IKCONFIG;
	release->config_place = kernel_place(file);
	release->config_error.code = 0;
	release->config_damaged = false;
	return true;
}

const struct kconfig *release_config(const struct kernel_release *of)
{
	struct release_state *state = of->state;
	struct kernel_release *release = state->release;
	const struct modules *modules;

	if (state->config_read)
		return release->config;
	state->config_read = true;
	if (config_in_system(release) || config_beside_kernel(release) || config_in_kernel(release))
		return release->config;
	modules = release_modules(release);
	if (modules && (modules->has_builtin || modules->has_dep)) {
		release->evidence = CONFIG_MODULES;
		release->config_place = release->modules_place;
	} else if (state->file) {
		release->config_place = kernel_place(state->file);
	}
	return NULL;
}

/* Gives one of the lists to its reader.  A list that is not there is none. */
static void add_list(const struct kernel_release *release, const char *name,
		     int (*add)(struct modules *modules, const void *text, size_t size, struct error *err))
{
	struct release_state *state = release->state;
	ARENA_AUTO scratch = arena_new(limits_arena_bytes());
	struct error *err = &state->release->modules_error;
	struct fs *fs = release->system->fs;
	struct fs_entry entry;
	struct view *view;
	char *text;
	int r;

	r = fs_resolve(fs, scratch, arena_printf(scratch, "%s/%s", release->modules_path, name), false, &entry, NULL, err);
	if (fs_is_answer(r) && (r < 0 || entry.type != FS_FILE)) {
		/* what an earlier one said stays */
		if (state->release->have_modules != UNREADABLE)
			err->code = 0;
		return;
	}
	if (r >= 0)
		r = fs_file_view(fs, scratch, entry.handle, &view, err);
	if (r >= 0 && view->size > LIMIT_MODULES_BYTES)
		r = limit_error(err, "%s has more than %llu bytes", name, LIMIT_MODULES_BYTES);
	if (r >= 0) {
		text = arena_alloc(scratch, (size_t)view->size);
		r = view_read(view, 0, text, (size_t)view->size, err);
		if (r >= 0)
			r = add(state->modules, text, (size_t)view->size, err);
	}
	if (r < 0) {
		error_prefix(err, r, "%s/%s", release->modules_path, name);
		state->release->have_modules = UNREADABLE;
	}
}

struct modules *release_modules(const struct kernel_release *release)
{
	struct release_state *state = release->state;

	if (state->modules_read || !release->modules_path)
		return state->modules;
	state->modules_read = true;
	state->modules = modules_new(state->image->arena);
	add_list(release, "modules.dep", modules_add_dep);
	add_list(release, "modules.builtin", modules_add_builtin);
	add_list(release, "modules.softdep", modules_add_softdep);
	return state->modules;
}

void release_read_aliases(const struct kernel_release *release)
{
	struct release_state *state = release->state;

	if (state->aliases_read || !release_modules(release))
		return;
	state->aliases_read = true;
	add_list(release, "modules.alias", modules_add_alias);
}
