/* SPDX-License-Identifier: MIT */
/* loader: the files at the removable-media paths of each ESP (UEFI 2.6, section 3.5.1.1), whatever they hold, and what they
 * start. */
#include "base/limits.h"
#include "fs/fs.h"
#include "image/binary.h"
#include "image/chain.h"
#include "image/gather.h"

static void add(struct image *image, struct esp *esp, enum architecture architecture)
{
	const char *path = arena_printf(image->arena, "/EFI/BOOT/%s", architectures[architecture].boot_file);
	const struct efi_binary *binary;
	struct loader *loader;
	struct fs_entry entry;
	int r;

	if (image->loader_count == LIMIT_LOADERS) {
		if (fs_lookup(esp->fs, image->arena, path, &entry, NULL) == 0) {
			image->more_loaders = true;
			limit_error(NULL, "there are more than %d boot files", LIMIT_LOADERS);
		}
		return;
	}
	loader = &image->loaders[image->loader_count];
	*loader = (struct loader){ .esp = esp, .architecture = architecture, .path = path };
	r = image_binary(image, esp, path, &binary, &loader->error);
	if (!fs_is_answer(r) && !image->loaders_error.code)
		image->loaders_error = loader->error;
	if (r < 0)
		return;
	loader->index = image->loader_count++;
	loader->path = binary->path;
	loader->directory = binary->directory;
	loader->view = binary->view;
	loader->have = binary->have;
	loader->pe = binary->pe;
	loader->binary = binary;
	loader->error = binary->error;
	if (binary->have == HAVE)
		loader->chain = image_chain(image, binary);
}

void image_gather_loaders(struct image *image)
{
	image->loaders = ARENA_ARRAY(image->arena, LIMIT_LOADERS, struct loader);
	for (unsigned i = 0; i < image->esp_count; i++) {
		if (image->esps[i].have != HAVE)
			continue;
		for (int a = ARCHITECTURE_UNKNOWN + 1; a < ARCHITECTURE_COUNT; a++)
			add(image, &image->esps[i], (enum architecture)a);
	}
}

bool image_loader_is_spare(const struct image *image, const struct loader *loader)
{
	uint16_t machine = architectures[image->architecture].machine;

	for (unsigned i = 0; i < image->loader_count; i++) {
		const struct loader *other = &image->loaders[i];

		if (other != loader && other->architecture == image->architecture && other->binary &&
		    image_binary_loads(other->binary, machine))
			return true;
	}
	return false;
}
