/* SPDX-License-Identifier: MIT */
/* grub_module: the file of a module, as far as GRUB's loader of modules looks at it before it links it.
 *
 * Source: GRUB 2.06 grub-core/kern/dl.c and grub-core/kern/<cpu>/dl.c.  Whether the symbols that a module wants are there, and
 * its license, are not looked at.
 */
#ifndef BOOT_GRUB_MODULE_H
#define BOOT_GRUB_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "block/view.h"

#define LIMIT_GRUB_MODULE_DEPENDENCIES 64
#define LIMIT_GRUB_MODULE_TEXT 4096 /* bytes of their names */

struct grub_module_file {
	const char *fault;               /* why GRUB refuses it, as "is empty"; NULL: it does not, or that is not known */
	const char *const *dependencies; /* modules that are loaded with it; NULL-terminated */
};

/* Reads module `name` of GRUB for `cpu` (its name for it).  0 whatever the file holds; a negative errno only when it could not be
 * read.  Lives in the arena. */
int grub_module_read(struct arena *arena, struct view *file, const char *cpu, const char *name, struct grub_module_file *ret,
		     struct error *err);

/* Does GRUB unpack what begins so as it reads it (grub-core/io/gzio.c, xzio.c, lzopio.c)?  Five bytes tell. */
bool grub_unpacks(const uint8_t *bytes, size_t size);

#endif
