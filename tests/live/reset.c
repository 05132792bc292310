/* SPDX-License-Identifier: MIT */
/* reset: an EFI application that does nothing but reset the machine, as a control for who waits for it to start a system. */
#include "efi.h"

efi_status EFIAPI efi_main(efi_handle self, struct efi_system *system);

efi_status EFIAPI efi_main(efi_handle self, struct efi_system *system)
{
	(void)self;
	system->runtime->reset_system(0, EFI_SUCCESS, 0, NULL);
	return EFI_NOT_FOUND;
}
