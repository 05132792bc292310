/* SPDX-License-Identifier: MIT */
/* efi-help: what the rules on EFI binaries share: places and commands. */
#ifndef RULES_EFI_EFI_HELP_H
#define RULES_EFI_EFI_HELP_H

#include <inttypes.h>
#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/utf16.h"
#include "efi/magic.h"
#include "image/binary.h"
#include "image/chain.h"
#include "image/image.h"
#include "lint/rule.h"

static inline struct location efi_at(const struct loader *loader)
{
	return at_file(loader->esp->partition, loader->path);
}

static inline struct location efi_at_bytes(const struct loader *loader, uint64_t offset, uint64_t length)
{
	return at_file_bytes(loader->esp->partition, loader->path, offset, length);
}

/* Why there is no PE image to judge; true if so, and the rule is over. */
static inline bool efi_no_pe(struct check *check)
{
	const struct loader *loader = check->loader;

	if (loader->have == HAVE)
		return false;
	if (loader->have == UNREADABLE)
		not_evaluated(check, &loader->error, "%s could not be read", loader->path);
	else
		not_applicable(check, "%s is no PE image", loader->path);
	return true;
}

/* "x86-64 (0x8664)" */
static inline const char *efi_machine(struct arena *arena, uint16_t machine)
{
	const char *name = pe_machine_name(machine);

	return name ? arena_printf(arena, "%s (%#06x)", name, machine) : arena_printf(arena, "%#06x", machine);
}

/* GRUB's name of the platform, as grub-install and /usr/lib/grub have it. */
static inline const char *efi_grub_target(enum architecture architecture)
{
	switch (architecture) {
	case ARCHITECTURE_AARCH64:
		return "arm64-efi";
	case ARCHITECTURE_ARM:
		return "arm-efi";
	case ARCHITECTURE_X86_64:
		return "x86_64-efi";
	case ARCHITECTURE_RISCV64:
		return "riscv64-efi";
	case ARCHITECTURE_I386:
		return "i386-efi";
	case ARCHITECTURE_LOONGARCH64:
		return "loongarch64-efi";
	case ARCHITECTURE_UNKNOWN:
	case ARCHITECTURE_COUNT:
		break;
	}
	return "arm64-efi";
}

/* The path of a file on an ESP as a word of a shell for mtools: "::/EFI/BOOT/BOOTAA64.EFI". */
static inline const char *efi_mtools(struct arena *arena, const char *path)
{
	BUFFER_AUTO word = buffer_make(4 * limits.path);

	text_shell(&word, arena_printf(arena, "::%s", path));
	return word.overflowed ? "::" : arena_strdup(arena, word.data);
}

/* Puts a file of the machine's own in the place of one on the ESP. */
static inline void efi_help_copy(struct check *check, struct diagnostic *d, const struct esp *esp, const char *source,
				 const char *path)
{
	finding_help_disk(check, d,
			  arena_printf(check->arena, "mcopy -o -i {disk}@@%" PRIu64 " %s %s", esp->start, source,
				       efi_mtools(check->arena, path)));
}

/* Puts one file of the ESP in the place of another; `before` is a command to run first, ending in " && ", or "". */
static inline void efi_help_copy_inside(struct check *check, struct diagnostic *d, const struct esp *esp,
					const char *before, const char *source, const char *path)
{
	finding_help_disk(check, d,
			  arena_printf(check->arena,
				       "%sfile=$(mktemp) && mcopy -n -i {disk}@@%" PRIu64
				       " %s \"$file\" && mcopy -o -i {disk}@@%" PRIu64 " \"$file\" %s",
				       before, esp->start, efi_mtools(check->arena, source), esp->start,
				       efi_mtools(check->arena, path)));
}

/* Unpacks a kernel in its place. */
static inline void efi_help_gunzip(struct check *check, struct diagnostic *d, const struct esp *esp, const char *path)
{
	const char *word = efi_mtools(check->arena, path);

	finding_help_disk(check, d,
			  arena_printf(check->arena,
				       "file=$(mktemp) && mcopy -n -i {disk}@@%" PRIu64
				       " %s \"$file\" && gunzip -c \"$file\" | mcopy -o -i {disk}@@%" PRIu64 " - %s",
				       esp->start, word, esp->start, word));
}

/* Where Debian's packages have a program of this kind; NULL for one that they don't. */
static inline const char *efi_packaged(struct arena *arena, enum efi_kind kind, enum architecture architecture)
{
	const char *suffix = architectures[architecture].suffix;

	switch (kind) {
	case EFI_SHIM:
		return arena_printf(arena, "/usr/lib/shim/shim%s.efi.signed", suffix);
	case EFI_FALLBACK:
		return arena_printf(arena, "/usr/lib/shim/fb%s.efi.signed", suffix);
	case EFI_SYSTEMD_BOOT:
		return arena_printf(arena, "/usr/lib/systemd/boot/efi/systemd-boot%s.efi", suffix);
	case EFI_GRUB:
		return arena_printf(arena, "/usr/lib/grub/%s-signed/grub%s.efi.signed", efi_grub_target(architecture),
				    suffix);
	default:
		return NULL;
	}
}

/* Mends a program of the boot chain at `path`, of which `kind` is known or EFI_UNKNOWN: with a sound one from elsewhere on the
 * ESP, else with the package's, else in the image. */
static inline void efi_help_program(struct check *check, struct diagnostic *d, const struct esp *esp,
				    enum architecture architecture, enum efi_kind kind, const char *before,
				    const char *path)
{
	static const enum efi_kind loaders[] = { EFI_SHIM, EFI_SYSTEMD_BOOT, EFI_GRUB };
	const struct efi_binary *sound = NULL;
	const char *packaged;

	if (kind)
		sound = image_find_binary(check->image, esp, kind, architecture, path);
	for (size_t i = 0; !kind && !sound && i < sizeof(loaders) / sizeof(*loaders); i++)
		sound = image_find_binary(check->image, esp, loaders[i], architecture, path);
	/* the program at the removable path is mostly a copy of the vendor's */
	if (!sound && kind && check->loader && check->loader->esp == esp && check->loader->have == HAVE &&
	    check->loader->binary->program->kind == kind && ascii_casecmp(check->loader->path, path))
		sound = check->loader->binary;
	if (sound) {
		efi_help_copy_inside(check, d, esp, before, sound->path, path);
		return;
	}
	packaged = efi_packaged(check->arena, kind, architecture);
	if (packaged)
		efi_help_copy(check, d, esp, packaged, path);
	else
		finding_help(check, d, "in the image: grub-install --target=%s --removable, or bootctl install",
			     efi_grub_target(architecture));
}

/* The same for the file at the removable-media path. */
static inline void efi_help_loader(struct check *check, struct diagnostic *d)
{
	const struct loader *loader = check->loader;
	const struct efi_binary *b = loader->binary;

	efi_help_program(check, d, loader->esp, loader->architecture,
			 b && b->have == HAVE ? b->program->kind : EFI_UNKNOWN, "", loader->path);
}

#endif
