/* SPDX-License-Identifier: MIT */
/* guest-efi: the machine was not started by UEFI firmware
 *
 * severity: error
 * effect:   blocks-boot
 * subject:  guest
 * clause:   Virtual Firmware, H1
 *
 * Firmware has to start the EFI application at the removable-media path of the disk. This machine's kernel was started in
 * another way: there was no EFI system table for it, and no EFI program of ours ran before it.
 *
 * Give the machine UEFI firmware, such as edk2's (AAVMF, OVMF) or U-Boot, rather than a kernel on the command line.
 *
 * good:   gicv3 u-boot x86_64
 * bad:    gicv3 | drop probe-* | drop linux-* | drop names path=/sys/firmware/efi | drop file path=*acpi*
 * expect: !efi: error: UEFI did not start this machine: Linux has no EFI system table
 */
#include "lint/guest-findings.h"

RULE(guest_efi)
{
	if (check->machine->efi == MACHINE_UNREADABLE)
		guest_unknown(check, "the record does not say how the machine was started");
	else if (check->machine->efi == MACHINE_ABSENT)
		finding(check, at_fact("efi"), "UEFI did not start this machine: Linux has no EFI system table");
}
