/* SPDX-License-Identifier: MIT */
/* boot-modules: which modules GRUB has, inside its core image and as files. */
#include <errno.h>
#include <string.h>

#include "fs/fs.h"
#include "image/boot-internal.h"

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

static enum have look_up(struct arena *arena, struct fs *fs, const char *path)
{
	struct fs_entry entry;
	int r = fs_resolve_as_grub(fs, arena, path, &entry, NULL);

	if (r == 0)
		return entry.type == FS_FILE ? HAVE : ABSENT;
	return r == -ENOENT || r == -ENOTDIR || r == -ELOOP || r == -ENAMETOOLONG ? ABSENT : UNREADABLE;
}

enum have boot_grub_module(struct image *image, const struct boot_path *path, const char *name, const struct filesystem *but)
{
	struct boot_text first = { 0 };
	const struct boot_text *prefix;
	struct filesystem *filesystem;
	const char *device, *file;
	size_t length;

	if (!path->core || !path->grub)
		return UNREADABLE;
	if (grub_core_has(path->core, name))
		return HAVE;
	if (path->core->nameless_count || path->core->fault != GRUB_CORE_GOOD)
		return UNREADABLE;
	prefix = prefix_of(path->grub, &first);
	if (prefix->unknown)
		return UNREADABLE;
	if (!prefix->text || *prefix->text != '(')
		return ABSENT;
	length = strcspn(prefix->text, ")");
	if (!prefix->text[length])
		return ABSENT;
	device = arena_strndup(image->arena, prefix->text + 1, length - 1);
	file = arena_printf(image->arena, "%s/%s-efi/%s.mod", prefix->text + length + 1, path->core->cpu, name);
	if (!strcmp(device, "memdisk")) {
		if (!path->core->memdisk_fs)
			return path->core->memdisk ? UNREADABLE : ABSENT;
		return look_up(image->arena, path->core->memdisk_fs, file);
	}
	filesystem = boot_grub_filesystem(image, device);
	if (!filesystem || filesystem == but)
		return ABSENT;
	if (filesystem_open(image, filesystem) != HAVE)
		return filesystem->have_files;
	return look_up(image->arena, filesystem->fs, file);
}
