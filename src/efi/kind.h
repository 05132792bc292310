/* SPDX-License-Identifier: MIT */
/* kind: which program an EFI binary is, by what it holds and never by its file name.
 *
 * The answer decides what must come next in the boot chain, so only what is certain has a kind; the rest is
 * EFI_UNKNOWN.
 */
#ifndef EFI_KIND_H
#define EFI_KIND_H

#include "base/arena.h"
#include "base/error.h"
#include "block/view.h"
#include "efi/pe.h"
#include "efi/sbat.h"

enum efi_kind {
	EFI_UNKNOWN,
	EFI_SHIM,         /* starts fallback, or its default loader (GRUB) */
	EFI_FALLBACK,     /* shim's fallback: reads BOOT.CSV */
	EFI_MOK_MANAGER,  /* shim's key manager */
	EFI_GRUB,         /* reads its own configuration */
	EFI_SYSTEMD_BOOT, /* reads loader entries and unified kernel images */
	EFI_UKI,          /* a unified kernel image: kernel inside */
	EFI_STUB,         /* systemd's stub with no kernel inside: it can boot nothing */
	EFI_ADDON,        /* systemd's addon to a unified kernel image: not a program */
	EFI_LINUX,        /* a kernel with an EFI stub (Image, zImage or bzImage) */
	EFI_LINUX_ZBOOT,  /* a kernel in its self-decompressing EFI wrapper */
	EFI_SHELL,        /* the UEFI shell */
	EFI_WINDOWS,      /* Windows' boot manager */
};

struct efi_program {
	enum efi_kind kind;
	const char *evidence; /* a phrase such as "SBAT component grub"; for EFI_UNKNOWN NULL or what it calls itself */
	const char *loader;   /* shim: its default second stage, such as "\\grubaa64.efi", when it says so; else NULL */
};

/* What the image is.  pe->status is PE_OK; sbat is what sbat_read_section gave.  *ret lives in the arena; negative
 * errno when the file could not be read. */
int efi_program_read(struct arena *arena, struct view *file, const struct pe *pe, const struct sbat_section *sbat,
		     const struct efi_program **ret, struct error *err);

/* "shim", "GRUB", "systemd-boot", ... */
const char *efi_kind_name(enum efi_kind kind);

#endif
