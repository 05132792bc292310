/* SPDX-License-Identifier: MIT */
/* system-mounts: reads fstab and crypttab, and mounts what they (or the partitions' types) put where we look for files.
 *
 * Mounted are /boot, what lies below it, /efi, /usr and folders of modules: all else holds nothing that a rule asks for.  By type
 * as systemd's gpt-auto-generator does it: XBOOTLDR at /boot, the ESP at /boot or else /efi where these are free and empty.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "image/system-internal.h"
#include "partition/discoverable.h"
#include "partition/gpt.h"

typedef const struct fstab *parser(struct arena *, const struct boot_source *, const char *, size_t);

static void read_table(struct system *system, const char *path, parser *parse, enum have *ret_have, struct location *ret_place,
		       const struct fstab **ret, struct error *err)
{
	struct boot_source *source = ARENA_NEW(system->arena, struct boot_source);
	const char *resolved = NULL;
	struct fs_entry entry;
	char *data;
	size_t size;
	int r = fs_resolve(system->fs, system->arena, path, false, &entry, &resolved, err);

	*ret_place = system_place(system, r == 0 ? resolved : path);
	*source = (struct boot_source){ .partition = ret_place->partition, .path = ret_place->path };
	if (r == 0)
		r = boot_read_file(system->fs, system->arena, path, LIMIT_TEXT_FILE, &data, &size, err);
	*ret_have = r == 0 ? HAVE : r == -ENOENT || r == -ENOTDIR ? ABSENT : UNREADABLE;
	if (r == 0)
		*ret = parse(system->arena, source, data, size);
	else if (*ret_have == ABSENT)
		err->code = 0;
}

void system_read_tables(struct system *system)
{
	read_table(system, "/etc/fstab", fstab_parse, &system->have_fstab, &system->fstab_place, &system->fstab,
		   &system->fstab_error);
	read_table(system, "/etc/crypttab", crypttab_parse, &system->have_crypttab, &system->crypttab_place, &system->crypttab,
		   &system->crypttab_error);
}

/* What init itself needs must be on the root, or on the /usr that the initrd mounts; modules are loaded later, too. */
static bool is_of_modules(const char *path)
{
	return system_path_is_in(path, "/usr/lib/modules") || system_path_is_in(path, "/lib/modules");
}

static bool is_wanted(const struct fstab_entry *entry, const char *path)
{
	if (!strcmp(path, "/usr") || !strcmp(path, "/efi") || system_path_is_in(path, "/boot"))
		return true;
	return is_of_modules(path) && !fstab_option(entry, "noauto");
}

static bool is_device(const struct fstab_entry *entry)
{
	switch (entry->device_name.kind) {
	case BOOT_DEVICE_UUID:
	case BOOT_DEVICE_LABEL:
	case BOOT_DEVICE_PARTUUID:
	case BOOT_DEVICE_PARTLABEL:
	case BOOT_DEVICE_NODE:
	case BOOT_DEVICE_MAPPER:
	case BOOT_DEVICE_MD:
		return true;
	default:
		return false;
	}
}

static const char *without_slashes(struct arena *arena, const char *path)
{
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		length--;
	return path[length] ? arena_strndup(arena, path, length) : path;
}

static void note_partial(struct system *system, const struct system_mount *mount, int code, const char *why)
{
	/* what lies below /boot is the ESP, which is judged as that, or loaders' */
	if (system->partial.code ||
	    (strcmp(mount->path, "/boot") != 0 && strcmp(mount->path, "/usr") != 0 && !is_of_modules(mount->path)))
		return;
	error_set(&system->partial, code, "%s: %s", mount->path, why);
}

/* The directory that is mounted: of btrfs a subvolume, which the tree of the top level shows as a folder. */
static int find_root(struct image *image, struct system_mount *mount, struct fs **ret_fs, uint64_t *ret_root, struct error *err)
{
	struct filesystem *f = mount->filesystem;
	struct fs_entry entry;
	int r;

	*ret_fs = f->fs;
	*ret_root = f->fs->root;
	if (!mount->subvolume)
		return 0;
	if (fs_resolve(f->fs, image->arena, mount->subvolume, false, &entry, NULL, NULL) == 0) {
		*ret_root = entry.handle;
		return 0;
	}
	r = filesystem_open_subvolume(image, f, mount->subvolume, ret_fs, err);
	if (r == 0)
		*ret_root = (*ret_fs)->root;
	return r;
}

static void mount_one(struct image *image, struct system *system, struct system_mount *mount)
{
	struct filesystem *f = mount->filesystem;
	struct error err = { 0 };
	const char *resolved;
	struct fs_entry entry;
	uint64_t root;
	struct fs *fs;

	if (!f) {
		note_partial(system, mount, ENODEV, "the file system that is mounted there was not found in the image");
		return;
	}
	if (filesystem_open(image, f) != HAVE) {
		note_partial(system, mount, f->have_files == UNREADABLE ? f->error.code : ENODEV,
			     f->have_files == UNREADABLE ? f->error.message : "what is mounted there is no file system");
		return;
	}
	if (find_root(image, mount, &fs, &root, &err) < 0 || mounts_add(system->tree, mount->path, fs, root, &err) < 0)
		note_partial(system, mount, err.code, err.message);
	else
		mount->fs = fs;
	/* files are known by their paths without links: /lib/modules is /usr/lib/modules */
	if (mount->fs && is_of_modules(mount->path) &&
	    fs_resolve(system->fs, image->arena, mount->path, false, &entry, &resolved, NULL) == 0)
		mount->path = resolved;
}

static bool is_mounted(const struct system *system, const char *path)
{
	for (size_t i = 0; i < system->mount_count; i++)
		if (!strcmp(system->mounts[i].path, path))
			return true;
	return false;
}

static void add_from_fstab(struct image *image, struct system *system, const struct fstab_entry *entry)
{
	struct system_mount *mount = &system->mounts[system->mount_count];
	const struct fstab_option *subvolume = fstab_option(entry, "subvol");

	*mount = (struct system_mount){
		.entry = entry,
		.path = without_slashes(image->arena, entry->target.text),
		.filesystem = image_find_device(image, &entry->device_name),
	};
	if (mount->filesystem && mount->filesystem->type && !strcmp(mount->filesystem->type, "btrfs") && subvolume &&
	    subvolume->value && strcmp(subvolume->value, "/") != 0)
		mount->subvolume = subvolume->value;
	system->mount_count++;
}

static size_t depth(const char *path)
{
	size_t slashes = 0;

	for (; *path; path++)
		slashes += *path == '/';
	return slashes;
}

/* What lies below another mount point comes after it; otherwise fstab's order counts. */
static void sort(struct system *system)
{
	for (size_t i = 1; i < system->mount_count; i++)
		for (size_t j = i; j && depth(system->mounts[j].path) < depth(system->mounts[j - 1].path); j--) {
			struct system_mount swapped = system->mounts[j];

			system->mounts[j] = system->mounts[j - 1];
			system->mounts[j - 1] = swapped;
		}
}

/* systemd takes a folder that is missing or empty, and that fstab does not speak of. */
static bool is_free(struct system *system, const char *path)
{
	ARENA_AUTO scratch = arena_new(limits_arena_bytes());
	struct fs_entry entry, *entries;
	struct error err;
	size_t count = 0;
	int r;

	if (is_mounted(system, path))
		return false;
	r = fs_resolve(system->fs, scratch, path, false, &entry, NULL, &err);
	if (r < 0 && fs_is_answer(r))
		return true;
	if (r == 0 && entry.type != FS_DIRECTORY)
		return false;
	if (r == 0)
		r = system->fs->ops->readdir(system->fs, scratch, entry.handle, &entries, &count, &err);
	if (r < 0 && !system->partial.code)
		error_set(&system->partial, -r, "%s: %s", path, err.message);
	return r == 0 && !count;
}

static struct filesystem *by_role(const struct image *image, enum gpt_role role)
{
	for (unsigned i = 0; i < image->filesystem_count; i++) {
		struct filesystem *f = &image->filesystems[i];
		const struct gpt_partition *p = f->entry && !f->volume ? f->entry->gpt : NULL;

		if (p && gpt_role(&p->type, NULL) == role && !(p->attributes & GPT_ATTRIBUTE_NO_AUTO) && f->has_files)
			return f;
	}
	return NULL;
}

static bool is_in_use(const struct system *system, const struct filesystem *f)
{
	for (size_t i = 0; i < system->mount_count; i++)
		if (system->mounts[i].filesystem == f)
			return true;
	return system->filesystem == f;
}

static void mount_by_type(struct image *image, struct system *system, enum gpt_role role, const char *const *paths)
{
	struct filesystem *f = by_role(image, role);

	if (!f || is_in_use(system, f) || system->mount_count >= LIMIT_MOUNTS - 1)
		return;
	for (; *paths; paths++)
		if (is_free(system, *paths)) {
			struct system_mount *mount = &system->mounts[system->mount_count++];

			*mount = (struct system_mount){ .path = *paths, .filesystem = f };
			mount_one(image, system, mount);
			return;
		}
}

/* A folder that is bound over another one, which is not followed. */
static void note_bound(struct image *image, struct system *system, const struct fstab_entry *entry)
{
	const struct system_mount mount = { .entry = entry, .path = without_slashes(image->arena, entry->target.text) };

	note_partial(system, &mount, ENOTSUP, "a folder that is bound there by fstab was not looked into");
}

void system_mount_all(struct image *image, struct system *system)
{
	static const char *const xbootldr[] = { "/boot", NULL }, *const esp[] = { "/boot", "/efi", NULL },
				 *const usr[] = { "/usr", NULL };

	system->mounts = ARENA_ARRAY(image->arena, LIMIT_MOUNTS, struct system_mount);
	if (system->have_fstab == UNREADABLE)
		error_set(&system->partial, system->fstab_error.code, "what is mounted is not known: /etc/fstab: %s",
			  system->fstab_error.message);
	for (size_t i = 0; system->fstab && i < system->fstab->entry_count; i++) {
		const struct fstab_entry *entry = &system->fstab->entries[i];

		if (entry->target.text && entry->type.text && strcmp(entry->type.text, "swap") != 0 &&
		    is_wanted(entry, without_slashes(image->arena, entry->target.text))) {
			if (fstab_option(entry, "bind") || fstab_option(entry, "rbind")) {
				note_bound(image, system, entry);
				continue;
			}
			if (!is_device(entry))
				continue;
			if (system->mount_count >= LIMIT_MOUNTS - 4) {
				limit_error(NULL, "fstab mounts more than %d file systems", LIMIT_MOUNTS - 4);
				break;
			}
			add_from_fstab(image, system, entry);
		}
	}
	sort(system);
	for (size_t i = 0; i < system->mount_count; i++)
		mount_one(image, system, &system->mounts[i]);
	mount_by_type(image, system, GPT_ROLE_USR, usr);
	mount_by_type(image, system, GPT_ROLE_XBOOTLDR, xbootldr);
	mount_by_type(image, system, GPT_ROLE_ESP, esp);
}
