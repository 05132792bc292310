/* SPDX-License-Identifier: MIT */
/* both: makes of edk2, which publishes ACPI or a device tree, a firmware that publishes both, as a control for the probe.
 *
 * It is linked with the probe, whose efi_main is then probe_main.  The device tree that QEMU gave to edk2 is found where edk2
 * keeps it, behind a HOB (Platform Initialization Specification 1.8, volume 3, chapter 5), copied into memory that a system does
 * not take, and put into the configuration table.
 *
 * What QEMU's option `-fw_cfg name=opt/vmlint/acpi,string=SIGNATURE:OFFSET:HEX;...` says is changed in the tables of ACPI before
 * anybody looks at them, and their checksums with it, so that firmware can be wrong in whatever way a control needs.
 */
#include "base/hex.h"
#include "record.h"

static const struct efi_guid hobs_guid = { 0x7739f24c, 0x93d7, 0x11d4, { 0x9a, 0x3a, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d } };
static const struct efi_guid tree_guid = { 0xb1b621d5, 0xf19c, 0x41a5, { 0x83, 0x0b, 0xd9, 0x15, 0x2c, 0x69, 0xaa, 0xe0 } };
/* gFdtHobGuid of edk2: its data are the tree's address */
static const struct efi_guid tree_hob_guid = { 0x16958446, 0x19b7, 0x480b, { 0xb0, 0x47, 0x74, 0x85, 0xad, 0x3f, 0x71, 0x6d } };

static const struct efi_guid acpi_guid = { 0x8868e871, 0xe4f1, 0x11d3, { 0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 } };

/* QEMU's fw_cfg device on the virt machine (docs/specs/fw_cfg), and the number of its directory. */
#define FW_CFG UINT64_C(0x09020000)
#define FW_CFG_SELECTOR 8
#define FW_CFG_DIRECTORY 0x19
#define CHANGES "opt/vmlint/acpi"
#define CHANGES_SIZE 1024

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

static void fw_cfg_select(uint16_t key)
{
	*(volatile uint16_t *)(uintptr_t)(FW_CFG + FW_CFG_SELECTOR) = (uint16_t)(key << 8 | key >> 8);
}

static uint32_t fw_cfg_number(unsigned size)
{
	uint32_t value = 0;

	while (size--)
		value = value << 8 | *(volatile uint8_t *)(uintptr_t)FW_CFG;
	return value;
}

/* What the changes are; "" without any. */
static void read_changes(char text[CHANGES_SIZE])
{
	uint32_t count, size = 0, key = 0;

	fw_cfg_select(FW_CFG_DIRECTORY);
	count = fw_cfg_number(4);
	for (uint32_t i = 0; i < count && i < 256; i++) {
		uint32_t its_size = fw_cfg_number(4), its_key = fw_cfg_number(2), at = 0;
		char name[56];

		fw_cfg_number(2);
		for (unsigned k = 0; k < sizeof(name); k++)
			name[k] = (char)fw_cfg_number(1);
		while (at < sizeof(CHANGES) && name[at] == CHANGES[at])
			at++;
		if (at == sizeof(CHANGES)) {
			size = its_size < CHANGES_SIZE ? its_size : CHANGES_SIZE - 1;
			key = its_key;
		}
	}
	if (size)
		fw_cfg_select((uint16_t)key);
	for (uint32_t i = 0; i < size; i++)
		text[i] = (char)fw_cfg_number(1);
	text[size] = '\0';
}

static uint8_t *find_table(const struct efi_system *system, const char *signature)
{
	const uint8_t *xsdt = NULL;

	for (uint64_t i = 0; i < system->table_count; i++) {
		if (guid_same(&system->tables[i].guid, &acpi_guid))
			xsdt = (const uint8_t *)(uintptr_t)le64((const uint8_t *)system->tables[i].address + 24);
	}
	for (uint32_t at = 36; xsdt && at + 8 <= le32(xsdt + 4); at += 8) {
		uint8_t *table = (uint8_t *)(uintptr_t)le64(xsdt + at);
		int k = 0;

		while (k < 4 && table[k] == (uint8_t)signature[k])
			k++;
		if (k == 4)
			return table;
	}
	return NULL;
}

/* "SPCR:36:12;GTDT:68:01": false if that cannot be done. */
static bool change_tables(const struct efi_system *system, const char *text)
{
	while (*text) {
		uint8_t *table = find_table(system, text), sum = 0;
		uint32_t at = 0, size;

		if (!table || text[4] != ':')
			return false;
		size = le32(table + 4);
		for (text += 5; *text >= '0' && *text <= '9'; text++)
			at = at * 10 + (uint32_t)(*text - '0');
		if (*text++ != ':')
			return false;
		for (; hex_digit(text[0]) >= 0 && hex_digit(text[1]) >= 0; text += 2) {
			if (at >= size)
				return false;
			table[at++] = (uint8_t)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
		}
		for (uint32_t i = 0; i < size; i++)
			sum = (uint8_t)(sum + table[i]);
		table[9] = (uint8_t)(table[9] - sum);
		if (*text && *text++ != ';')
			return false;
	}
	return true;
}

efi_status EFIAPI efi_main(efi_handle self, struct efi_system *system)
{
	static char changes[CHANGES_SIZE];
	const uint8_t *tree = find_tree(system);
	uint64_t address = 0;
	uint32_t size;
	uint8_t *copy;

	read_changes(changes);
	if (!tree || !change_tables(system, changes))
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
