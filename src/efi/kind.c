/* SPDX-License-Identifier: MIT */
/* kind: looks at section names, SBAT components, magic numbers and, in bounded windows, strings. */
#include "efi/kind.h"

#include <string.h>

#include "base/limits.h"

const char *efi_kind_name(enum efi_kind kind)
{
	switch (kind) {
	case EFI_UNKNOWN:
		return "EFI program";
	case EFI_SHIM:
		return "shim";
	case EFI_FALLBACK:
		return "shim's fallback";
	case EFI_MOK_MANAGER:
		return "MokManager";
	case EFI_GRUB:
		return "GRUB";
	case EFI_SYSTEMD_BOOT:
		return "systemd-boot";
	case EFI_UKI:
		return "unified kernel image";
	case EFI_STUB:
		return "systemd-stub without a kernel";
	case EFI_ADDON:
		return "unified kernel image addon";
	case EFI_LINUX:
		return "Linux kernel";
	case EFI_LINUX_ZBOOT:
		return "compressed Linux kernel";
	case EFI_SHELL:
		return "UEFI shell";
	case EFI_WINDOWS:
		return "Windows Boot Manager";
	}
	return NULL;
}

/* The sections in which linkers put strings, each read at most once. */
static const char *const string_sections[] = { ".rodata", ".data", ".text" };
#define STRING_SECTIONS 3

struct search {
	struct arena *arena;
	struct view *file;
	const struct pe *pe;
	struct error *err;
	int failed; /* a negative errno that ended it */
	const uint8_t *bytes[STRING_SECTIONS];
	size_t size[STRING_SECTIONS];
};

/* Does a section's first LIMIT_STRING_SEARCH bytes hold these? */
static bool section_has(struct search *s, const struct pe_section *section, const char *text)
{
	const uint8_t *bytes;
	size_t size;

	if (s->failed || !section)
		return false;
	s->failed = pe_section_read(s->arena, s->file, s->pe, section, LIMIT_STRING_SEARCH, &bytes, &size, s->err);
	return !s->failed && memmem(bytes, size, text, strlen(text));
}

/* Is ASCII text there as the NUL-terminated UTF-16LE that EFI programs hold it in? */
static bool has_string(struct search *s, const char *text)
{
	uint8_t wide[128] = { 0 };
	size_t n = strlen(text) + 1;

	for (size_t i = 0; i < n; i++)
		wide[2 * i] = (uint8_t)text[i];
	for (size_t i = 0; i < STRING_SECTIONS; i++) {
		const struct pe_section *section = pe_section(s->pe, string_sections[i]);

		if (s->failed || !section)
			continue;
		if (!s->bytes[i]) {
			s->failed = pe_section_read(s->arena, s->file, s->pe, section, LIMIT_STRING_SEARCH,
						    &s->bytes[i], &s->size[i], s->err);
			if (s->failed)
				return false;
		}
		if (memmem(s->bytes[i], s->size[i], wide, 2 * n))
			return true;
	}
	return false;
}

static const struct sbat_entry *component(const struct sbat_section *sbat, const char *name)
{
	for (size_t i = 0; i < sbat->sbat.count; i++)
		if (!strcmp(sbat->sbat.entries[i].component, name))
			return &sbat->sbat.entries[i];
	return NULL;
}

/* What the program calls itself: its first component but "sbat". */
static const char *own_name(struct arena *arena, const struct sbat_section *sbat)
{
	for (size_t i = 0; i < sbat->sbat.count; i++)
		if (strcmp(sbat->sbat.entries[i].component, "sbat"))
			return arena_printf(arena, "SBAT component %s", sbat->sbat.entries[i].component);
	return NULL;
}

/* shim keeps the name of what it starts as a string; distributions can build it with another. */
static const char *shim_loader(struct search *s)
{
	static const struct {
		uint16_t machine;
		const char *name;
	} loaders[] = {
		{ PE_MACHINE_AARCH64, "\\grubaa64.efi" },         { PE_MACHINE_ARM_THUMB, "\\grubarm.efi" },
		{ PE_MACHINE_X86_64, "\\grubx64.efi" },           { PE_MACHINE_I386, "\\grubia32.efi" },
		{ PE_MACHINE_RISCV64, "\\grubriscv64.efi" },      { PE_MACHINE_LOONGARCH64, "\\grubloongarch64.efi" },
		{ PE_MACHINE_AARCH64, "\\systemd-bootaa64.efi" }, { PE_MACHINE_X86_64, "\\systemd-bootx64.efi" },
		{ PE_MACHINE_X86_64, "\\loaderx64.efi" },
	};

	for (size_t i = 0; i < sizeof(loaders) / sizeof(*loaders); i++)
		if (loaders[i].machine == s->pe->machine && has_string(s, loaders[i].name))
			return loaders[i].name;
	return has_string(s, "\\grub.efi") ? "\\grub.efi" : NULL;
}

/* The beginnings of kernels: Documentation/arch/arm64/booting.rst, arch/x86/boot.rst and the zImage header of arch/arm.
 */
static const char *kernel_evidence(const uint8_t *first, size_t size, bool *ret_zboot)
{
	static const uint8_t arm64[] = "ARM\x64", riscv[] = "RSC\x05", zboot[] = "zimg", x86[] = "HdrS";
	static const uint8_t arm[] = { 0x18, 0x28, 0x6f, 0x01 };

	*ret_zboot = size >= 8 && !memcmp(first + 4, zboot, 4);
	if (*ret_zboot)
		return "magic number zimg";
	if (size >= 60 && !memcmp(first + 56, arm64, 4))
		return "magic number ARM\\x64";
	if (size >= 60 && !memcmp(first + 56, riscv, 4))
		return "magic number RSC\\x05";
	if (size >= 40 && !memcmp(first + 36, arm, 4))
		return "magic number 0x016f2818";
	if (size >= 0x206 && !memcmp(first + 0x202, x86, 4))
		return "magic number HdrS";
	return NULL;
}

static enum efi_kind systemd_kind(struct search *s, const char **ret_evidence)
{
	const struct pe_section *magic = pe_section(s->pe, ".sdmagic");
	bool kernel = pe_section(s->pe, ".linux");

	/* other people's stubs (ukify with another stub, dracut, stubbyboot) have the section too */
	if (kernel) {
		*ret_evidence = "section .linux";
		return EFI_UKI;
	}
	if (!magic)
		return EFI_UNKNOWN;
	if (section_has(s, magic, "systemd-boot")) {
		*ret_evidence = "section .sdmagic says systemd-boot";
		return EFI_SYSTEMD_BOOT;
	}
	if (section_has(s, magic, "systemd-addon")) {
		*ret_evidence = "section .sdmagic says systemd-addon";
		return EFI_ADDON;
	}
	if (section_has(s, magic, "systemd-stub")) {
		*ret_evidence = "section .sdmagic says systemd-stub, and there is no section .linux";
		return EFI_STUB;
	}
	return EFI_UNKNOWN;
}

/* Arm builds with gnu-efi have no section but .text and .data: then the EFI variables that it sets tell. */
static enum efi_kind merged_systemd_kind(struct search *s, const char **ret_evidence)
{
	if (has_string(s, "StubInfo")) {
		*ret_evidence = "string \"StubInfo\", and there is no section .linux";
		return EFI_STUB;
	}
	if (has_string(s, "LoaderInfo") && has_string(s, "LoaderEntrySelected")) {
		*ret_evidence = "strings \"LoaderInfo\" and \"LoaderEntrySelected\"";
		return EFI_SYSTEMD_BOOT;
	}
	return EFI_UNKNOWN;
}

static enum efi_kind shim_kind(struct search *s, const struct sbat_section *sbat, const char **ret_evidence)
{
	bool from_shim = component(sbat, "shim");

	if (pe_section(s->pe, ".vendor_cert")) {
		*ret_evidence = "section .vendor_cert";
		return EFI_SHIM;
	}
	if (pe_section(s->pe, ".sbatlevel")) {
		*ret_evidence = "section .sbatlevel";
		return EFI_SHIM;
	}
	if (!from_shim)
		return EFI_UNKNOWN;
	if (has_string(s, "boot.csv")) {
		*ret_evidence = "SBAT component shim and string \"boot.csv\"";
		return EFI_FALLBACK;
	}
	if (has_string(s, "Perform MOK management")) {
		*ret_evidence = "SBAT component shim and string \"Perform MOK management\"";
		return EFI_MOK_MANAGER;
	}
	/* the table of long section names may be gone */
	if (shim_loader(s)) {
		*ret_evidence = "SBAT component shim and a default loader's name";
		return EFI_SHIM;
	}
	return EFI_UNKNOWN;
}

static enum efi_kind grub_kind(struct search *s, const struct sbat_section *sbat, const char **ret_evidence)
{
	const struct pe_section *mods = pe_section(s->pe, "mods");
	const uint8_t *bytes;
	size_t size;

	if (component(sbat, "grub")) {
		*ret_evidence = "SBAT component grub";
		return EFI_GRUB;
	}
	if (!mods)
		return EFI_UNKNOWN;
	s->failed = pe_section_read(s->arena, s->file, s->pe, mods, 4, &bytes, &size, s->err);
	if (s->failed == 0 && size == 4 && !memcmp(bytes, "mimg", 4)) {
		*ret_evidence = "section mods with GRUB's modules";
		return EFI_GRUB;
	}
	return EFI_UNKNOWN;
}

int efi_program_read(struct arena *arena, struct view *file, const struct pe *pe, const struct sbat_section *sbat,
		     const struct efi_program **ret, struct error *err)
{
	struct efi_program *program = ARENA_NEW(arena, struct efi_program);
	struct search s = { .arena = arena, .file = file, .pe = pe, .err = err };
	uint8_t first[0x210];
	size_t size = file->size < sizeof(first) ? (size_t)file->size : sizeof(first);
	struct arena_mark mark;
	bool zboot;
	int r;

	*ret = program;
	r = view_read(file, 0, first, size, err);
	if (r < 0)
		return r;
	program->evidence = own_name(arena, sbat);
	mark = arena_mark(arena);
	program->kind = systemd_kind(&s, &program->evidence);
	if (!program->kind)
		program->kind = shim_kind(&s, sbat, &program->evidence);
	if (!program->kind)
		program->kind = grub_kind(&s, sbat, &program->evidence);
	if (!program->kind) {
		const char *evidence = kernel_evidence(first, size, &zboot);

		if (evidence) {
			program->evidence = evidence;
			program->kind = zboot ? EFI_LINUX_ZBOOT : EFI_LINUX;
		}
	}
	if (!program->kind)
		program->kind = merged_systemd_kind(&s, &program->evidence);
	if (!program->kind && has_string(&s, "uefishellversion")) {
		program->kind = EFI_SHELL;
		program->evidence = "string \"uefishellversion\"";
	}
	/* what Microsoft's linker wrote of it, by which others tell it, too (VeraCrypt) */
	if (!program->kind && section_has(&s, pe_section(pe, ".rdata"), "bootmgfw.pdb")) {
		program->kind = EFI_WINDOWS;
		program->evidence = "string \"bootmgfw.pdb\"";
	}
	if (program->kind == EFI_SHIM)
		program->loader = shim_loader(&s);
	arena_release(arena, mark); /* kinds' evidence and loader are literals */
	return s.failed;
}
