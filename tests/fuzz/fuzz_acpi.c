/* SPDX-License-Identifier: MIT */
/* fuzz_acpi: any bytes as a table of ACPI, whatever its signature says. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "guest/acpi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void lists(struct arena *arena, const struct acpi_table *table)
{
	struct acpi_root root;
	struct acpi_madt madt;
	struct acpi_mcfg mcfg;
	struct acpi_pptt pptt;
	const struct acpi_madt_entry *entry = NULL;
	uint32_t cpus = 0;

	acpi_root_read(arena, table, &root);
	assert(root.count <= ACPI_TABLES && root.wrong.offset <= table->size);
	acpi_madt_read(arena, table, &madt);
	while ((entry = acpi_madt_next(&madt, entry, ACPI_MADT_CPU)))
		cpus++;
	assert(cpus == madt.cpus && madt.enabled_cpus <= cpus && madt.wrong.offset <= table->size);
	for (uint32_t i = 0; i < madt.count; i++)
		assert(madt.entries[i].offset + madt.entries[i].length <= table->size);
	acpi_mcfg_read(arena, table, &mcfg);
	for (uint32_t i = 0; i < mcfg.count; i++)
		assert(mcfg.segments[i].offset + 16 <= table->size);
	acpi_pptt_read(arena, table, &pptt);
	assert(pptt.leaves <= pptt.count && pptt.wrong.offset <= table->size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_AUTO arena = arena_new(64 * MiB);
	struct acpi_rsdp rsdp;
	struct acpi_table table;
	struct acpi_fadt fadt;
	struct acpi_gtdt gtdt;
	struct acpi_spcr spcr;
	struct acpi_dbg2 dbg2;

	acpi_rsdp_read(data, size, &rsdp);
	if (!acpi_table_read(data, size, &table))
		return 0;
	assert(strlen(table.signature) == 4 && table.size <= size && table.size <= table.length);
	acpi_fadt_read(&table, &fadt);
	acpi_gtdt_read(&table, &gtdt);
	acpi_spcr_read(&table, &spcr);
	acpi_dbg2_read(arena, &table, &dbg2);
	for (uint32_t i = 0; i < dbg2.count; i++)
		assert(dbg2.ports[i].offset + 22 <= table.size);
	lists(arena, &table);
	return 0;
}
