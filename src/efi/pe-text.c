/* SPDX-License-Identifier: MIT */
/* pe-text: the names and sentences of pe.h. */
#include "efi/pe.h"

#include <inttypes.h>

const char *pe_machine_name(uint16_t machine)
{
	switch (machine) {
	case PE_MACHINE_I386:
		return "i386";
	case PE_MACHINE_ARM:
		return "ARM without Thumb";
	case PE_MACHINE_ARM_THUMB:
		return "AArch32";
	case PE_MACHINE_ARM_NT:
		return "Windows on ARM";
	case PE_MACHINE_IA64:
		return "Itanium";
	case PE_MACHINE_EBC:
		return "EFI byte code";
	case PE_MACHINE_RISCV32:
		return "RISC-V 32";
	case PE_MACHINE_RISCV64:
		return "RISC-V 64";
	case PE_MACHINE_LOONGARCH32:
		return "LoongArch 32";
	case PE_MACHINE_LOONGARCH64:
		return "LoongArch 64";
	case PE_MACHINE_X86_64:
		return "x86-64";
	case PE_MACHINE_AARCH64:
		return "AArch64";
	}
	return NULL;
}

const char *pe_subsystem_name(uint16_t subsystem)
{
	switch (subsystem) {
	case 1:
		return "native program";
	case 2:
		return "Windows program";
	case 3:
		return "Windows console program";
	case 9:
		return "Windows CE program";
	case PE_SUBSYSTEM_EFI_APPLICATION:
		return "EFI application";
	case PE_SUBSYSTEM_EFI_BOOT_DRIVER:
		return "EFI boot service driver";
	case PE_SUBSYSTEM_EFI_RUNTIME_DRIVER:
		return "EFI runtime driver";
	case PE_SUBSYSTEM_EFI_ROM:
		return "EFI ROM image";
	case 16:
		return "Windows boot application";
	}
	return NULL;
}

const char *pe_status_text(enum pe_status status)
{
	switch (status) {
	case PE_OK:
		return "it is a PE image";
	case PE_EMPTY:
		return "it is empty";
	case PE_TOO_SHORT:
		return "it is too short for a DOS header";
	case PE_NO_DOS_HEADER:
		return "it does not begin with \"MZ\"";
	case PE_HEADER_CUT:
		return "it ends before its PE headers do";
	case PE_NO_SIGNATURE:
		return "no PE signature stands where its DOS header points";
	case PE_UNKNOWN_MAGIC:
		return "its optional header is neither PE32 nor PE32+";
	}
	return NULL;
}

static const char *section_name(const struct pe *pe, int index)
{
	return index >= 0 && (size_t)index < pe->section_count ? pe->sections[index].name : "?";
}

const char *pe_problem_text(struct arena *arena, const struct pe *pe, const struct pe_problem *p)
{
	const char *name = section_name(pe, p->section), *other = section_name(pe, p->other);

	switch (p->kind) {
	case PE_DIRECTORY_COUNT:
		return arena_printf(
			arena, "the optional header has %" PRIu64 " data directories, at most %" PRIu64 " are defined",
			p->value, p->bound);
	case PE_OPTIONAL_HEADER_SIZE:
		return arena_printf(arena, "SizeOfOptionalHeader is %" PRIu64 ", its data directories make it %" PRIu64,
				    p->value, p->bound);
	case PE_IMAGE_SIZE:
		return arena_printf(arena, "SizeOfImage (%#" PRIx64 ") does not reach past the headers (%#" PRIx64 ")",
				    p->value, p->bound);
	case PE_HEADERS_SIZE:
		return arena_printf(
			arena, "SizeOfHeaders (%#" PRIx64 ") does not cover the section table, which ends at %#" PRIx64,
			p->value, p->bound);
	case PE_SECTION_ALIGNMENT:
		return arena_printf(arena, "SectionAlignment (%#" PRIx64 ") is not a power of two", p->value);
	case PE_SECTION_IN_HEADERS:
		return arena_printf(arena, "section %s begins inside the headers (%#" PRIx64 " < %#" PRIx64 ")", name,
				    p->value, p->bound);
	case PE_SECTION_OVERFLOW:
		return arena_printf(arena,
				    "section %s has data up to %#" PRIx64 ", beyond what a 32-bit offset can name",
				    name, p->value);
	case PE_SECTION_OUTSIDE:
		return arena_printf(arena, "section %s ends past SizeOfImage (%#" PRIx64 " > %#" PRIx64 ")", name,
				    p->value, p->bound);
	case PE_CERTIFICATES_OVERFLOW:
		return arena_printf(arena,
				    "the certificate table ends at %#" PRIx64 ", beyond what a 32-bit offset can name",
				    p->value);
	case PE_RELOCATIONS_STRIPPED:
		return "relocations are stripped: firmware could load it only at the address it was linked for";
	case PE_RELOCATIONS_OUTSIDE:
		return arena_printf(arena, "the base relocations end past SizeOfImage (%#" PRIx64 " > %#" PRIx64 ")",
				    p->value, p->bound);
	case PE_RELOCATION_BLOCK:
		return arena_printf(arena, "the base relocation block at address %#" PRIx64 " is malformed", p->value);
	case PE_DEBUG_OUTSIDE:
		return arena_printf(arena,
				    "the debug directory leaves the file or the image (%#" PRIx64
				    ", which has %#" PRIx64 ")",
				    p->value, p->bound);
	case PE_ENTRY_OUTSIDE:
		return arena_printf(arena, "the entry point lies past SizeOfImage (%#" PRIx64 " >= %#" PRIx64 ")",
				    p->value, p->bound);
	case PE_ENTRY_NOT_IN_SECTION:
		return arena_printf(arena, "the entry point (%#" PRIx64 ") lies in no section", p->value);
	case PE_SECTIONS_OVERLAP:
		return arena_printf(arena, "sections %s and %s overlap in memory", other, name);
	case PE_MAGIC_OF_MACHINE:
		return arena_printf(arena, "the optional header is %s, this machine's is %s",
				    p->value == PE_MAGIC_64 ? "PE32+" : "PE32",
				    p->bound == PE_MAGIC_64 ? "PE32+" : "PE32");
	case PE_TOO_MANY_SECTIONS:
		return arena_printf(arena, "%" PRIu64 " sections, at most %" PRIu64 " are allowed", p->value, p->bound);
	case PE_SECTION_UNALIGNED:
		return arena_printf(arena,
				    "section %s begins at %#" PRIx64 ", no multiple of SectionAlignment (%#" PRIx64 ")",
				    name, p->value, p->bound);
	case PE_SECTION_ORDER:
		return arena_printf(arena, "section %s stands after %s but lies before it", name, other);
	case PE_SECTIONS_OVERLAP_FILE:
		return arena_printf(arena, "sections %s and %s share bytes of the file", other, name);
	case PE_ENTRY_NOT_EXECUTABLE:
		return arena_printf(arena, "the entry point's section %s is not marked as code", name);
	case PE_CERTIFICATES_UNALIGNED:
		return arena_printf(arena, "the certificate table begins at %#" PRIx64 ", no multiple of 8", p->value);
	}
	return NULL;
}
