/* SPDX-License-Identifier: MIT */
/* boot-world: the devices that GRUB would see, made of the image's file systems. */
#include <string.h>

#include "image/boot-internal.h"

/* Does another file system's LUKS hide this one? */
static const struct filesystem *luks_around(const struct image *image, const struct filesystem *inner)
{
	if (inner->volume)
		return NULL;
	for (unsigned i = 0; i < inner->index; i++) {
		const struct filesystem *outer = &image->filesystems[i];

		if (outer->partition == inner->partition && !outer->volume && outer->type && !strcmp(outer->type, "crypto_LUKS"))
			return outer;
	}
	return NULL;
}

/* "lvm/my--vg-root" for "my-vg/root": dashes inside a name are doubled (grub-core/disk/lvm.c). */
static const char *lvm_name(struct arena *arena, const char *volume)
{
	char *name = arena_alloc(arena, strlen("lvm/") + 2 * strlen(volume) + 1), *out = name;

	memcpy(out, "lvm/", 4);
	out += 4;
	for (const char *p = volume; *p; p++) {
		if (*p == '-')
			*out++ = '-';
		*out++ = *p == '/' ? '-' : *p;
	}
	return name;
}

const char *boot_grub_name(const struct image *image, const struct filesystem *filesystem)
{
	struct arena *arena = image->arena;
	const struct filesystem *luks = luks_around(image, filesystem);

	if (filesystem->volume)
		return strncmp(filesystem->volume, "md/", 3) ? lvm_name(arena, filesystem->volume) : filesystem->volume;
	if (luks) {
		unsigned number = 0;

		for (unsigned i = 0; i < luks->index; i++)
			number += image->filesystems[i].type && !strcmp(image->filesystems[i].type, "crypto_LUKS");
		return arena_printf(arena, "crypto%u", number);
	}
	if (!filesystem->entry)
		return "hd0";
	return arena_printf(arena, "hd0,%s%d", filesystem->entry->gpt ? "gpt" : "msdos", filesystem->partition);
}

/* Other names of the same: "cryptouuid/..." */
static const char *const *aliases(struct arena *arena, const struct image *image, const struct filesystem *filesystem)
{
	const struct filesystem *luks = luks_around(image, filesystem);
	const char **list;
	char *uuid, *out;

	if (!luks || !luks->uuid)
		return NULL;
	uuid = arena_strdup(arena, luks->uuid);
	out = uuid;
	for (const char *p = luks->uuid; *p; p++)
		if (*p != '-')
			*out++ = *p;
	*out = '\0';
	list = ARENA_ARRAY(arena, 2, const char *);
	list[0] = arena_printf(arena, "cryptouuid/%s", uuid);
	return list;
}

struct opener {
	struct image *image;
	const struct filesystem **unread;
	struct filesystem *filesystem;
};

static struct fs *open_device(const struct boot_device *device, const char **ret_reason)
{
	const struct opener *opener = device->context;

	switch (filesystem_open(opener->image, opener->filesystem)) {
	case HAVE:
		return opener->filesystem->fs;
	case ABSENT:
		*ret_reason = NULL;
		return NULL;
	case UNREADABLE:
		break;
	}
	*opener->unread = opener->filesystem;
	*ret_reason = opener->filesystem->error.message;
	return NULL;
}

/* Will opening it start the helper? */
static bool is_slow(const struct image *image, const struct filesystem *filesystem)
{
	static const char *const native[] = { "vfat", "ext2", "ext3", "ext4", "squashfs" };

	if (filesystem->opened || !filesystem->type)
		return false;
	if (!filesystem->view || filesystem->dirty || image->reader == IMAGE_READER_GUESTFS)
		return true;
	for (size_t i = 0; i < sizeof(native) / sizeof(*native); i++)
		if (!strcmp(filesystem->type, native[i]))
			return false;
	return true;
}

/* Why there may be more than is seen: what GRUB searches for and does not find may be there then; or NULL. */
static const char *hidden(struct image *image)
{
	for (unsigned i = 0; i < image->filesystem_count; i++)
		if (image->filesystems[i].have == UNREADABLE)
			return image->filesystems[i].error.message;
	return image_volumes_unseen(image);
}

void boot_make_world(struct boot_maker *maker, const char *cpu)
{
	struct image *image = maker->image;
	struct arena *arena = image->arena;
	struct boot_device *devices;
	struct boot_world *world;

	if (maker->world && maker->world->cpu && cpu && !strcmp(maker->world->cpu, cpu))
		return;
	world = ARENA_NEW(arena, struct boot_world);
	world->hidden = hidden(image);
	devices = ARENA_ARRAY(arena, image->filesystem_count, struct boot_device);
	maker->filesystems = ARENA_ARRAY(arena, image->filesystem_count, struct filesystem *);
	for (unsigned i = 0; i < image->filesystem_count; i++) {
		struct filesystem *filesystem = &image->filesystems[i];
		struct opener *opener = ARENA_NEW(arena, struct opener);

		*opener = (struct opener){ image, maker->unread, filesystem };
		maker->filesystems[i] = filesystem;
		devices[i] = (struct boot_device){
			.name = boot_grub_name(image, filesystem),
			.aliases = aliases(arena, image, filesystem),
			.partition = filesystem->partition,
			.uuid = filesystem->uuid,
			.label = filesystem->label,
			.fs_type = filesystem->type,
			.partition_uuid = filesystem->part_uuid,
			.open = open_device,
			.context = opener,
			.slow = is_slow(image, filesystem),
		};
	}
	world->devices = devices;
	world->device_count = image->filesystem_count;
	world->cpu = cpu;
	maker->world = world;
}
