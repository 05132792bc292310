/* SPDX-License-Identifier: MIT */
/* grub_core: what is inside a GRUB EFI binary: modules, prefix, configuration, memory disk.
 *
 * Source: GRUB 2.06 include/grub/kernel.h (struct grub_module_info and grub_module_header), util/mkimage.c.  The objects
 * lie one after the other in the PE section "mods"; modules are ELF files that name themselves in a section .modname.  Memory
 * disks are tar archives (grub-mkstandalone), FAT volumes (Debian 12) or squashfs (Debian 13).
 */
#ifndef BOOT_GRUB_CORE_H
#define BOOT_GRUB_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "block/view.h"
#include "boot/grub.h"
#include "efi/pe.h"

#define LIMIT_GRUB_OBJECTS 2048
#define LIMIT_GRUB_CONFIG (256 * 1024) /* bytes of the embedded configuration */
#define LIMIT_GRUB_PREFIX 4096
#define LIMIT_ELF_SECTIONS 512
#define LIMIT_ELF_NAMES (64 * 1024)
#define LIMIT_GRUB_MODULE (2 * 1024 * 1024) /* bytes of normal.mod, searched for the version */

enum grub_core_fault {
	GRUB_CORE_GOOD,
	GRUB_CORE_AREA,   /* the area's header does not fit its section */
	GRUB_CORE_OBJECT, /* an object goes past the area's end; those before it were read */
	GRUB_CORE_MANY,   /* over LIMIT_GRUB_OBJECTS; those before were read */
};

struct grub_core {
	bool present; /* the binary has an area of modules: it is GRUB.  Else nothing below is set */
	enum grub_core_fault fault;
	uint64_t fault_offset; /* in the file */

	const char *cpu;     /* as GRUB calls it: "arm64", ...; NULL for a machine that it has no name for */
	const char *version; /* "2.06-13+deb12u2"; NULL: not found */
	const char *prefix;  /* NULL: none embedded */
	uint64_t prefix_offset;
	const char *config;  /* NULL: none embedded */
	size_t config_size;
	uint64_t config_offset;
	bool config_too_large; /* there is one, but it was not read */

	const char *const *modules; /* their names; NULL-terminated */
	size_t module_count;
	size_t nameless_count;      /* modules whose name could not be found */

	struct view *memdisk; /* its bytes, or NULL */
	uint64_t memdisk_offset;
	struct fs *memdisk_fs; /* its files; NULL: not a file system that is read here */
	bool memdisk_cut;      /* a tar archive that ends early */
	struct error memdisk_error;
	void *state; /* the reader's own */
};

/* Reads a PE image whose status is PE_OK.  *ret lives in the arena.  0 whatever the file holds; a negative errno only
 * when it could not be read.  End with grub_core_close. */
int grub_core_read(struct arena *arena, struct view *file, const struct pe *pe, const struct grub_core **ret,
		   struct error *err);

/* Frees what the reader of a squashfs memory disk holds; memdisk_fs must not be used any more.  NULL is allowed. */
void grub_core_close(const struct grub_core *core);

/* Does the core image bring this module? */
bool grub_core_has(const struct grub_core *core, const char *module);

/* The start of the interpreter for a binary in `folder` of `device`. */
struct grub_start grub_core_start(const struct grub_core *core, const struct boot_device *device, const char *folder);

#endif
