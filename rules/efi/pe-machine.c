/* SPDX-License-Identifier: MIT */
/* pe-machine: the EFI binary is for another machine than its name says
 *
 * severity: error
 * effect:   blocks-boot
 * clause:   VM Image Format, I5
 * subject:  loader
 * after:    esp-fat-corrupt efi-boot-not-pe pe-truncated
 *
 * Each architecture has a file name of its own at the removable-media path, and firmware refuses an image whose PE header
 * names another machine: AArch64 0xaa64 in BOOTAA64.EFI, AArch32 0x01c2 in BOOTARM.EFI, x86-64 0x8664 in BOOTX64.EFI,
 * RISC-V 64 0x5064 in BOOTRISCV64.EFI (UEFI 2.6, section 2.1.1 and 3.5.1.1). It happens where a build for one
 * architecture takes a boot loader from the machine that it runs on.
 *
 * good:   debian-arm64 debian-amd64 riscv64 armhf
 * bad:    debian-arm64 | pe field EFI/BOOT/BOOTAA64.EFI machine 0x8664
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI@0x84: error: machine type is x86-64 (0x8664), AArch64 (0xaa64) expected
 * bad:    debian-arm64 | file put EFI/BOOT/BOOTAA64.EFI debian-amd64:EFI/BOOT/BOOTX64.EFI
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI@0x84: error: machine type is x86-64 (0x8664), AArch64 (0xaa64) expected
 * bad:    debian-amd64 | pe field EFI/BOOT/BOOTX64.EFI machine 0x014c
 * expect: !p1/EFI/BOOT/BOOTX64.EFI@0x84: error: machine type is i386 (0x014c), x86-64 (0x8664) expected
 * firmware: blocks pe field EFI/BOOT/BOOTX64.EFI machine 0xaa64
 * firmware: blocks file put EFI/BOOT/BOOTX64.EFI debian-arm64:EFI/BOOT/BOOTAA64.EFI
 */
#include "efi-help.h"

RULE(pe_machine)
{
	const struct loader *loader = check->loader;
	const struct architecture_facts *expected = &architectures[loader->architecture];
	enum architecture real;
	struct diagnostic *d;

	if (efi_no_pe(check) || loader->pe->machine == expected->machine)
		return;
	d = finding(check, efi_at_bytes(loader, loader->pe->machine_offset, 2), "machine type is %s, %s expected",
		    efi_machine(check->arena, loader->pe->machine), efi_machine(check->arena, expected->machine));
	real = architecture_of_machine(loader->pe->machine);
	if (real && real == check->image->architecture)
		finding_help_disk(check, d,
				  arena_printf(check->arena, "mren -i {disk}@@%" PRIu64 " %s %s", loader->esp->start,
					       efi_mtools(check->arena, loader->path), architectures[real].boot_file));
	else
		efi_help_loader(check, d);
}
