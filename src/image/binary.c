/* SPDX-License-Identifier: MIT */
/* binary: opens a file and has each EFI reader look at it. */
#include "image/binary.h"

#include "base/limits.h"
#include "base/utf16.h"
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
	for (binary = image->binaries; binary; binary = binary->next) {
		if (binary->handle == entry.handle && binary->esp->partition == esp->partition) {
			*ret = binary;
			return 0;
		}
	}
	binary = ARENA_NEW(image->arena, struct efi_binary);
	*ret = binary;
	binary->next = image->binaries;
	image->binaries = binary;
	binary->handle = entry.handle;
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

bool image_binary_loads(const struct efi_binary *b, uint16_t machine)
{
	if (b->directory || b->have != HAVE || pe_is_truncated(b->pe) || b->pe->machine != machine)
		return false;
	return !b->pe->problem_count || b->pe->problems[0].effect == PE_TOLERATED;
}

static const char *usual_name(enum efi_kind kind)
{
	switch (kind) {
	case EFI_SHIM:
		return "shim";
	case EFI_FALLBACK:
		return "fb";
	case EFI_GRUB:
		return "grub";
	case EFI_SYSTEMD_BOOT:
		return "systemd-boot";
	default:
		return NULL;
	}
}

const struct efi_binary *image_find_binary(struct image *image, const struct esp *esp, enum efi_kind kind,
					   enum architecture architecture, const char *but)
{
	const struct architecture_facts *facts = &architectures[architecture];
	struct fs_entry efi, *folders;
	unsigned looked = 0;
	size_t count;

	if (!usual_name(kind) || fs_lookup(esp->fs, image->arena, "/EFI", &efi, NULL) < 0 || efi.type != FS_DIRECTORY ||
	    esp->fs->ops->readdir(esp->fs, image->arena, efi.handle, &folders, &count, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < count && looked < LIMIT_EFI_FOLDERS; i++) {
		const char *path = arena_printf(image->arena, "/EFI/%s/%s%s.efi", folders[i].name, usual_name(kind),
						facts->suffix);
		const struct efi_binary *binary;
		struct error err;

		if (folders[i].type != FS_DIRECTORY)
			continue;
		looked++;
		if (image_binary(image, esp, path, &binary, &err) >= 0 &&
		    image_binary_loads(binary, facts->machine) && binary->program->kind == kind &&
		    (!but || ascii_casecmp(binary->path, but)))
			return binary;
	}
	return NULL;
}
