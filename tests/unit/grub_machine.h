/* SPDX-License-Identifier: MIT */
/* grub_machine: a disk for tests of the GRUB interpreter: an ESP and a root file system, and GRUB as Debian signs it. */
#ifndef TESTS_GRUB_MACHINE_H
#define TESTS_GRUB_MACHINE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "boot/cmdline.h"
#include "boot/grub.h"
#include "memory_fs.h"

#define ESP_UUID "1C51-AAAA"
#define ROOT_UUID "7f3c6f5e-96a4-4e07-8a35-1a2b3c4d5e6f"

struct machine {
	struct arena *arena;
	struct memory_fs *esp, *root, *memdisk;
	struct boot_device devices[3];
	struct boot_world world;
	struct grub_start start;
	const struct grub_result *result;
	bool same_image; /* what the runs before took counts */
};

/* The script in Debian's memory disk, in short. */
#define MEMDISK_CFG                                                                                                    \
	"if [ -z \"$prefix\" -o ! -e \"$prefix\" ]; then\n"                                                            \
	"	if ! search --file --set=root /.disk/info; then\n"                                                     \
	"		search --file --set=root /.disk/mini-info\n"                                                   \
	"	fi\n"                                                                                                  \
	"	set prefix=($root)/boot/grub\n"                                                                        \
	"fi\n"                                                                                                         \
	"if [ -e $prefix/arm64-efi/grub.cfg ]; then\n"                                                                 \
	"	source $prefix/arm64-efi/grub.cfg\n"                                                                   \
	"elif [ -e $prefix/grub.cfg ]; then\n"                                                                         \
	"	source $prefix/grub.cfg\n"                                                                             \
	"else\n"                                                                                                       \
	"	source $cmdpath/grub.cfg\n"                                                                            \
	"fi\n"

static inline int machine_setup(void **state)
{
	struct arena *arena = arena_new(LIMIT_ARENA_BYTES);
	struct machine *m = ARENA_NEW(arena, struct machine);

	m->arena = arena;
	m->esp = memory_fs_new(arena);
	m->root = memory_fs_new(arena);
	m->memdisk = memory_fs_new(arena);
	m->devices[0] = (struct boot_device){ .name = "hd0,gpt1", .partition = 1, .uuid = ESP_UUID, .fs_type = "vfat",
					      .fs = &m->esp->fs };
	m->devices[1] = (struct boot_device){ .name = "hd0,gpt2", .partition = 2, .uuid = ROOT_UUID, .label = "cloud",
					      .fs_type = "ext4", .fs = &m->root->fs };
	m->world = (struct boot_world){ .devices = m->devices, .device_count = 2, .cpu = "arm64" };
	m->start = (struct grub_start){ .prefix = "/EFI/debian", .device = &m->devices[0], .folder = "/EFI/debian" };
	memory_fs_file(m->memdisk, arena, "/grub.cfg", MEMDISK_CFG);
	*state = m;
	return 0;
}

static inline int machine_teardown(void **state)
{
	arena_free(((struct machine *)*state)->arena);
	return 0;
}

static inline const struct grub_course *machine_run(struct machine *m)
{
	if (!m->same_image)
		limits_begin_image();
	m->result = grub_run(m->arena, &m->world, &m->start);
	assert_true(m->result->outcome_count >= 1);
	return &m->result->outcomes[0];
}

/* Runs a script as the whole configuration. */
static inline const struct grub_course *machine_script(struct machine *m, const char *script)
{
	memory_fs_file(m->esp, m->arena, "/EFI/debian/grub.cfg", script);
	return machine_run(m);
}

/* The only attempt of the only way through an entry. */
static inline const struct grub_attempt *only_attempt(const struct grub_entry *entry)
{
	assert_int_equal(entry->course_count, 1);
	assert_int_equal(entry->courses[0].attempt_count, 1);
	return &entry->courses[0].attempts[0];
}

static inline void assert_place(const struct boot_place *place, const char *path, unsigned int line, unsigned int column)
{
	assert_non_null(place->source);
	assert_string_equal(place->source->path, path);
	assert_int_equal(place->line, line);
	assert_int_equal(place->column, column);
}

#endif
