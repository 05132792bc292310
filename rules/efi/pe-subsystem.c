/* SPDX-License-Identifier: MIT */
/* pe-subsystem: the EFI binary is not an application
 *
 * severity: error
 * effect:   blocks-boot
 * clause:   VM Image Format, I5
 * subject:  loader
 * after:    esp-fat-corrupt efi-boot-not-pe pe-truncated
 *
 * The PE header's Subsystem tells firmware what a binary is. At the removable-media path it must be an EFI application (10):
 * a boot service driver (11), a runtime driver (12) or a program for Windows is not started by the boot manager (UEFI
 * 2.6, section 3.5.1.1; edk2's BmIsLoadOptionPeHeaderValid).
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | pe field EFI/BOOT/BOOTAA64.EFI subsystem 11
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI@0xdc: error: subsystem is EFI boot service driver (11), EFI application (10) expected
 * bad:    debian-arm64 | pe field EFI/BOOT/BOOTAA64.EFI subsystem 3
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI@0xdc: error: subsystem is Windows console program (3), EFI application (10) expected
 * bad:    debian-arm64 | pe field EFI/BOOT/BOOTAA64.EFI subsystem 99
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI@0xdc: error: subsystem is 99, EFI application (10) expected
 * firmware: blocks pe field EFI/BOOT/BOOTX64.EFI subsystem 11
 * firmware: blocks pe field EFI/BOOT/BOOTX64.EFI subsystem 3
 * firmware: blocks pe field EFI/BOOT/BOOTX64.EFI subsystem 99
 */
#include "efi-help.h"

RULE(pe_subsystem)
{
	const struct loader *loader = check->loader;
	const struct pe *pe = loader->pe;
	const char *name;
	struct diagnostic *d;

	if (efi_no_pe(check) || pe->subsystem == PE_SUBSYSTEM_EFI_APPLICATION)
		return;
	name = pe_subsystem_name(pe->subsystem);
	d = finding(check, efi_at_bytes(loader, pe->subsystem_offset, 2),
		    "subsystem is %s, EFI application (10) expected",
		    name ? arena_printf(check->arena, "%s (%u)", name, pe->subsystem)
			 : arena_printf(check->arena, "%u", pe->subsystem));
	efi_help_loader(check, d);
}
