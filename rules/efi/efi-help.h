/* SPDX-License-Identifier: MIT */
/* efi-help: what the rules on EFI binaries share: places and commands. */
#ifndef RULES_EFI_EFI_HELP_H
#define RULES_EFI_EFI_HELP_H

#include <inttypes.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/text.h"
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
	BUFFER_AUTO word = buffer_make(4 * LIMIT_PATH);

	text_shell(&word, arena_printf(arena, "::%s", path));
	return word.overflowed ? "::" : arena_strdup(arena, word.data);
}

/* Puts a file of the machine's own over one on the ESP. */
static inline void efi_help_copy(struct check *check, struct diagnostic *d, const struct esp *esp, const char *source,
				 const char *path)
{
	finding_help_disk(check, d, arena_printf(check->arena, "mcopy -o -i {disk}@@%" PRIu64 " %s %s", esp->start, source,
						 efi_mtools(check->arena, path)));
}

/* The same for a loader, with the file that Debian's packages have of this kind. */
static inline void efi_help_loader(struct check *check, struct diagnostic *d, const struct esp *esp,
				   enum architecture architecture, const struct efi_binary *binary, const char *path)
{
	enum efi_kind kind = binary && binary->program ? binary->program->kind : EFI_UNKNOWN;
	const char *suffix = architectures[architecture].suffix, *source;

	switch (kind) {
	case EFI_SHIM:
		source = arena_printf(check->arena, "/usr/lib/shim/shim%s.efi.signed", suffix);
		break;
	case EFI_FALLBACK:
		source = arena_printf(check->arena, "/usr/lib/shim/fb%s.efi.signed", suffix);
		break;
	case EFI_SYSTEMD_BOOT:
		source = arena_printf(check->arena, "/usr/lib/systemd/boot/efi/systemd-boot%s.efi", suffix);
		break;
	case EFI_GRUB:
		source = arena_printf(check->arena, "/usr/lib/grub/%s-signed/grub%s.efi.signed", efi_grub_target(architecture),
				      suffix);
		break;
	default:
		finding_help(check, d, "grub-install --target=%s --removable, in the image; or bootctl install",
			     efi_grub_target(architecture));
		return;
	}
	efi_help_copy(check, d, esp, source, path);
}

#endif
