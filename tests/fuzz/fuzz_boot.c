/* SPDX-License-Identifier: MIT */
/* fuzz_boot: systemd-boot's entries, a unified kernel image and GRUB's scripts of hostile bytes, followed to kernels, command
 * lines and roots.
 *
 * An input is an entry's text, a NUL byte, loader.conf's text, a NUL byte, and the bytes of the image, which is an addon to
 * itself, too, and the kernel that the entry names.  The first two are grub.cfg and b.cfg of a GRUB, too.
 */
#include <assert.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>

#include "../unit/image_system.h"
#include "image/boot-internal.h"

static jmp_buf exhausted;

static void out_of_memory(void)
{
	longjmp(exhausted, 1);
}

static const char *part(struct arena *arena, const char **p, size_t *left)
{
	size_t length = strnlen(*p, *left);
	const char *text = arena_strndup(arena, *p, length);

	length += length < *left;
	*p += length;
	*left -= length;
	return text;
}

static void check(struct image *image, const struct boot_entry *entry)
{
	for (size_t i = 0; i < entry->attempt_count; i++) {
		struct boot_attempt *a = &entry->attempts[i];
		struct location place = boot_location(image, &a->place);

		assert(!place.path || *place.path == '/');
		assert(a->cmdline && a->kernel.text.text);
		if (a->kernel.have == HAVE && !a->kernel_file)
			boot_open_kernel(&(struct boot_maker){ .image = image }, a, false);
		assert(a->kernel.have != HAVE || (a->kernel_file && a->kernel.view));
		for (size_t k = 0; k < a->initrd_count; k++)
			assert(a->initrds[k].have != HAVE || a->initrds[k].view);
		boot_find_root(image, a);
		assert(a->root || a->root_known || a->root_reason);
		if (a->cmdline->root)
			place = boot_location(image, &a->cmdline->root->value_place);
		assert(!place.path || *place.path == '/');
	}
}

static void follow(struct image_system *s, const char *p, size_t left)
{
	static const struct pe pe = { .status = PE_OK, .machine = 0xaa64 };
	static const struct efi_program program = { .kind = EFI_SYSTEMD_BOOT };
	struct esp esp = { .partition = 2, .have = HAVE, .fs = &s->fs->fs };
	struct efi_binary binary = { .esp = &esp, .path = "/EFI/BOOT/BOOTAA64.EFI", .have = HAVE, .pe = &pe,
				     .program = &program };
	struct loader loader = { .esp = &esp };
	struct boot_path path = { .loader = &loader, .have = HAVE, .kind = BOOT_SYSTEMD_BOOT, .program = &binary };
	struct boot_maker maker = { .image = &s->image, .path = &path };

	memory_fs_file(s->fs, s->arena, "/loader/entries/a.conf", part(s->arena, &p, &left));
	memory_fs_file(s->fs, s->arena, "/loader/loader.conf", part(s->arena, &p, &left));
	memory_fs_add(s->fs, s->arena, "/EFI/Linux/u.efi", FS_FILE, p, left);
	memory_fs_add(s->fs, s->arena, "/EFI/Linux/u.efi.extra.d/x.addon.efi", FS_FILE, p, left);
	s->filesystem.view = view_memory(s->arena, "", 0);
	boot_follow_entries(&maker);
	for (size_t i = 0; i < path.entry_count; i++)
		check(&s->image, &path.entries[i]);
}

static void follow_grub(struct image_system *s, const char *p, size_t left)
{
	struct loader loader = { 0 };
	struct boot_path path = { .loader = &loader, .have = HAVE, .kind = BOOT_GRUB };
	struct boot_maker maker = { .image = &s->image, .path = &path };
	struct grub_start start = { .prefix = "/g" };

	memory_fs_file(s->fs, s->arena, "/g/grub.cfg", part(s->arena, &p, &left));
	memory_fs_file(s->fs, s->arena, "/g/b.cfg", part(s->arena, &p, &left));
	boot_make_world(&maker, "arm64");
	start.device = &maker.world->devices[0];
	path.grub = grub_run(s->arena, maker.world, &start);
	boot_add_grub(&maker);
	for (size_t i = 0; i < path.entry_count; i++)
		check(&s->image, &path.entries[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image_system *s = image_system_new();
	struct arena *arena = s->arena;

	limits_begin_image();
	arena_set_exhausted(out_of_memory);
	if (!setjmp(exhausted)) {
		follow(s, (const char *)data, size);
		follow_grub(s, (const char *)data, size);
	}
	arena_free(arena);
	return 0;
}
