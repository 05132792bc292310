/* SPDX-License-Identifier: MIT */
/* pe-truncated: the EFI binary ends before its headers say
 *
 * severity: error
 * effect:   blocks-boot
 * clause:   VM Image Format, I5
 * subject:  loader
 * after:    esp-fat-corrupt efi-boot-not-pe
 *
 * The headers of the file at the removable-media path refer to bytes past its end: a section's data, or the signature at
 * the end. Firmware reads the last byte of each before it loads anything, and refuses the image. It is what a full
 * file system or a copy that was broken off leaves behind.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | file truncate EFI/BOOT/BOOTAA64.EFI 50%
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI@*: error: the file has * bytes, the certificate table needs *
 * bad:    debian-arm64 | pe strip-signature EFI/BOOT/BOOTAA64.EFI | pe cut EFI/BOOT/BOOTAA64.EFI .data
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI@*: error: the file has * bytes, * needs *
 * bad:    debian-arm64 | file truncate EFI/BOOT/BOOTAA64.EFI 100
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI@0x3c: error: the file has 100 bytes and ends before its PE headers do
 * firmware: blocks file truncate EFI/BOOT/BOOTX64.EFI 50%
 * firmware: blocks file truncate EFI/BOOT/BOOTX64.EFI 100
 */
#include "efi-help.h"

RULE(pe_truncated)
{
	const struct loader *loader = check->loader;
	const struct pe *pe = loader->pe;
	struct diagnostic *d;

	if (loader->have == UNREADABLE || loader->directory) {
		efi_no_pe(check);
		return;
	}
	if (!pe_is_truncated(pe))
		return;
	if (pe->status == PE_HEADER_CUT)
		d = finding(check, efi_at_bytes(loader, 0x3c, 4),
			    "the file has %" PRIu64 " bytes and ends before its PE headers do", pe->file_size);
	else
		d = finding(check, efi_at_bytes(loader, pe->needed_offset, pe->needed_length),
			    "the file has %" PRIu64 " bytes, %s needs %" PRIu64, pe->file_size, pe->needed_by,
			    pe->needed);
	efi_help_loader(check, d);
}
