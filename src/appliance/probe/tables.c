/* SPDX-License-Identifier: MIT */
/* tables: copies the ACPI tables and the device tree that the configuration table names into the record; judges neither.
 *
 * Offsets: ACPI 6.1, sections 5.2.5 (RSDP), 5.2.6 (header), 5.2.9 (FADT); Devicetree Specification 0.1, section 5.2.
 */
#include "record.h"

#define HEADER_SIZE 36
#define ENTRIES_MAXIMUM 256

static void table(struct record *r, uint64_t address)
{
	const uint8_t *p = (const uint8_t *)(uintptr_t)address;
	static const char kind[] = "probe-acpi signature=";
	char what[sizeof(kind) + 12];
	size_t n = sizeof(kind) - 1, size;

	if (!p)
		return;
	for (size_t i = 0; i < n; i++)
		what[i] = kind[i];
	/* a signature is four capitals, digits or underscores; others are shown by position */
	for (int i = 0; i < 4; i++)
		what[n++] = (char)((p[i] >= 'A' && p[i] <= 'Z') || (p[i] >= '0' && p[i] <= '9') || p[i] == '_' ? p[i] : '?');
	what[n] = 0;
	size = le32(p + 4);
	if (size < 8 || size > TABLE_MAXIMUM)
		size = HEADER_SIZE;
	put_blob(r, what, p, size, le32(p + 4));
}

/* The FADT's long pointer where there is one, else the short one. */
static uint64_t fadt_pointer(const uint8_t *fadt, uint32_t size, uint32_t x, uint32_t plain)
{
	uint64_t address = size >= x + 8 ? le64(fadt + x) : 0;

	return address || size < plain + 4 ? address : le32(fadt + plain);
}

void record_acpi(struct record *r, const uint8_t *rsdp)
{
	uint64_t root = rsdp[15] >= 2 ? le64(rsdp + 24) : 0;
	unsigned width = root ? 8 : 4;
	const uint8_t *list;
	uint32_t count;

	put_blob(r, "probe-acpi signature=RSDP", rsdp, rsdp[15] >= 2 ? 36 : 20, rsdp[15] >= 2 ? le32(rsdp + 20) : 20);
	if (!root)
		root = le32(rsdp + 16);
	if (!root)
		return;
	list = (const uint8_t *)(uintptr_t)root;
	table(r, root);
	count = le32(list + 4);
	if (count < HEADER_SIZE || count > TABLE_MAXIMUM)
		return;
	count = (count - HEADER_SIZE) / width;
	if (count > ENTRIES_MAXIMUM) {
		count = ENTRIES_MAXIMUM;
		r->full = true;
	}
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *entry = list + HEADER_SIZE + i * width;
		uint64_t address = width == 8 ? le64(entry) : le32(entry);
		const uint8_t *p = (const uint8_t *)(uintptr_t)address;

		table(r, address);
		if (p && p[0] == 'F' && p[1] == 'A' && p[2] == 'C' && p[3] == 'P') {
			table(r, fadt_pointer(p, le32(p + 4), 140, 40));
			table(r, fadt_pointer(p, le32(p + 4), 132, 36));
		}
		if (p && p[0] == 'A' && p[1] == 'P' && p[2] == 'I' && p[3] == 'C')
			record_gic_acpi(r, p);
	}
}

void record_device_tree(struct record *r, const uint8_t *tree)
{
	uint32_t total = be32(tree + 4), end = 40;

	if (be32(tree) != 0xd00dfeedu || total < 40) {
		put_blob(r, "probe-device-tree", tree, 40, 40);
		return;
	}
	/* a tree may be padded to a megabyte; what is used ends with the structure or the strings */
	for (unsigned i = 0; i < 2; i++) {
		uint32_t offset = be32(tree + (i ? 12 : 8)), size = be32(tree + (i ? 32 : 36));

		if (offset <= total && size <= total - offset && offset + size > end)
			end = offset + size;
	}
	put_blob(r, "probe-device-tree", tree, end, total);
	record_gic_tree(r, tree);
}
