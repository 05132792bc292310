/* SPDX-License-Identifier: MIT */
/* architecture: the machine architectures that UEFI names a removable-media path for (UEFI 2.6, 3.5.1.1, and later). */
#ifndef IMAGE_ARCHITECTURE_H
#define IMAGE_ARCHITECTURE_H

#include <stdbool.h>
#include <stdint.h>

enum architecture {
	ARCHITECTURE_UNKNOWN,
	ARCHITECTURE_AARCH64,
	ARCHITECTURE_ARM,
	ARCHITECTURE_X86_64,
	ARCHITECTURE_RISCV64,
	/* read and judged where an image has them, but no image is taken to be of these */
	ARCHITECTURE_I386,
	ARCHITECTURE_LOONGARCH64,
	ARCHITECTURE_COUNT,
};

struct architecture_facts {
	const char *name;      /* as --arch and the output say it */
	const char *title;     /* as messages say it */
	const char *boot_file; /* the file at the removable-media path, in \EFI\BOOT */
	const char *suffix;    /* of EFI programs' names: grub<suffix>.efi */
	uint16_t machine;      /* PE/COFF machine type */
	uint16_t elf_machine;  /* e_machine of its kernel's modules; 0: a kernel for it may be one for another, too */
	bool pe32;             /* PE32 rather than PE32+ */
	bool selectable;       /* --arch takes it */
};

extern const struct architecture_facts architectures[ARCHITECTURE_COUNT];

/* NULL for ARCHITECTURE_UNKNOWN. */
const char *architecture_name(enum architecture architecture);

/* The selectable architecture of that name; ARCHITECTURE_UNKNOWN if there is none. */
enum architecture architecture_parse(const char *name);

/* The architecture of a PE/COFF machine type; ARCHITECTURE_UNKNOWN if it is none of these. */
enum architecture architecture_of_machine(uint16_t machine);

#endif
