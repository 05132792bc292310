/* SPDX-License-Identifier: MIT */
/* loader: the files at the removable-media paths of each ESP (UEFI 2.6, section 3.5.1.1), whatever they hold. */
#include "base/limits.h"
#include "efi/pe.h"
#include "fs/fs.h"
#include "image/gather.h"

static void open_loader(struct image *image, struct loader *loader, const struct fs_entry *entry)
{
	struct fs *fs = loader->esp->fs;

	if (entry->type == FS_DIRECTORY) {
		loader->directory = true;
		return;
	}
	if (fs_file_view(fs, image->arena, entry->handle, &loader->view, &loader->error) < 0 ||
	    pe_read(image->arena, loader->view, &loader->pe, &loader->error) < 0) {
		loader->have = UNREADABLE;
		return;
	}
	loader->have = loader->pe->status == PE_OK ? HAVE : ABSENT;
}

static void look_for(struct image *image, struct esp *esp, enum architecture architecture)
{
	const char *path = arena_printf(image->arena, "/EFI/BOOT/%s", architectures[architecture].boot_file);
	struct loader *loader = &image->loaders[image->loader_count];
	struct fs_entry entry;
	int r;

	*loader = (struct loader){ .index = image->loader_count, .esp = esp, .architecture = architecture, .path = path };
	r = fs_lookup(esp->fs, image->arena, path, &entry, &loader->error);
	if (r < 0)
		return; /* a directory that cannot be read is the volume check's finding */
	loader->path = arena_printf(image->arena, "/EFI/BOOT/%s", entry.name);
	open_loader(image, loader, &entry);
	image->loader_count++;
}

void image_gather_loaders(struct image *image)
{
	image->loaders = ARENA_ARRAY(image->arena, LIMIT_ESPS * ARCHITECTURE_COUNT, struct loader);
	for (unsigned i = 0; i < image->esp_count; i++) {
		if (image->esps[i].have != HAVE)
			continue;
		for (int a = ARCHITECTURE_UNKNOWN + 1; a < ARCHITECTURE_COUNT; a++)
			look_for(image, &image->esps[i], (enum architecture)a);
	}
}
