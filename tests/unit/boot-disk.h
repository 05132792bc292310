/* SPDX-License-Identifier: MIT */
/* boot-disk: a disk with an ESP, a root and swap, of which an ESP's files are made up; what tests of boot paths have in
 * common. */
#ifndef TESTS_BOOT_DISK_H
#define TESTS_BOOT_DISK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "image/boot-internal.h"
#include "image/gather.h"
#include "image_system.h"
#include "partition/gpt.h"
#include "pe-build.h"

#define ROOT_UUID "7f3c6f5e-96a4-4e07-8a35-1a2b3c4d5e6f"
#define ROOT_PARTUUID "b936b127-8046-5068-bc51-01b38ef737a4"

struct disk {
	struct image_system *s;
	struct filesystem filesystems[6];
	struct partition partitions[3];
	struct gpt_partition gpt[3];
	struct memory_fs *esp;
	struct esp esps[1];
	struct loader loader;
	struct chain chain;
	struct efi_binary binary;
	struct efi_program program;
	struct boot_path path;
	struct boot_maker maker;
};

/* An ESP, a root and swap, for arm64. */
static inline int setup(void **state)
{
	static const struct guid root_type = GUID(0xb921b045, 0x1df0, 0x41c3, 0xaf44, 0x4c6f280d3fae);
	struct image_system *s = image_system_new();
	struct disk *d = ARENA_NEW(s->arena, struct disk);

	d->s = s;
	d->esp = memory_fs_new(s->arena);
	for (int i = 0; i < 3; i++) {
		d->gpt[i].number = (uint32_t)i + 1;
		d->partitions[i] = (struct partition){ .number = i + 1, .gpt = &d->gpt[i] };
	}
	d->gpt[1].type = root_type;
	d->filesystems[0] = (struct filesystem){ .partition = 1, .entry = &d->partitions[0], .have = HAVE, .type = "vfat",
						 .uuid = "1C51-AAAA", .has_files = true, .opened = true, .have_files = HAVE,
						 .fs = &d->esp->fs };
	d->filesystems[1] = s->filesystem;
	d->filesystems[1].index = 1;
	d->filesystems[1].entry = &d->partitions[1];
	d->filesystems[1].uuid = ROOT_UUID;
	d->filesystems[1].label = "root fs";
	d->filesystems[1].part_uuid = ROOT_PARTUUID;
	d->filesystems[1].part_label = "the root";
	d->filesystems[1].has_files = true;
	d->filesystems[2] = (struct filesystem){ .index = 2, .partition = 3, .entry = &d->partitions[2], .have = HAVE,
						 .type = "swap", .opened = true };
	for (int i = 0; i < 3; i++)
		d->filesystems[i].view = view_memory(s->arena, "", 0);
	s->system.filesystem = &d->filesystems[1];
	s->image.filesystems = d->filesystems;
	s->image.filesystem_count = 3;
	s->image.partitions = d->partitions;
	s->image.partition_count = 3;
	s->image.architecture = ARCHITECTURE_AARCH64;
	s->image.disk = d->filesystems[0].view;
	s->image.have_table = HAVE;
	d->loader = (struct loader){ .esp = d->esps, .architecture = ARCHITECTURE_AARCH64, .path = "/EFI/BOOT/BOOTAA64.EFI" };
	d->esps[0] = (struct esp){ .partition = 1, .have = HAVE, .fs = &d->esp->fs };
	d->path = (struct boot_path){ .loader = &d->loader, .have = HAVE };
	d->maker = (struct boot_maker){ .image = &s->image, .path = &d->path };
	*state = d;
	return 0;
}

static inline int teardown(void **state)
{
	image_system_free(((struct disk *)*state)->s);
	return 0;
}

/* A PE file of these sections: name, text, name, text, NULL. */
static inline void add_pe(struct disk *d, const char *path, const char *const *sections)
{
	struct arena *arena = d->s->arena;
	uint8_t *image = arena_alloc(arena, 0x4000);
	uint32_t rva = 0x1000, raw = 0x800;
	unsigned int count = 0;

	pe_build(image);
	for (; sections[2 * count]; count++) {
		const char *text = sections[2 * count + 1];
		size_t size = strlen(text) + 1;

		put_section(image + AT_SECTION(count), sections[2 * count], rva, (uint32_t)size, raw, 0x200, 0x40000040);
		memset(image + raw, 0, 0x200);
		memcpy(image + raw, text, size);
		rva += 0x1000;
		raw += 0x200;
	}
	put16(image + AT_COFF + 2, count);
	put32(image + AT_OPTIONAL + 16, 0x1000);
	put32(image + AT_OPTIONAL + 56, rva);
	put32(image + AT_OPTIONAL + 60, 0x800);
	memset(image + AT_DIRECTORIES, 0, 16 * 8);
	memory_fs_add(d->esp, arena, path, FS_FILE, (char *)image, raw);
}

static inline struct boot_file find(struct disk *d, const char *path)
{
	struct boot_text text = boot_text_make(d->s->arena, path, (struct boot_place){ 0 });

	return boot_find_file(&d->maker, &d->filesystems[0], &text);
}

static inline const struct boot_attempt *start(struct disk *d, const char *path, const char *options, unsigned int profile)
{
	struct boot_text text = boot_text_make(d->s->arena, options ? options : "", (struct boot_place){ 0 });
	struct boot_entry *entry = boot_add_entry(&d->maker, "x", "x", (struct boot_place){ 0 });
	struct boot_file file = find(d, path);

	assert_int_equal(file.have, HAVE);
	assert_true(boot_add_program(&d->maker, entry, &file, options ? &text : NULL, (struct boot_place){ 0 }, profile));
	assert_int_equal(entry->attempt_count, 1);
	return &entry->attempts[0];
}

#endif
