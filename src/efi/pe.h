/* SPDX-License-Identifier: MIT */
/* pe: PE/COFF images as UEFI firmware loads them.
 *
 * Reads the headers, the section table and the data directories that matter to a loader (Microsoft PE/COFF
 * specification; UEFI 2.6, section 2.1.1) and says what is wrong with them.  How bad a problem is follows what edk2's
 * loader does (MdePkg/Library/BasePeCoffLib, MdeModulePkg's DXE core and boot manager, release 2022.11): see enum
 * pe_effect. It does not judge machine or subsystem: which ones are right depends on where the file lies.
 */
#ifndef EFI_PE_H
#define EFI_PE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "block/view.h"

/* Machine types (PE/COFF specification, 3.3.1; UEFI 2.6, table 3). */
#define PE_MACHINE_I386 0x014c
#define PE_MACHINE_ARM 0x01c0       /* ARM without Thumb: firmware does not take it */
#define PE_MACHINE_ARM_THUMB 0x01c2 /* AArch32 under UEFI */
#define PE_MACHINE_ARM_NT 0x01c4    /* Windows' Thumb-2: edk2 does not take it */
#define PE_MACHINE_IA64 0x0200
#define PE_MACHINE_EBC 0x0ebc
#define PE_MACHINE_RISCV32 0x5032
#define PE_MACHINE_RISCV64 0x5064
#define PE_MACHINE_LOONGARCH32 0x6232
#define PE_MACHINE_LOONGARCH64 0x6264
#define PE_MACHINE_X86_64 0x8664
#define PE_MACHINE_AARCH64 0xaa64

/* Subsystems (PE/COFF specification, 3.4.2). */
#define PE_SUBSYSTEM_EFI_APPLICATION 10
#define PE_SUBSYSTEM_EFI_BOOT_DRIVER 11
#define PE_SUBSYSTEM_EFI_RUNTIME_DRIVER 12
#define PE_SUBSYSTEM_EFI_ROM 13

#define PE_MAGIC_32 0x010b
#define PE_MAGIC_64 0x020b

#define PE_FILE_RELOCATIONS_STRIPPED 0x0001

#define PE_SECTION_CODE 0x00000020
#define PE_SECTION_DISCARDABLE 0x02000000
#define PE_SECTION_EXECUTE 0x20000000

/* Is it a PE image at all? */
enum pe_status {
	PE_OK,
	PE_EMPTY,         /* no byte */
	PE_TOO_SHORT,     /* less than a DOS header */
	PE_NO_DOS_HEADER, /* does not begin with "MZ" */
	PE_HEADER_CUT,    /* "MZ", but the file ends before the PE headers do */
	PE_NO_SIGNATURE,  /* "MZ", but no "PE\0\0" where the DOS header points */
	PE_UNKNOWN_MAGIC, /* the optional header is neither PE32 nor PE32+ */
};

/* What a problem does when firmware loads the image. */
enum pe_effect {
	PE_REFUSED,   /* the loader refuses the image, or cannot start it */
	PE_MISPLACED, /* it loads, but what is in memory is not what was built */
	PE_TOLERATED, /* against the specification; loads and runs all the same */
};

enum pe_problem_kind {
	/* refused */
	PE_DIRECTORY_COUNT,       /* NumberOfRvaAndSizes is over 16 */
	PE_OPTIONAL_HEADER_SIZE,  /* SizeOfOptionalHeader does not fit NumberOfRvaAndSizes */
	PE_IMAGE_SIZE,            /* SizeOfImage does not cover the headers */
	PE_HEADERS_SIZE,          /* SizeOfHeaders does not cover the section table */
	PE_SECTION_ALIGNMENT,     /* SectionAlignment is no power of two */
	PE_SECTION_IN_HEADERS,    /* a section begins inside the headers */
	PE_SECTION_OVERFLOW,      /* raw pointer plus raw size leaves 32 bits */
	PE_SECTION_OUTSIDE,       /* a section ends past SizeOfImage */
	PE_CERTIFICATES_OVERFLOW, /* certificate table's offset plus size leaves 32 bits */
	PE_RELOCATIONS_STRIPPED,  /* cannot be relocated */
	PE_RELOCATIONS_OUTSIDE,   /* base relocation directory past SizeOfImage */
	PE_RELOCATION_BLOCK,      /* a base relocation block that leaves its table or the image */
	PE_DEBUG_OUTSIDE,         /* debug directory past the end of the file, or its contents past SizeOfImage */
	PE_ENTRY_OUTSIDE,         /* entry point past SizeOfImage */
	/* misplaced */
	PE_ENTRY_NOT_IN_SECTION, /* entry point zero, in the headers or between sections */
	PE_SECTIONS_OVERLAP,     /* two sections in the same memory */
	/* tolerated */
	PE_MAGIC_OF_MACHINE,       /* PE32 for a 64-bit machine, or PE32+ for a 32-bit one */
	PE_TOO_MANY_SECTIONS,      /* over 96: those after them were not read */
	PE_SECTION_UNALIGNED,      /* a section's address is no multiple of SectionAlignment */
	PE_SECTION_ORDER,          /* sections not in ascending order of address */
	PE_SECTIONS_OVERLAP_FILE,  /* two sections share bytes of the file */
	PE_ENTRY_NOT_EXECUTABLE,   /* the entry point's section is not marked as code */
	PE_CERTIFICATES_UNALIGNED, /* certificate table not on a multiple of 8 */
};

struct pe_problem {
	enum pe_problem_kind kind;
	enum pe_effect effect;
	uint64_t offset; /* of the bad field, in bytes of the file */
	uint32_t length; /* of the bad field, bytes */
	int section;     /* index of the section concerned, or -1 */
	int other;       /* index of the second section of an overlap, or -1 */
	uint64_t value;  /* what the field says */
	uint64_t bound;  /* what it was compared with */
};

struct pe_section {
	const char *name; /* one of over eight characters resolved through the COFF string table */
	uint32_t virtual_address, virtual_size, raw_offset, raw_size, characteristics;
	uint32_t relocations_offset;
	uint16_t relocations_count;
	uint64_t header_offset; /* of its 40-byte record in the file */
};

struct pe_directory {
	uint32_t address; /* RVA; for the certificate table a file offset */
	uint32_t size;
	uint64_t header_offset; /* of its 8-byte record in the file; 0: the image has no such record */
};

struct pe {
	enum pe_status status; /* when not PE_OK, nothing but file_size, header_offset and magic is set */
	uint64_t file_size;

	uint64_t header_offset; /* of "PE\0\0" */
	uint16_t machine, characteristics, magic, subsystem, dll_characteristics;
	uint64_t machine_offset, subsystem_offset, entry_offset; /* of those fields in the file */
	bool is_pe32_plus;
	uint64_t image_base;
	uint32_t entry, image_size, headers_size, section_alignment, file_alignment;
	uint32_t directory_count;
	struct pe_directory resources, certificates, relocations, debug;

	const struct pe_section *sections;
	size_t section_count; /* of those read */

	/* The file ends before what its headers refer to does: bytes that it should have at least, and the field that
	 * asks for the most.  needed <= file_size when it is whole. */
	uint64_t needed;
	uint64_t needed_offset; /* of the field, file offset */
	uint32_t needed_length;
	const char *needed_by; /* a phrase such as "section .text" */

	const struct pe_problem *problems; /* most severe first */
	size_t problem_count;
};

static inline bool pe_is_truncated(const struct pe *pe)
{
	return pe->status == PE_HEADER_CUT || (pe->status == PE_OK && pe->needed > pe->file_size);
}

/* Reads the image's headers from `file`.  *ret lives in the arena.  0 whatever the file holds; negative errno only when
 * it could not be read. */
int pe_read(struct arena *arena, struct view *file, const struct pe **ret, struct error *err);

/* The first section of this name, or NULL. */
const struct pe_section *pe_section(const struct pe *pe, const char *name);

/* How many bytes of the section the file holds: its raw size cut to its virtual size (where it has one) and to the
 * file's end. */
uint64_t pe_section_size(const struct pe *pe, const struct pe_section *section);

/* Reads a section's bytes, at most `maximum`; *ret_size is how many there are.  They live in the arena and a NUL that
 * is not counted follows them. */
int pe_section_read(struct arena *arena, struct view *file, const struct pe *pe, const struct pe_section *section,
		    size_t maximum, const uint8_t **ret, size_t *ret_size, struct error *err);

/* "AArch64", "x86-64", ...; NULL for a machine that has no name here. */
const char *pe_machine_name(uint16_t machine);
/* "EFI application", "Windows console program", ...; NULL likewise. */
const char *pe_subsystem_name(uint16_t subsystem);
/* A clause such as "section .data ends past SizeOfImage (0x5000 > 0x4000)"; lives in the arena. */
const char *pe_problem_text(struct arena *arena, const struct pe *pe, const struct pe_problem *problem);
/* A clause that says why the file is no PE image, such as "it is empty". */
const char *pe_status_text(enum pe_status status);

#endif
