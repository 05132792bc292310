/* SPDX-License-Identifier: MIT */
/* acpi: the root pointer, what all tables share, and tables of fixed form.  Those that are lists are in acpi-lists.c. */
#include "guest/acpi.h"

#include <string.h>

#include "base/cursor.h"

static uint8_t sum(const uint8_t *data, size_t size)
{
	uint8_t total = 0;

	for (size_t i = 0; i < size; i++)
		total = (uint8_t)(total + data[i]);
	return total;
}

bool acpi_rsdp_read(const void *data, size_t size, struct acpi_rsdp *ret)
{
	struct cursor c = cursor_make(data, size);
	const uint8_t *signature = cursor_bytes(&c, 8);

	*ret = (struct acpi_rsdp){ 0 };
	cursor_seek(&c, 15);
	ret->revision = cursor_u8(&c);
	ret->rsdt = cursor_le32(&c);
	if (!cursor_ok(&c))
		return false;
	ret->signature = memcmp(signature, "RSD PTR ", 8) == 0;
	ret->sum = sum(data, 20);
	/* the first form ends here */
	if (ret->revision < 2)
		return true;
	ret->length = cursor_le32(&c);
	ret->xsdt = cursor_le64(&c);
	cursor_skip(&c, 4);
	if (!cursor_ok(&c))
		return false;
	/* a length beyond what is there, or short of the fields, sums up nothing: the form of ACPI 2.0 has 36 bytes */
	ret->extended_sum = sum(data, ret->length >= 36 && ret->length <= size ? ret->length : 36);
	return true;
}

bool acpi_table_read(const void *data, size_t size, struct acpi_table *ret)
{
	struct cursor c = cursor_make(data, size);
	const uint8_t *signature = cursor_bytes(&c, 4);

	*ret = (struct acpi_table){ .data = data };
	ret->length = cursor_le32(&c);
	ret->revision = cursor_u8(&c);
	cursor_seek(&c, ACPI_HEADER);
	if (!cursor_ok(&c))
		return false;
	for (int i = 0; i < 4; i++)
		ret->signature[i] = signature[i] >= ' ' && signature[i] <= '~' ? (char)signature[i] : '?';
	ret->size = ret->length < size ? ret->length : size;
	ret->whole = ret->length >= ACPI_HEADER && ret->length <= size;
	ret->sum = ret->whole ? sum(data, ret->length) : 0;
	return true;
}

static void ends_early(const struct acpi_table *table, struct acpi_wrong *wrong)
{
	*wrong = (struct acpi_wrong){ "the table ends before its fields do", (uint32_t)table->size };
}

void acpi_fadt_read(const struct acpi_table *table, struct acpi_fadt *ret)
{
	struct cursor c = cursor_make(table->data, table->size);
	uint64_t extended;

	*ret = (struct acpi_fadt){ 0 };
	cursor_seek(&c, 40);
	ret->dsdt = cursor_le32(&c);
	cursor_seek(&c, ACPI_FADT_FLAGS);
	ret->flags = cursor_le32(&c);
	if (!cursor_ok(&c)) {
		ends_early(table, &ret->wrong);
		return;
	}
	/* revisions before 3 end here or have other fields */
	if (table->revision < 3)
		return;
	cursor_seek(&c, ACPI_FADT_ARM_BOOT);
	ret->arm_boot = cursor_le16(&c);
	ret->minor = cursor_u8(&c);
	cursor_seek(&c, 140);
	extended = cursor_le64(&c);
	if (!cursor_ok(&c)) {
		ends_early(table, &ret->wrong);
		return;
	}
	ret->dsdt = extended ? extended : ret->dsdt;
	/* bits 0 to 3 are the version, 4 to 7 an erratum */
	ret->minor &= 0xf;
	ret->has_arm_boot = table->revision > 5 || (table->revision == 5 && ret->minor >= 1);
	if (!ret->has_arm_boot)
		ret->arm_boot = 0;
}

static struct acpi_timer timer(struct cursor *c)
{
	struct acpi_timer t;

	t.interrupt = cursor_le32(c);
	t.flags = cursor_le32(c);
	return t;
}

void acpi_gtdt_read(const struct acpi_table *table, struct acpi_gtdt *ret)
{
	struct cursor c = cursor_make(table->data, table->size);

	*ret = (struct acpi_gtdt){ 0 };
	cursor_seek(&c, 48);
	ret->secure = timer(&c);
	ret->physical = timer(&c);
	ret->virtual = timer(&c);
	ret->hypervisor = timer(&c);
	if (!cursor_ok(&c)) {
		ends_early(table, &ret->wrong);
		return;
	}
	/* revision 1, of ACPI 5.0, ends here */
	if (table->revision < 2)
		return;
	cursor_skip(&c, 8);
	ret->platform_timers = cursor_le32(&c);
	if (!cursor_ok(&c))
		ends_early(table, &ret->wrong);
}

static struct acpi_address address(struct cursor *c)
{
	struct acpi_address a;

	a.space = cursor_u8(c);
	a.width = cursor_u8(c);
	a.offset = cursor_u8(c);
	a.access = cursor_u8(c);
	a.address = cursor_le64(c);
	return a;
}

void acpi_spcr_read(const struct acpi_table *table, struct acpi_spcr *ret)
{
	struct cursor c = cursor_make(table->data, table->size);

	*ret = (struct acpi_spcr){ 0 };
	cursor_seek(&c, ACPI_SPCR_KIND);
	/* revision 1 knows one byte of it; the next is reserved, hence 0 */
	ret->kind = cursor_le16(&c);
	cursor_seek(&c, ACPI_SPCR_BASE);
	ret->base = address(&c);
	ret->interrupt_type = cursor_u8(&c);
	cursor_skip(&c, 1);
	ret->interrupt = cursor_le32(&c);
	ret->baud = cursor_u8(&c);
	cursor_skip(&c, 3);
	ret->terminal = cursor_u8(&c);
	if (!cursor_ok(&c))
		ends_early(table, &ret->wrong);
}

/* One port of DBG2; false, with what is wrong, if it makes no sense. */
static bool debug_port(struct arena *arena, const struct acpi_table *table, size_t at, struct acpi_debug_port *port, size_t *next,
		       struct acpi_wrong *wrong)
{
	struct cursor c = cursor_make(table->data, table->size), inner;
	uint16_t length, name_length, name_at, base_at;
	const uint8_t *bytes;

	cursor_seek(&c, at + 1);
	length = cursor_le16(&c);
	*port = (struct acpi_debug_port){ .registers = cursor_u8(&c), .offset = (uint32_t)at };
	name_length = cursor_le16(&c);
	name_at = cursor_le16(&c);
	cursor_skip(&c, 4);
	port->type = cursor_le16(&c);
	port->kind = cursor_le16(&c);
	cursor_skip(&c, 2);
	base_at = cursor_le16(&c);
	if (!cursor_ok(&c) || length < 22 || length > table->size - at) {
		*wrong = (struct acpi_wrong){ "a debug port goes beyond the end, or is too short", (uint32_t)at };
		return false;
	}
	inner = cursor_make(table->data + at, length);
	if (port->registers) {
		cursor_seek(&inner, base_at);
		port->base = address(&inner);
	}
	if (name_length) {
		cursor_seek(&inner, name_at);
		bytes = cursor_bytes(&inner, name_length);
		port->name = bytes ? arena_strndup(arena, (const char *)bytes, strnlen((const char *)bytes, name_length)) : NULL;
	}
	if (!cursor_ok(&inner)) {
		*wrong = (struct acpi_wrong){ "a debug port's address or name lies outside of it", (uint32_t)at };
		return false;
	}
	*next = at + length;
	return true;
}

void acpi_dbg2_read(struct arena *arena, const struct acpi_table *table, struct acpi_dbg2 *ret)
{
	struct cursor c = cursor_make(table->data, table->size);
	uint32_t count;
	size_t at;

	*ret = (struct acpi_dbg2){ 0 };
	cursor_seek(&c, ACPI_HEADER);
	at = cursor_le32(&c);
	count = cursor_le32(&c);
	if (!cursor_ok(&c)) {
		ends_early(table, &ret->wrong);
		return;
	}
	if (at > table->size || count > (table->size - at) / 22) {
		ret->wrong = (struct acpi_wrong){ "there are fewer bytes than debug ports need", ACPI_HEADER };
		return;
	}
	if (count > ACPI_ENTRIES) {
		ret->wrong = (struct acpi_wrong){ "there are too many debug ports", ACPI_HEADER + 4 };
		return;
	}
	ret->ports = ARENA_ARRAY(arena, count, struct acpi_debug_port);
	while (ret->count < count && debug_port(arena, table, at, &ret->ports[ret->count], &at, &ret->wrong))
		ret->count++;
}
