/* SPDX-License-Identifier: MIT */
/* both: makes of edk2, which publishes ACPI or a device tree, a firmware that publishes both, as a control for the probe.
 *
 * It is linked with the probe, whose efi_main is then probe_main.  The device tree that QEMU gave to edk2 is found where edk2
 * keeps it, behind a HOB (Platform Initialization Specification 1.8, volume 3, chapter 5), copied into memory that a system does
 * not take, and put into the configuration table.
 */
#include "record.h"

static const struct efi_guid hobs_guid = { 0x7739f24c, 0x93d7, 0x11d4, { 0x9a, 0x3a, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d } };
static const struct efi_guid tree_guid = { 0xb1b621d5, 0xf19c, 0x41a5, { 0x83, 0x0b, 0xd9, 0x15, 0x2c, 0x69, 0xaa, 0xe0 } };
/* gFdtHobGuid of edk2: its data are the tree's address */
static const struct efi_guid tree_hob_guid = { 0x16958446, 0x19b7, 0x480b, { 0xb0, 0x47, 0x74, 0x85, 0xad, 0x3f, 0x71, 0x6d } };

struct hob {
	uint16_t type, length;
	uint32_t reserved;
	struct efi_guid name; /* of type 4 */
	uint64_t address;
};

efi_status EFIAPI probe_main(efi_handle self, struct efi_system *system);
efi_status EFIAPI efi_main(efi_handle self, struct efi_system *system);

static const uint8_t *find_tree(const struct efi_system *system)
{
	const uint8_t *at = NULL; /* the list of HOBs */

	for (uint64_t i = 0; i < system->table_count; i++) {
		if (guid_same(&system->tables[i].guid, &hobs_guid))
			at = system->tables[i].address;
	}
	while (at) {
		const struct hob *hob = (const void *)at;

		if (hob->type == 0xffff || !hob->length)
			break;
		if (hob->type == 4 && hob->length >= sizeof(*hob) && guid_same(&hob->name, &tree_hob_guid))
			return (const uint8_t *)(uintptr_t)hob->address;
		at += hob->length;
	}
	return NULL;
}

efi_status EFIAPI efi_main(efi_handle self, struct efi_system *system)
{
	const uint8_t *tree = find_tree(system);
	uint64_t address = 0;
	uint32_t size;
	uint8_t *copy;

	if (!tree)
		return EFI_NOT_FOUND;
	size = (uint32_t)tree[4] << 24 | (uint32_t)tree[5] << 16 | (uint32_t)tree[6] << 8 | tree[7];
	if (system->boot->allocate_pages(0, EFI_ACPI_RECLAIM_MEMORY, (size + 4095) / 4096, &address) != EFI_SUCCESS)
		return EFI_NOT_FOUND;
	copy = (uint8_t *)(uintptr_t)address;
	for (uint32_t i = 0; i < size; i++)
		copy[i] = tree[i];
	if (system->boot->install_table(&tree_guid, copy) != EFI_SUCCESS)
		return EFI_NOT_FOUND;
	return probe_main(self, system);
}
