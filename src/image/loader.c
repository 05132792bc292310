/* SPDX-License-Identifier: MIT */
/* loader: the files at the removable-media paths of each ESP (UEFI 2.6, section 3.5.1.1), whatever they hold, and what they
 * start. */
#include "base/limits.h"
#include "fs/fat.h"
#include "fs/fs.h"
#include "image/binary.h"
#include "image/boot.h"
#include "image/chain.h"
#include "image/gather.h"
#include "partition/gpt.h"

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

bool image_firmware_reads(const struct image *image, const struct esp *esp)
{
	const struct partition *partition = image_partition(image, esp->partition);

	if (esp->have != HAVE || (partition && partition->gpt && partition->gpt->attributes & 2))
		return false;
	return !esp->fat->mirroring_off && (esp->fat->type != FAT_32 || esp->fat->clusters >= FAT32_MIN_CLUSTERS);
}

/* Does edk2's boot manager go no further once it meets this file?  It goes by the headers (BmIsLoadOptionPeHeaderValid): what
 * it then cannot load keeps it from the files behind it as well. */
static bool is_taken(const struct image *image, const struct loader *loader)
{
	return loader->architecture == image->architecture && loader->have == HAVE &&
	       loader->pe->machine == architectures[image->architecture].machine &&
	       loader->pe->subsystem == PE_SUBSYSTEM_EFI_APPLICATION && image_firmware_reads(image, loader->esp);
}

const struct loader *image_first_loader(const struct image *image)
{
	for (unsigned i = 0; i < image->loader_count; i++)
		if (is_taken(image, &image->loaders[i]))
			return &image->loaders[i];
	return NULL;
}

/* Does the loader go on to a kernel when nobody chooses?  One that leaves goes back to firmware: edk2 then tries no other file of
 * the disk (tried with OVMF), U-Boot's does. */
static bool keeps_machine(const struct image *image, const struct loader *loader)
{
	const struct boot_path *path;

	if (!image_binary_loads(loader->binary, loader->pe->machine) || loader->chain->end != CHAIN_COMPLETE)
		return false;
	/* nobody asked for what is inside */
	if (loader->index >= image->boot_path_count)
		return true;
	path = &image->boot_paths[loader->index];
	return path->have == HAVE && path->first && path->first->attempt_count && !path->first->leaves;
}

bool image_loader_is_spare(const struct image *image, const struct loader *loader)
{
	const struct loader *first = image_first_loader(image);

	if (!first || loader == first)
		return false;
	if (loader->architecture != image->architecture)
		return true;
	/* where nobody knows what comes of the first, or nothing does, another firmware may go on to the next (U-Boot's does) */
	return keeps_machine(image, first);
}
