/* SPDX-License-Identifier: MIT */
/* acpi-lists: tables of ACPI that are a list of structures: XSDT, MADT, MCFG, PPTT. */
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "guest/acpi.h"

void acpi_root_read(struct arena *arena, const struct acpi_table *table, struct acpi_root *ret)
{
	unsigned width = strcmp(table->signature, "XSDT") == 0 ? 8 : 4;
	struct cursor c = cursor_make(table->data, table->size);
	size_t count = table->size < ACPI_HEADER ? 0 : (table->size - ACPI_HEADER) / width;

	*ret = (struct acpi_root){ 0 };
	if (count > ACPI_TABLES) {
		count = ACPI_TABLES;
		ret->wrong = (struct acpi_wrong){ "it names too many tables", ACPI_HEADER + ACPI_TABLES * width };
	} else if (table->size < ACPI_HEADER || (table->size - ACPI_HEADER) % width) {
		ret->wrong = (struct acpi_wrong){ "the table ends within an address", (uint32_t)table->size };
	}
	ret->addresses = ARENA_ARRAY(arena, count, uint64_t);
	cursor_seek(&c, ACPI_HEADER);
	for (; ret->count < count; ret->count++)
		ret->addresses[ret->count] = width == 8 ? cursor_le64(&c) : cursor_le32(&c);
}

/* A list of structures that begin with a type and a length, one byte each.  False at the end, or when it is wrong. */
static bool next_structure(const struct acpi_table *table, size_t at, uint32_t count, uint8_t *ret_type, uint8_t *ret_length,
			   struct acpi_wrong *wrong)
{
	struct cursor c = cursor_make(table->data, table->size);

	if (at >= table->size)
		return false;
	cursor_seek(&c, at);
	*ret_type = cursor_u8(&c);
	*ret_length = cursor_u8(&c);
	if (!cursor_ok(&c) || *ret_length > table->size - at)
		*wrong = (struct acpi_wrong){ "a structure goes beyond the end", (uint32_t)at };
	else if (*ret_length < 2)
		*wrong = (struct acpi_wrong){ "a structure is shorter than its own head", (uint32_t)at };
	else if (count == ACPI_ENTRIES)
		*wrong = (struct acpi_wrong){ "there are too many structures", (uint32_t)at };
	return !wrong->what;
}

/* How many there are, as far as they make sense. */
static uint32_t count_structures(const struct acpi_table *table, size_t at)
{
	struct acpi_wrong wrong = { 0 };
	uint8_t type, length;
	uint32_t count = 0;

	while (next_structure(table, at, count, &type, &length, &wrong)) {
		at += length;
		count++;
	}
	return count;
}

static void read_gicc(struct cursor *c, struct acpi_madt_entry *e)
{
	e->kind = ACPI_MADT_CPU;
	cursor_seek(c, 4);
	e->id = cursor_le32(c);
	e->uid = cursor_le32(c);
	e->flags = cursor_le32(c);
	cursor_seek(c, 32);
	e->base = cursor_le64(c);
	e->gicv = cursor_le64(c);
	e->gich = cursor_le64(c);
	cursor_skip(c, 4);
	e->gicr = cursor_le64(c);
	e->mpidr = cursor_le64(c);
}

static void read_apic(struct cursor *c, struct acpi_madt_entry *e)
{
	e->kind = ACPI_MADT_CPU;
	e->uid = cursor_u8(c);
	e->id = cursor_u8(c);
	e->flags = cursor_le32(c);
}

static void read_x2apic(struct cursor *c, struct acpi_madt_entry *e)
{
	e->kind = ACPI_MADT_CPU;
	cursor_skip(c, 2);
	e->id = cursor_le32(c);
	e->flags = cursor_le32(c);
	e->uid = cursor_le32(c);
}

/* GICD, MSI frame and ITS have their numbers and addresses in the same places. */
static void read_part(struct cursor *c, struct acpi_madt_entry *e, enum acpi_madt_kind kind)
{
	e->kind = kind;
	cursor_skip(c, 2);
	e->id = cursor_le32(c);
	e->base = cursor_le64(c);
	if (kind == ACPI_MADT_DISTRIBUTOR) {
		cursor_skip(c, 4);
		e->version = cursor_u8(c);
	}
}

static void read_entry(struct cursor *c, struct acpi_madt_entry *e)
{
	cursor_skip(c, 2);
	switch (e->type) {
	case 0x0:
		read_apic(c, e);
		break;
	case 0x1:
		e->kind = ACPI_MADT_IO_APIC;
		e->id = cursor_u8(c);
		cursor_skip(c, 1);
		e->base = cursor_le32(c);
		break;
	case 0x9:
		read_x2apic(c, e);
		break;
	case 0xb:
		read_gicc(c, e);
		break;
	case 0xc:
		read_part(c, e, ACPI_MADT_DISTRIBUTOR);
		break;
	case 0xd:
		read_part(c, e, ACPI_MADT_MSI_FRAME);
		break;
	case 0xe:
		e->kind = ACPI_MADT_REDISTRIBUTOR;
		cursor_skip(c, 2);
		e->base = cursor_le64(c);
		e->range = cursor_le32(c);
		break;
	case 0xf:
		read_part(c, e, ACPI_MADT_ITS);
		break;
	default:
		e->kind = ACPI_MADT_OTHER;
		break;
	}
}

static int compare_ids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Processors of x86 by their APIC ids; GICCs as they are.  A system takes x2APIC entries of ids below 255 only where there are no
 * entries of the other kind (5.2.12.12). */
static uint32_t count_enabled(struct arena *arena, const struct acpi_madt *madt)
{
	struct arena_mark mark = arena_mark(arena);
	uint32_t *ids = ARENA_ARRAY(arena, madt->count, uint32_t), count = 0, n = 0;
	bool local = false;

	for (uint32_t i = 0; i < madt->count; i++)
		local = local || (madt->entries[i].type == 0x0 && madt->entries[i].flags & ACPI_CPU_ENABLED);
	for (uint32_t i = 0; i < madt->count; i++) {
		const struct acpi_madt_entry *e = &madt->entries[i];

		if (e->kind != ACPI_MADT_CPU || !(e->flags & ACPI_CPU_ENABLED) || (e->type == 0x9 && e->id < 255 && local))
			continue;
		if (e->type == 0x0 || e->type == 0x9)
			ids[n++] = e->id;
		else
			count++;
	}
	qsort(ids, n, sizeof(*ids), compare_ids);
	for (uint32_t i = 0; i < n; i++)
		count += !i || ids[i] != ids[i - 1];
	arena_release(arena, mark);
	return count;
}

void acpi_madt_read(struct arena *arena, const struct acpi_table *table, struct acpi_madt *ret)
{
	size_t at = ACPI_HEADER + 8;
	uint8_t type, length;

	*ret = (struct acpi_madt){ 0 };
	if (table->size < at) {
		ret->wrong = (struct acpi_wrong){ "the table ends before its fields do", (uint32_t)table->size };
		return;
	}
	ret->entries = ARENA_ARRAY(arena, count_structures(table, at), struct acpi_madt_entry);
	while (next_structure(table, at, ret->count, &type, &length, &ret->wrong)) {
		struct acpi_madt_entry *e = &ret->entries[ret->count];
		struct cursor c = cursor_make(table->data + at, length);

		*e = (struct acpi_madt_entry){ .type = type, .length = length, .offset = (uint32_t)at };
		read_entry(&c, e);
		if (!cursor_ok(&c)) {
			ret->wrong = (struct acpi_wrong){ "a structure is shorter than its type asks for", (uint32_t)at };
			break;
		}
		ret->cpus += e->kind == ACPI_MADT_CPU;
		ret->count++;
		at += length;
	}
	ret->enabled_cpus = count_enabled(arena, ret);
}

const struct acpi_madt_entry *acpi_madt_next(const struct acpi_madt *madt, const struct acpi_madt_entry *after,
					     enum acpi_madt_kind kind)
{
	for (uint32_t i = after ? (uint32_t)(after - madt->entries) + 1 : 0; i < madt->count; i++) {
		if (madt->entries[i].kind == kind)
			return &madt->entries[i];
	}
	return NULL;
}

void acpi_mcfg_read(struct arena *arena, const struct acpi_table *table, struct acpi_mcfg *ret)
{
	enum { HEAD = ACPI_HEADER + 8, ENTRY = 16 };
	struct cursor c = cursor_make(table->data, table->size);
	size_t count = table->size < HEAD ? 0 : (table->size - HEAD) / ENTRY;

	*ret = (struct acpi_mcfg){ 0 };
	if (count > ACPI_ENTRIES) {
		count = ACPI_ENTRIES;
		ret->wrong = (struct acpi_wrong){ "there are too many structures", HEAD + ACPI_ENTRIES * ENTRY };
	} else if (table->size < HEAD || (table->size - HEAD) % ENTRY) {
		ret->wrong = (struct acpi_wrong){ "the table ends within a structure", (uint32_t)table->size };
	}
	ret->segments = ARENA_ARRAY(arena, count, struct acpi_segment);
	cursor_seek(&c, HEAD);
	for (; ret->count < count; ret->count++) {
		struct acpi_segment *s = &ret->segments[ret->count];

		s->offset = (uint32_t)c.position;
		s->base = cursor_le64(&c);
		s->segment = cursor_le16(&c);
		s->first_bus = cursor_u8(&c);
		s->last_bus = cursor_u8(&c);
		cursor_skip(&c, 4);
	}
}

/* The processor at this offset in the table; they stand in the order of their offsets. */
static struct acpi_processor *processor_at(const struct acpi_pptt *pptt, uint32_t offset)
{
	uint32_t low = 0, high = pptt->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (pptt->processors[middle].offset == offset)
			return &pptt->processors[middle];
		if (pptt->processors[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static void find_leaves(struct acpi_pptt *pptt)
{
	for (uint32_t i = 0; i < pptt->count; i++) {
		struct acpi_processor *parent = processor_at(pptt, pptt->processors[i].parent);

		if (parent)
			parent->leaf = false;
		else if (pptt->processors[i].parent && !pptt->wrong.what)
			pptt->wrong = (struct acpi_wrong){ "a processor's parent is none", pptt->processors[i].offset };
	}
	for (uint32_t i = 0; i < pptt->count; i++)
		pptt->leaves += pptt->processors[i].leaf;
}

void acpi_pptt_read(struct arena *arena, const struct acpi_table *table, struct acpi_pptt *ret)
{
	size_t at = ACPI_HEADER;
	uint8_t type, length;
	uint32_t structures = 0;

	*ret = (struct acpi_pptt){ 0 };
	ret->processors = ARENA_ARRAY(arena, count_structures(table, at), struct acpi_processor);
	while (next_structure(table, at, structures, &type, &length, &ret->wrong)) {
		struct cursor c = cursor_make(table->data + at, length);

		if (type == 0) {
			struct acpi_processor *p = &ret->processors[ret->count];

			cursor_skip(&c, 4);
			*p = (struct acpi_processor){ .offset = (uint32_t)at, .leaf = true };
			p->flags = cursor_le32(&c);
			p->parent = cursor_le32(&c);
			p->id = cursor_le32(&c);
			if (!cursor_ok(&c)) {
				ret->wrong = (struct acpi_wrong){ "a structure is shorter than its type asks for", (uint32_t)at };
				break;
			}
			ret->count++;
		}
		structures++;
		at += length;
	}
	find_leaves(ret);
}
