/* SPDX-License-Identifier: MIT */
/* fuzz_grub_core: the area of modules in a GRUB binary, and the file of a module, of hostile bytes, for machines of 32 and of 64
 * bits. */
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "boot/grub_core.h"
#include "boot/grub_module.h"

static void visit(struct arena *arena, struct fs *fs, uint64_t directory, unsigned int *budget)
{
	struct fs_entry *entries;
	struct error err;
	size_t count;

	if (fs->ops->readdir(fs, arena, directory, &entries, &count, &err) < 0)
		return;
	for (size_t i = 0; i < count && *budget; i++) {
		struct view *view;
		char data[1000];
		char *target;

		--*budget;
		if (entries[i].type == FS_DIRECTORY)
			visit(arena, fs, entries[i].handle, budget);
		else if (entries[i].type == FS_SYMLINK)
			(void)fs->ops->readlink(fs, arena, entries[i].handle, &target, &err);
		else if (fs_file_view(fs, arena, entries[i].handle, &view, &err) == 0)
			(void)view_read(view, 0, data, view->size < sizeof(data) ? (size_t)view->size : sizeof(data), &err);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int wide = 0; wide < 2; wide++) {
		struct arena *arena = arena_new(LIMIT_ARENA_BYTES);
		struct pe_section section = { .name = "mods", .raw_size = (uint32_t)size };
		struct pe pe = { .machine = PE_MACHINE_AARCH64, .is_pe32_plus = wide, .sections = &section,
				 .section_count = 1 };
		const struct grub_core *core;
		struct grub_module_file module;
		unsigned int budget = 100;
		struct error err;

		limits_begin_image();
		if (grub_core_read(arena, view_memory(arena, data, size), &pe, &core, &err) < 0)
			abort();
		if (core->present && core->modules[core->module_count])
			abort();
		if (core->memdisk_fs)
			visit(arena, core->memdisk_fs, core->memdisk_fs->root, &budget);
		grub_core_close(core);
		if (grub_module_read(arena, view_memory(arena, data, size), wide ? "arm64" : "arm", "normal", &module, &err) < 0)
			abort();
		arena_free(arena);
	}
	return 0;
}
