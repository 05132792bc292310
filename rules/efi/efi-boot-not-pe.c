/* SPDX-License-Identifier: MIT */
/* efi-boot-not-pe: the file at the removable-media path is no EFI binary
 *
 * severity: error
 * effect:   blocks-boot
 * clause:   VM Image Format, I5
 * subject:  loader
 * after:    esp-fat-corrupt
 *
 * Firmware starts PE/COFF images only (UEFI 2.6, section 2.1.1): a DOS header that begins with "MZ", and a PE header where
 * it points. Anything else at the removable-media path (an empty file, a script, a kernel that is still compressed,
 * an ELF program, a folder of that name) is passed over, and nothing starts.
 *
 * good:   debian-arm64 uki-arm64
 * bad:    debian-arm64 | file write EFI/BOOT/BOOTAA64.EFI empty
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI: error: not an EFI binary: it is empty
 * bad:    debian-arm64 | file write EFI/BOOT/BOOTAA64.EFI text "#!/bin/sh\necho 'This is no boot loader, but it is long enough to be one.'\n"
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI@0: error: not an EFI binary: it does not begin with "MZ" (*script*)
 * bad:    debian-arm64 | file gzip EFI/BOOT/BOOTAA64.EFI
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI@0: error: not an EFI binary: it does not begin with "MZ" (gzip compressed data*)
 * bad:    debian-arm64 | file mkdir EFI/BOOT/BOOTAA64.EFI
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI: error: a folder stands where the EFI binary should be
 * bad:    debian-arm64 | pe field EFI/BOOT/BOOTAA64.EFI signature 0
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI@0x80: error: not an EFI binary: no PE signature stands where its DOS header points *
 * firmware: blocks file write EFI/BOOT/BOOTX64.EFI empty
 * firmware: blocks file write EFI/BOOT/BOOTX64.EFI text "#!/bin/sh\necho no\n"
 * firmware: blocks file mkdir EFI/BOOT/BOOTX64.EFI
 * firmware: blocks pe field EFI/BOOT/BOOTX64.EFI signature 0
 * bad:    debian-amd64 | file write EFI/BOOT/BOOTIA32.EFI text hello
 * expect: !p1/EFI/BOOT/BOOTIA32.EFI@0: warning: not an EFI binary: it is too short for a DOS header (ASCII text*)
 */
#include "efi-help.h"

RULE(efi_boot_not_pe)
{
	const struct loader *loader = check->loader;
	const struct pe *pe = loader->pe;
	const char *text = NULL;
	struct diagnostic *d;
	struct location at;
	struct error err;

	if (loader->directory) {
		d = finding(check, efi_at(loader), "a folder stands where the EFI binary should be");
		efi_help_program(check, d, loader->esp, loader->architecture, EFI_UNKNOWN,
				 arena_printf(check->arena, "mdeltree -i {disk}@@%" PRIu64 " %s && ",
					      loader->esp->start, efi_mtools(check->arena, loader->path)),
				 loader->path);
		return;
	}
	if (loader->have == UNREADABLE) {
		efi_no_pe(check);
		return;
	}
	/* one that ends too early is pe-truncated's */
	if (loader->have == HAVE || pe->status == PE_HEADER_CUT)
		return;
	at = efi_at_bytes(loader, 0, 2);
	if (pe->status == PE_EMPTY)
		at = efi_at(loader);
	else if (pe->status == PE_NO_SIGNATURE)
		at = efi_at_bytes(loader, pe->header_offset, 4);
	else if (pe->status == PE_UNKNOWN_MAGIC)
		at = efi_at_bytes(loader, pe->header_offset + 24, 2);
	if (pe->status != PE_EMPTY)
		text = magic_describe(check->arena, loader->view, &err);
	if (text && strcmp(text, "data"))
		d = finding(check, at, "not an EFI binary: %s (%s)", pe_status_text(pe->status), text);
	else
		d = finding(check, at, "not an EFI binary: %s", pe_status_text(pe->status));
	if (text && strstr(text, "gzip compressed"))
		efi_help_gunzip(check, d, loader->esp, loader->path);
	else
		efi_help_loader(check, d);
}
