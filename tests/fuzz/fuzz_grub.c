/* SPDX-License-Identifier: MIT */
/* fuzz_grub: GRUB scripts of hostile bytes, run on a small disk.
 *
 * An input is parts divided by NUL bytes: grub.cfg, grubenv, an entry for blscfg, the configuration inside the core.
 */
#include <stdint.h>
#include <stdlib.h>

#include "../unit/memory_fs.h"
#include "base/limits.h"
#include "boot/cmdline.h"
#include "boot/grub.h"
#include "boot/grub_envblk.h"

static const char *part(struct arena *arena, const char **p, size_t *left)
{
	size_t length = strnlen(*p, *left);
	const char *text = arena_strndup(arena, *p, length);

	length += length < *left;
	*p += length;
	*left -= length;
	return text;
}

static void check_menu(struct arena *arena, const struct grub_menu *menu);

static void check_course(struct arena *arena, const struct grub_course *course)
{
	for (size_t i = 0; i < course->attempt_count; i++) {
		const struct boot_text *text = &course->attempts[i].cmdline;

		if (strlen(text->text) > text->length)
			abort();
		(void)cmdline_parse(arena, text);
	}
	if (course->menu)
		check_menu(arena, course->menu);
}

static void check_menu(struct arena *arena, const struct grub_menu *menu)
{
	if (!menu->entry_count || menu->default_index >= menu->entry_count)
		abort();
	for (size_t i = 0; i < menu->entry_count; i++) {
		if (!menu->entries[i].course_count)
			abort();
		for (size_t j = 0; j < menu->entries[i].course_count; j++)
			check_course(arena, &menu->entries[i].courses[j]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(LIMIT_ARENA_BYTES);
	struct memory_fs *m = memory_fs_new(arena);
	struct boot_device devices[] = {
		{ .name = "hd0,gpt1", .partition = 1, .uuid = "ABCD", .fs_type = "vfat", .fs = &m->fs },
		{ .name = "hd0,gpt2", .partition = 2, .uuid = "1234", .label = "root", .fs_type = "xfs" },
	};
	struct boot_world world = { .devices = devices, .device_count = 2, .cpu = "arm64" };
	struct grub_start start = { .prefix = "/g", .device = &devices[0], .folder = "/g" };
	const char *p = (const char *)data, *value, *env;
	const struct grub_result *result;
	size_t left = size;
	char *changed;

	limits_begin_image();
	memory_fs_file(m, arena, "/g/grub.cfg", part(arena, &p, &left));
	env = part(arena, &p, &left);
	memory_fs_file(m, arena, "/g/grubenv", env);
	memory_fs_file(m, arena, "/loader/entries/a-1.conf", part(arena, &p, &left));
	memory_fs_file(m, arena, "/vmlinuz", "kernel");
	if (left) {
		start.config = p;
		start.config_size = left;
	}
	result = grub_run(arena, &world, &start);
	if (!result->outcome_count || result->outcome_count > LIMIT_GRUB_OUTCOMES)
		abort();
	for (size_t i = 0; i < result->outcome_count; i++) {
		check_course(arena, &result->outcomes[i]);
		(void)grub_default_entry(&result->outcomes[i]);
	}
	/* a block keeps its size, and gives back what was set */
	value = "a\\b\nc";
	changed = grub_envblk_set(arena, env, strlen(env), "name", value);
	if (changed) {
		struct grub_envblk block = grub_envblk_parse(arena, NULL, changed, strlen(env));
		bool found = false;

		for (size_t i = 0; i < block.count; i++)
			found |= !strcmp(block.variables[i].name, "name") && !strcmp(block.variables[i].value.text, value);
		if (!found || !block.valid)
			abort();
	}
	arena_free(arena);
	return 0;
}
