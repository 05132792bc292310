/* SPDX-License-Identifier: MIT */
/* grub_envblk: GRUB's environment block, the file grubenv.
 *
 * Source: GRUB 2.06 grub-core/lib/envblk.c.  The file keeps its size: lines NAME=VALUE behind a signature, then '#'.
 */
#ifndef BOOT_GRUB_ENVBLK_H
#define BOOT_GRUB_ENVBLK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "boot/text.h"

#define LIMIT_GRUB_ENVBLK 65536 /* bytes */
#define LIMIT_GRUB_ENVBLK_VARIABLES 1024

struct grub_envblk_variable {
	const char *name;
	struct boot_text value;
	struct boot_place place;
};

struct grub_envblk {
	bool valid; /* it begins with the signature; else GRUB refuses it */
	const struct grub_envblk_variable *variables;
	size_t count;
};

/* Reads a block of `size` bytes; never fails. */
struct grub_envblk grub_envblk_parse(struct arena *arena, const struct boot_source *source, const char *data,
				     size_t size);

/* A copy of the block with the variable set, or removed when value is NULL; NULL when it does not fit or the block is not
 * valid. */
char *grub_envblk_set(struct arena *arena, const char *data, size_t size, const char *name, const char *value);

#endif
