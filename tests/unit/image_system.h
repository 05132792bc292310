/* SPDX-License-Identifier: MIT */
/* image_system: an image made by hand for tests of src/image: one file system in memory, which is a system's root. */
#ifndef TESTS_IMAGE_SYSTEM_H
#define TESTS_IMAGE_SYSTEM_H

#include "base/limits.h"
#include "image/boot.h"
#include "image/image.h"
#include "image/system.h"
#include "memory_fs.h"

struct image_system {
	struct arena *arena;
	struct image image;
	struct filesystem filesystem;
	struct system system;
	struct memory_fs *fs;
};

static inline struct image_system *image_system_new(void)
{
	struct arena *arena = arena_new(LIMIT_ARENA_BYTES);
	struct image_system *s = ARENA_NEW(arena, struct image_system);

	s->arena = arena;
	s->fs = memory_fs_new(arena);
	s->filesystem = (struct filesystem){ .partition = 2, .have = HAVE, .type = "ext4", .opened = true,
					     .have_files = HAVE, .fs = &s->fs->fs };
	s->system = (struct system){ .filesystem = &s->filesystem, .fs = &s->fs->fs, .id = "debian" };
	s->image = (struct image){ .arena = arena, .name = "test.img", .has_system_facts = true,
				   .filesystems = &s->filesystem, .filesystem_count = 1, .systems = &s->system,
				   .system_count = 1 };
	return s;
}

static inline void image_system_file(struct image_system *s, const char *path, const char *text)
{
	memory_fs_file(s->fs, s->arena, path, text);
}

/* An arm64 Image of 4 KiB with a banner inside. */
static inline void image_system_kernel(struct image_system *s, const char *path, const char *release)
{
	char *bytes = arena_alloc(s->arena, 4096);

	memcpy(bytes + 56, "ARM\x64", 4);
	if (release)
		strcpy(bytes + 1024, arena_printf(s->arena, "Linux version %s (root@debian) #1 SMP\n", release));
	memory_fs_add(s->fs, s->arena, path, FS_FILE, bytes, 4096);
}

/* The file as a boot entry would name it. */
static inline struct kernel_file *image_system_open(struct image_system *s, const char *path)
{
	struct fs_entry entry;
	struct view *view;

	if (fs_lookup(&s->fs->fs, s->arena, path, &entry, NULL) < 0 ||
	    fs_file_view(&s->fs->fs, s->arena, entry.handle, &view, NULL) < 0)
		abort();
	return image_kernel_file(&s->image, &s->filesystem, entry.handle, path, view, false);
}

static inline void image_system_free(struct image_system *s)
{
	arena_free(s->arena);
}

#endif
