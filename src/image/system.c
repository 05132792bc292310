/* SPDX-License-Identifier: MIT */
/* system: finds the root file systems, those that we read in process first, and the helper's if there is none. */
#include "image/system.h"

#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "fs/ext.h"
#include "image/gather.h"
#include "image/system-internal.h"
#include "partition/discoverable.h"
#include "partition/gpt.h"

/* What was looked for in one file system, and why we could not look: of the first time. */
struct search {
	struct image *image;
	struct fs *fs;
	struct error trouble; /* code 0: all looks were answered */
};

static bool exists(struct search *search, const char *path, enum fs_type *ret_type)
{
	struct arena_mark mark = arena_mark(search->image->arena);
	struct fs_entry entry;
	struct error err;
	int r = fs_resolve(search->fs, search->image->arena, path, false, &entry, NULL, &err);

	arena_release(search->image->arena, mark);
	if (!fs_is_answer(r) && !search->trouble.code)
		error_set(&search->trouble, -r, "%s: %s", path, err.message);
	if (r == 0 && ret_type)
		*ret_type = entry.type;
	return r == 0;
}

static bool is_directory(struct search *search, const char *path)
{
	enum fs_type type;

	return exists(search, path, &type) && type == FS_DIRECTORY;
}

/* Is this directory the root of a system?  Its os-release may be on another file system, with the rest of /usr. */
static bool is_root(struct search *search, const char *path)
{
	static const char *const files[] = { "/usr/lib/os-release", "/etc/fstab", "/etc/passwd", "/etc/os-release" };
	struct arena *arena = search->image->arena;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		struct arena_mark mark = arena_mark(arena);
		bool there = exists(search, arena_printf(arena, "%s%s", path, files[i]), NULL);

		arena_release(arena, mark);
		if (there)
			return true;
	}
	return false;
}

/* A folder at the top of a btrfs that holds a root: the usual names of subvolumes first.  NULL: none. */
static const char *find_subvolume(struct search *search)
{
	static const char *const usual[] = { "@", "root", "@rootfs", "@root", "@/.snapshots/1/snapshot" };
	struct fs *fs = search->fs;
	struct fs_entry *entries;
	unsigned folders = 0;
	struct error err;
	size_t count;
	int r;

	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		if (is_root(search, usual[i]))
			return usual[i];
	r = fs->ops->readdir(fs, search->image->arena, fs->root, &entries, &count, &err);
	if (r < 0) {
		if (!search->trouble.code)
			search->trouble = err;
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		if (fs_type_of(fs, &entries[i]) != FS_DIRECTORY)
			continue;
		if (folders++ == LIMIT_SUBVOLUMES) {
			/* a volume of data has many folders, too: it counts where a root is missing, as systems_error says */
			if (!search->trouble.code)
				error_set(&search->trouble, ENOTSUP, "its top has more than %d folders that may hold a system",
					  LIMIT_SUBVOLUMES);
			return NULL;
		}
		if (is_root(search, entries[i].name))
			return entries[i].name;
	}
	return NULL;
}

static void note_unreadable(struct image *image, struct filesystem *f, const struct error *err)
{
	const char *title = filesystem_title(image, f);

	/* who could not read it may have said of what it speaks */
	if (strstr(err->message, title))
		error_set(&f->search_error, err->code, "%s", err->message);
	else
		error_set(&f->search_error, err->code, "the %s cannot be read: %s", title, err->message);
	if (!image->systems_error.code)
		image->systems_error = f->search_error;
}

/* What looks like a system but is none that can be judged from here: says which. */
static void note_strange(struct image *image, struct filesystem *f)
{
	struct search search = { .image = image, .fs = f->fs };
	const char *what = NULL;

	if (is_directory(&search, "/ostree/deploy") || is_directory(&search, "/ostree/repo"))
		what = "an OSTree deployment";
	else if (is_directory(&search, "/nix/store"))
		what = "a NixOS that makes its /etc when it starts";
	else if (exists(&search, "/lib/os-release", NULL))
		what = "a /usr whose root is made at first boot";
	if (what)
		error_set(&image->systems_error, ENOTSUP, "the %s holds %s, which cannot be judged",
			  filesystem_title(image, f), what);
	else if (search.trouble.code)
		note_unreadable(image, f, &search.trouble);
}

static struct system *add(struct image *image, struct filesystem *f, const char *subvolume)
{
	struct system *system = &image->systems[image->system_count];
	struct fs_entry root = { .handle = f->fs->root };
	struct error err;

	if (subvolume && fs_resolve(f->fs, image->arena, subvolume, false, &root, NULL, &err) < 0) {
		note_unreadable(image, f, &err);
		return NULL;
	}
	*system = (struct system){
		.index = image->system_count++,
		.arena = image->arena,
		.filesystem = f,
		.subvolume = subvolume,
		.tree = mounts_new(image->arena, f->fs, root.handle),
	};
	system->fs = mounts_fs(system->tree);
	system_read_tables(system);
	system_mount_all(image, system);
	system_read_release(system);
	system_read_first_boot(system);
	return system;
}

static int read_top(struct image *image, struct fs *fs, struct error *err)
{
	struct arena_mark mark = arena_mark(image->arena);
	struct fs_entry *entries;
	size_t count;
	int r = fs->ops->readdir(fs, image->arena, fs->root, &entries, &count, err);

	arena_release(image->arena, mark);
	return r;
}

static const struct system *look(struct image *image, struct filesystem *f)
{
	struct search search = { .image = image };
	const char *subvolume = NULL;
	struct system *system;
	struct error err;

	if (image->system_count == LIMIT_SYSTEMS) {
		limit_error(&f->search_error, "there are more than %d file systems with a system", LIMIT_SYSTEMS);
		if (!image->systems_error.code)
			image->systems_error = f->search_error;
		return NULL;
	}
	if (filesystem_open(image, f) != HAVE) {
		if (f->have_files == UNREADABLE)
			note_unreadable(image, f, &f->error);
		return NULL;
	}
	if (read_top(image, f->fs, &err) < 0) {
		note_unreadable(image, f, &err);
		return NULL;
	}
	search.fs = f->fs;
	if (is_root(&search, ""))
		return add(image, f, NULL);
	if (!strcmp(f->type, "btrfs"))
		subvolume = find_subvolume(&search);
	system = subvolume ? add(image, f, subvolume) : NULL;
	if (!system && search.trouble.code)
		note_unreadable(image, f, &search.trouble);
	return system;
}

static const struct system *known_system(const struct image *image, const struct filesystem *f)
{
	for (unsigned i = 0; i < image->system_count; i++)
		if (image->systems[i].filesystem == f)
			return &image->systems[i];
	return NULL;
}

const struct system *image_system_on(struct image *image, struct filesystem *f)
{
	const struct system *known = known_system(image, f);

	return known || !f->has_files || f->fat ? known : look(image, f);
}

/* Read by us, without starting the helper? */
static bool is_native(const struct image *image, const struct filesystem *f)
{
	if (!f->view || image->reader == IMAGE_READER_GUESTFS)
		return false;
	if (f->ext)
		return !f->dirty && f->ext->fault != EXT_UNSUPPORTED;
	return f->type && !strcmp(f->type, "squashfs");
}

static bool is_typed_root(const struct filesystem *f)
{
	return f->entry && f->entry->gpt && !f->volume && gpt_role(&f->entry->gpt->type, NULL) == GPT_ROLE_ROOT;
}

/* Could a Linux be installed there? */
static bool may_be_root(const struct filesystem *f)
{
	static const char *const never[] = { "vfat", "exfat", "ntfs", "iso9660", "udf", "hfsplus", "apfs" };

	if (f->have != HAVE || !f->has_files)
		return false;
	for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++)
		if (!strcmp(f->type, never[i]))
			return false;
	return true;
}

static void look_at_all(struct image *image, bool native)
{
	for (int typed = 1; typed >= 0; typed--)
		for (unsigned i = 0; i < image->filesystem_count; i++) {
			struct filesystem *f = &image->filesystems[i];

			if (may_be_root(f) && is_typed_root(f) == typed && is_native(image, f) == native)
				image_system_on(image, f);
		}
}

void image_look_further(struct image *image)
{
	unsigned before = image->system_count;
	const char *unseen;
	struct error err;

	if (image_list_volumes(image, &err) < 0)
		image->systems_error = err;
	look_at_all(image, false);
	if (image->system_count > before || image->systems_error.code)
		return;
	for (unsigned i = 0; i < image->filesystem_count && !image->systems_error.code; i++) {
		struct filesystem *f = &image->filesystems[i];

		if (f->have == UNREADABLE)
			image->systems_error = f->error;
		else if (f->fs && !f->fat && !known_system(image, f))
			note_strange(image, f);
	}
	unseen = image->systems_error.code ? NULL : image_volumes_unseen(image);
	if (unseen)
		error_set(&image->systems_error, ENOKEY, "%s", unseen);
}

void image_gather_systems(struct image *image)
{
	image->systems = ARENA_ARRAY(image->arena, LIMIT_SYSTEMS, struct system);
	if (!image->disk || image->have_table == UNREADABLE) {
		image->systems_error = image->table_error;
		return;
	}
	look_at_all(image, true);
	if (!image->system_count)
		image_look_further(image);
}

static const struct system_mount *mount_of(const struct system *system, const char *path, size_t *ret_length)
{
	const struct system_mount *found = NULL;

	*ret_length = 0;
	for (size_t i = 0; i < system->mount_count; i++) {
		const struct system_mount *mount = &system->mounts[i];
		size_t length = strlen(mount->path);

		if (mount->fs && length >= *ret_length && system_path_is_in(path, mount->path)) {
			found = mount;
			*ret_length = length;
		}
	}
	return found;
}

const struct filesystem *system_filesystem(const struct system *system, const char *path)
{
	size_t length;
	const struct system_mount *mount = mount_of(system, path, &length);

	return mount ? mount->filesystem : system->filesystem;
}

struct location system_place(const struct system *system, const char *path)
{
	size_t length;
	const struct system_mount *mount = mount_of(system, path, &length);
	const struct filesystem *f = mount ? mount->filesystem : system->filesystem;
	const char *subvolume = mount ? mount->subvolume : system->subvolume, *rest = path + length;
	struct location location = { .partition = f->partition, .volume = f->volume, .path = *rest ? rest : "/" };

	if (subvolume)
		location.path = arena_printf(system->arena, "/%s%s", subvolume + (*subvolume == '/'), rest);
	return location;
}
