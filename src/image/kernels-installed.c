/* SPDX-License-Identifier: MIT */
/* kernels-installed: the kernels that lie where kernels are installed: /boot, /usr/lib/modules/RELEASE, the ESP.
 *
 * A file of such a name that is no kernel is nobody's concern, unless a boot entry names it.
 */
#include <string.h>

#include "base/limits.h"
#include "base/utf16.h"
#include "efi/pe.h"
#include "image/gather.h"
#include "image/releases.h"

#define MOST_FOLDERS 64 /* that are looked into, below one */

static bool begins(const char *name, const char *with)
{
	return !ascii_ncasecmp(name, with, strlen(with));
}

static bool ends(const char *name, const char *with)
{
	size_t length = strlen(name), n = strlen(with);

	return length >= n && !ascii_casecmp(name + length - n, with);
}

static bool kernel_name(const char *name)
{
	static const char *const names[] = { "vmlinuz", "vmlinux", "Image", "zImage", "bzImage", "kernel-", "linux-" };
	static const char *const others[] = { ".hmac", ".sig", ".sha512", ".sha256", ".txt", ".conf", ".img", ".dtb" };

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (ends(name, others[i]))
			return false;
	if (!ascii_casecmp(name, "linux"))
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (begins(name, names[i]))
			return true;
	return false;
}

static unsigned kernel_count(const struct image *image)
{
	unsigned n = 0;

	for (const struct kernel_file *k = image->kernel_files; k; k = k->next)
		n++;
	return n;
}

/* Not all was looked at. */
static void keep_limit(struct image *image, const char *what, unsigned most)
{
	limit_error(image->kernels_error.code ? NULL : &image->kernels_error, "there are more than %u %s", most, what);
}

/* A folder, or a file of a kernel's name, could not be looked at. */
static void keep_trouble(struct image *image, int r, const struct error *err)
{
	if (!fs_is_answer(r) && !image->kernels_error.code)
		error_set(&image->kernels_error, -r, "%s", err->message);
}

static size_t list(struct image *image, struct arena *arena, struct fs *fs, const char *path, struct fs_entry **ret)
{
	struct error err = { 0 };
	struct fs_entry entry;
	size_t count = 0;
	int r = fs_resolve(fs, arena, path, false, &entry, NULL, &err);

	if (r == 0 && entry.type != FS_DIRECTORY)
		return 0;
	if (r == 0)
		r = fs->ops->readdir(fs, arena, entry.handle, ret, &count, &err);
	keep_trouble(image, r, &err);
	return r < 0 ? 0 : count;
}

/* Links followed: *ret_path is in the image's arena, the folders' listings on the way are not kept. */
static bool find_file(struct image *image, struct fs *fs, const char *path, struct fs_entry *ret, const char **ret_path)
{
	ARENA_AUTO scratch = arena_new(limits_arena_bytes());
	const char *resolved;
	struct error err;
	int r = fs_resolve(fs, scratch, path, false, ret, &resolved, &err);

	keep_trouble(image, r, &err);
	if (r < 0 || ret->type != FS_FILE)
		return false;
	*ret_path = arena_strdup(image->arena, resolved);
	return true;
}

/* May one more be looked at? */
static bool look_on(struct image *image)
{
	if (kernel_count(image) >= LIMIT_KERNEL_FILES) {
		keep_limit(image, "kernels", LIMIT_KERNEL_FILES);
		return false;
	}
	if (image->kernel_names++ < LIMIT_KERNEL_NAMES)
		return true;
	keep_limit(image, "files of a kernel's name", LIMIT_KERNEL_NAMES);
	return false;
}

static struct view *open_file(struct image *image, struct fs *fs, uint64_t handle)
{
	struct view *view;
	struct error err;
	int r = fs_file_view(fs, image->arena, handle, &view, &err);

	keep_trouble(image, r, &err);
	return r < 0 ? NULL : view;
}

/* Opens one by its path in a file system, links followed. */
static void add_file(struct image *image, struct filesystem *filesystem, const char *path)
{
	struct fs_entry entry;
	const char *resolved;
	struct view *view;

	if (!look_on(image) || !find_file(image, filesystem->fs, path, &entry, &resolved) ||
	    !(view = open_file(image, filesystem->fs, entry.handle)))
		return;
	image_kernel_file(image, filesystem, entry.handle, resolved, view, false)->installed = true;
}

static void add_uki(struct image *image, struct filesystem *filesystem, const char *path, uint64_t handle)
{
	const struct pe_section *section;
	const struct pe *pe;
	struct view *view;
	struct error err;
	int r;

	if (!look_on(image) || !(view = open_file(image, filesystem->fs, handle)))
		return;
	r = pe_read(image->arena, view, &pe, &err);
	keep_trouble(image, r, &err);
	if (r < 0 || pe->status != PE_OK || !(section = pe_section(pe, ".linux")))
		return;
	view = view_slice(image->arena, view, section->raw_offset, pe_section_size(pe, section));
	image_kernel_file(image, filesystem, handle, path, view, true)->installed = true;
}

static bool may_be_file(struct fs *fs, const struct fs_entry *listed)
{
	enum fs_type type = fs_type_of(fs, listed);

	return type == FS_FILE || type == FS_SYMLINK;
}

/* Files of a kernel's name in one folder. */
static void search_folder(struct image *image, struct filesystem *filesystem, const char *folder)
{
	ARENA_AUTO scratch = arena_new(limits_arena_bytes());
	struct fs_entry *entries;
	size_t count = list(image, scratch, filesystem->fs, folder, &entries);

	for (size_t i = 0; i < count; i++)
		if (kernel_name(entries[i].name) && may_be_file(filesystem->fs, &entries[i]))
			add_file(image, filesystem, arena_printf(image->arena, "%s/%s", folder, entries[i].name));
}

/* May one more of the folders below one be looked into? */
static bool look_into(struct image *image, unsigned *count)
{
	if ((*count)++ < MOST_FOLDERS)
		return true;
	if (*count == MOST_FOLDERS + 1)
		keep_limit(image, "folders in which kernels may lie", MOST_FOLDERS);
	return false;
}

/* What kernel-install and bootctl put on an ESP or an XBOOTLDR partition: /TOKEN/RELEASE/linux, /EFI/Linux/TOKEN-RELEASE.efi. */
static void search_boot_partition(struct image *image, struct filesystem *filesystem)
{
	ARENA_AUTO scratch = arena_new(limits_arena_bytes());
	struct fs_entry *tokens, *releases, *ukis;
	size_t token_count = list(image, scratch, filesystem->fs, "/", &tokens), count;
	unsigned token_folders = 0;

	for (size_t i = 0; i < token_count; i++) {
		const char *folder = arena_printf(scratch, "/%s", tokens[i].name);
		unsigned release_folders = 0;

		if (tokens[i].type != FS_DIRECTORY || !ascii_casecmp(tokens[i].name, "EFI") ||
		    !ascii_casecmp(tokens[i].name, "loader") || !look_into(image, &token_folders))
			continue;
		count = list(image, scratch, filesystem->fs, folder, &releases);
		for (size_t k = 0; k < count; k++)
			if (releases[k].type == FS_DIRECTORY && look_into(image, &release_folders))
				search_folder(image, filesystem, arena_printf(scratch, "%s/%s", folder, releases[k].name));
	}
	count = list(image, scratch, filesystem->fs, "/EFI/Linux", &ukis);
	for (size_t i = 0; i < count; i++)
		if (ukis[i].type == FS_FILE && ends(ukis[i].name, ".efi"))
			add_uki(image, filesystem, arena_printf(image->arena, "/EFI/Linux/%s", ukis[i].name),
				ukis[i].handle);
}

/* A kernel by its path in a system's tree: it is opened in the file system that it lies on. */
static void add_of_system(struct image *image, const struct system *system, const char *path)
{
	const struct filesystem *filesystem;
	const char *resolved;
	struct location place;
	struct arena_mark mark;
	struct fs_entry entry, there;
	struct view *view;

	if (!look_on(image) || !find_file(image, system->fs, path, &entry, &resolved) ||
	    !(view = open_file(image, system->fs, entry.handle)))
		return;
	place = system_place(system, resolved);
	filesystem = system_filesystem(system, resolved);
	if (!filesystem || !place.path)
		return;
	mark = arena_mark(image->arena);
	if (!filesystem->fs || fs_lookup(filesystem->fs, image->arena, place.path, &there, NULL) < 0)
		there.handle = KERNEL_FILE_UNSEEN;
	arena_release(image->arena, mark);
	image_kernel_file(image, filesystem, there.handle, place.path, view, false)->installed = true;
}

static void search_system(struct image *image, const struct system *system)
{
	static const char *const folders[] = { "/usr/lib/modules", "/lib/modules" };
	ARENA_AUTO scratch = arena_new(limits_arena_bytes());
	struct fs_entry *entries, *releases;
	size_t count = list(image, scratch, system->fs, "/boot", &entries), release_count;

	for (size_t i = 0; i < count; i++)
		if (kernel_name(entries[i].name) && may_be_file(system->fs, &entries[i]))
			add_of_system(image, system, arena_printf(image->arena, "/boot/%s", entries[i].name));
	for (size_t f = 0; f < sizeof(folders) / sizeof(*folders); f++) {
		unsigned release_folders = 0;

		release_count = list(image, scratch, system->fs, folders[f], &releases);
		for (size_t i = 0; i < release_count; i++) {
			const char *folder = arena_printf(scratch, "%s/%s", folders[f], releases[i].name);

			if (fs_type_of(system->fs, &releases[i]) != FS_DIRECTORY || !look_into(image, &release_folders))
				continue;
			count = list(image, scratch, system->fs, folder, &entries);
			for (size_t k = 0; k < count; k++)
				if (kernel_name(entries[k].name) && fs_type_of(system->fs, &entries[k]) == FS_FILE)
					add_of_system(image, system,
						      arena_printf(image->arena, "%s/%s", folder, entries[k].name));
		}
	}
}

void image_gather_kernels(struct image *image)
{
	for (unsigned i = 0; i < image->system_count; i++)
		if (image->systems[i].fs)
			search_system(image, &image->systems[i]);
	for (unsigned i = 0; i < image->filesystem_count; i++) {
		struct filesystem *filesystem = &image->filesystems[i];

		/* nothing is opened for this alone, but what is read in process */
		if (filesystem->have == HAVE && filesystem->type && !strcmp(filesystem->type, "vfat"))
			filesystem_open(image, filesystem);
		/* whatever its code: that libguestfs is not there is no answer about a kernel */
		if ((filesystem->have == UNREADABLE || (filesystem->opened && filesystem->have_files == UNREADABLE)) &&
		    !image->kernels_error.code)
			image->kernels_error = filesystem->error;
		if (!filesystem->opened || filesystem->have_files != HAVE)
			continue;
		search_folder(image, filesystem, "");
		if (!strcmp(filesystem->type, "vfat"))
			search_boot_partition(image, filesystem);
	}
	for (const struct kernel_release *release = image->releases; release; release = release->next)
		release_config(release);
}
