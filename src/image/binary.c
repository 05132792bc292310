/* SPDX-License-Identifier: MIT */
/* binary: opens a file and has each EFI reader look at it. */
#include "image/binary.h"

#include "fs/fat.h"
#include "fs/fs.h"

static int read_all(struct arena *arena, struct efi_binary *binary)
{
	struct error *err = &binary->error;
	const struct sbat_section *sbat;
	int r;

	r = pe_read(arena, binary->view, &binary->pe, err);
	if (r < 0) {
		binary->pe = NULL;
		return r;
	}
	if (binary->pe->status != PE_OK)
		return 0;
	r = sbat_read_section(arena, binary->view, binary->pe, &sbat, err);
	if (r < 0)
		return r;
	binary->sbat = sbat;
	r = efi_program_read(arena, binary->view, binary->pe, sbat, &binary->program, err);
	if (r < 0)
		return r;
	r = signatures_read(arena, binary->view, binary->pe, &binary->signatures, err);
	if (r < 0)
		return r;
	return sbat_read_levels(arena, binary->view, binary->pe, &binary->levels, err);
}

int image_binary(struct image *image, const struct esp *esp, const char *path, const struct efi_binary **ret,
		 struct error *err)
{
	struct efi_binary *binary;
	struct fs_entry entry;
	int r;

	r = fs_lookup(esp->fs, image->arena, path, &entry, err);
	if (r < 0)
		return r;
	binary = ARENA_NEW(image->arena, struct efi_binary);
	*ret = binary;
	binary->esp = esp;
	binary->path = fat_path(esp->fat, image->arena, entry.handle);
	if (entry.type != FS_FILE) {
		binary->directory = true;
		return 0;
	}
	r = fs_file_view(esp->fs, image->arena, entry.handle, &binary->view, &binary->error);
	if (r >= 0)
		r = read_all(image->arena, binary);
	if (r < 0)
		binary->have = UNREADABLE;
	else
		binary->have = binary->pe->status == PE_OK ? HAVE : ABSENT;
	return 0;
}
