/* SPDX-License-Identifier: MIT */
/* boot: what is asked of boot entries. */
#include "image/boot.h"

bool boot_entry_counts(const struct image *image, const struct boot_entry *entry)
{
	return entry->is_default && !image_loader_is_spare(image, entry->path->loader);
}
