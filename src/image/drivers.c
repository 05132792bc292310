/* SPDX-License-Identifier: MIT */
/* drivers: what a release has of a driver. */
#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "image/releases.h"

/* What a link below the folder of modules leads to.  1 and *ret; 0: nothing, or not to one of that type; or a negative errno. */
static int follow(const struct kernel_release *release, const char *path, enum fs_type type, struct fs_entry *ret)
{
	struct fs *fs = release->system->fs;
	struct arena *arena = release->state->image->arena;
	int r = fs_resolve(fs, arena, arena_printf(arena, "%s/%s", release->modules_path, path), false, ret, NULL, NULL);

	if (r == 0)
		return fs_type_of(fs, ret) == type;
	return fs_is_answer(r) ? 0 : r;
}

/* The entries of a folder of modules, read when they are first asked for. */
static const struct module_folder *look_into(const struct kernel_release *release, const char *path)
{
	struct release_state *state = release->state;
	struct arena *arena = state->image->arena;
	struct fs *fs = release->system->fs;
	const char *slash = strrchr(path, '/');
	const struct module_folder *parent;
	struct module_folder *folder;
	uint64_t handle = state->modules_handle;
	struct fs_entry *entries;

	for (folder = state->folders; folder; folder = folder->next)
		if (!strcmp(folder->path, path))
			return folder;
	folder = ARENA_NEW(arena, struct module_folder);
	folder->path = path;
	folder->next = state->folders;
	state->folders = folder;
	if (*path) {
		const char *name = slash ? slash + 1 : path;
		bool found = false;

		parent = look_into(release, slash ? arena_strndup(arena, path, (size_t)(slash - path)) : "");
		for (size_t i = 0; i < parent->count && !found; i++) {
			if (strcmp(parent->entries[i].name, name))
				continue;
			struct fs_entry entry = parent->entries[i];
			int r = 1;

			if (fs_type_of(fs, &entry) == FS_SYMLINK)
				r = follow(release, path, FS_DIRECTORY, &entry);
			folder->unreadable = r < 0;
			if (!r)
				break;
			found = true;
			handle = entry.handle;
		}
		folder->unreadable |= parent->unreadable;
		if (!found || folder->unreadable)
			return folder;
	}
	if (fs->ops->readdir(fs, arena, handle, &entries, &folder->count, NULL) < 0) {
		folder->count = 0;
		folder->unreadable = true;
	} else {
		folder->entries = entries;
	}
	return folder;
}

/* Is there a file with something in it?  What cannot be looked at may be one. */
static bool is_module(const struct kernel_release *release, const char *path, const struct fs_entry *listed)
{
	struct fs *fs = release->system->fs;
	struct fs_entry entry = *listed;
	struct fs_stat stat;
	int r = 1;

	if (fs_type_of(fs, &entry) == FS_SYMLINK)
		r = follow(release, path, FS_FILE, &entry);
	if (r <= 0)
		return r < 0;
	return fs_type_of(fs, &entry) == FS_FILE && (fs->ops->stat(fs, entry.handle, &stat, NULL) < 0 || stat.size);
}

static bool release_has_file(const struct kernel_release *release, const char *path)
{
	const struct module_folder *folder;
	const char *slash, *release_in_path;
	unsigned depth = 0;

	if (!release->modules_path)
		return false;
	/* depmod of old wrote whole paths */
	if (*path == '/') {
		release_in_path = strstr(path, release->release);
		if (!release_in_path || release_in_path[strlen(release->release)] != '/')
			return true;
		path = release_in_path + strlen(release->release) + 1;
	}
	for (const char *p = path; *p; p++)
		depth += *p == '/';
	if (depth > limits.depth) {
		limit_error(NULL, "a module lies deeper than %" PRIu64 " directories" RAISES("max-depth"), limits.depth);
		return true;
	}
	slash = strrchr(path, '/');
	folder = look_into(release,
			   slash ? arena_strndup(release->state->image->arena, path, (size_t)(slash - path)) : "");
	if (folder->unreadable)
		return true;
	for (size_t i = 0; i < folder->count; i++)
		if (!strcmp(folder->entries[i].name, slash ? slash + 1 : path))
			return is_module(release, path, &folder->entries[i]);
	return false;
}

/* Of one that is to be loaded: can it be? */
static enum driver_state loadable(const struct kernel_release *release, const char *name)
{
	const struct modules *modules = release_modules(release);
	const struct module *module = modules ? modules_find(modules, name) : NULL;

	if (release->have_modules == UNREADABLE)
		return DRIVER_MODULE;
	return module && module->state != MODULE_UNKNOWN && release_has_file(release, module->path) ? DRIVER_MODULE
												    : DRIVER_MODULE_GONE;
}

static enum driver_state by_lists(const struct kernel_release *release, const char *name)
{
	const struct modules *modules = release_modules(release);

	if (!modules)
		return DRIVER_UNKNOWN;
	switch (modules_state(modules, name)) {
	case MODULE_BUILTIN:
		return DRIVER_BUILTIN;
	case MODULE_LOADABLE:
		return loadable(release, name);
	case MODULE_UNKNOWN:
		break;
	}
	/* what is in neither list was not built, if there are both */
	return modules->has_dep && modules->has_builtin && release->have_modules != UNREADABLE ? DRIVER_ABSENT : DRIVER_UNKNOWN;
}

enum driver_state release_driver(const struct kernel_release *release, const char *symbol, const char *module)
{
	const struct kconfig *config = release_config(release);

	if (!config || !symbol)
		return module ? by_lists(release, module) : DRIVER_UNKNOWN;
	switch (kconfig_value(config, symbol)) {
	case KCONFIG_YES:
		return DRIVER_BUILTIN;
	case KCONFIG_MODULE:
		return module ? loadable(release, module) : DRIVER_MODULE;
	case KCONFIG_OTHER:
		return DRIVER_UNKNOWN;
	case KCONFIG_ABSENT:
	case KCONFIG_NOT_SET:
		break;
	}
	return DRIVER_ABSENT;
}

struct location release_symbol_place(const struct kernel_release *release, const char *symbol)
{
	const struct kconfig *config = release_config(release);
	const struct kconfig_entry *entry = config && symbol ? kconfig_find(config, symbol) : NULL;
	struct location place = release->config_place;

	if (entry && release->evidence == CONFIG_FILE) {
		place.line = entry->line;
		place.column = 1;
	}
	return place;
}

/* A module somewhere below a folder; `left` bounds how many entries are looked at. */
static size_t count_files(struct fs *fs, uint64_t handle, unsigned depth, uint64_t *left)
{
	ARENA_AUTO scratch = arena_new(limits_arena_bytes());
	struct fs_entry *entries;
	size_t count, length;

	if (depth > limits.depth) {
		limit_error(NULL, "modules lie deeper than %" PRIu64 " directories" RAISES("max-depth"), limits.depth);
		return 0;
	}
	if (fs->ops->readdir(fs, scratch, handle, &entries, &count, NULL) < 0)
		return 0;
	for (size_t i = 0; i < count; i++)
		if (module_base_name(entries[i].name, strlen(entries[i].name), &length) && fs_type_of(fs, &entries[i]) == FS_FILE)
			return 1;
	for (size_t i = 0; i < count && *left; i++) {
		(*left)--;
		if (entries[i].type == FS_DIRECTORY && count_files(fs, entries[i].handle, depth + 1, left))
			return 1;
	}
	if (!*left)
		limit_error(NULL, "a folder of modules has more than %" PRIu64 " files, and no module" RAISES("max-files"),
			    limits.files);
	return 0;
}

size_t release_module_files(const struct kernel_release *release)
{
	uint64_t left = limits.files;

	if (!release->modules_path)
		return 0;
	return count_files(release->system->fs, release->state->modules_handle, 0, &left);
}
