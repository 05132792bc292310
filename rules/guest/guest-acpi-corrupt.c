/* SPDX-License-Identifier: MIT */
/* guest-acpi-corrupt: an ACPI table makes no sense
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   Hardware Description, H3
 * after:    guest-acpi
 *
 * A table's length covers its fields, and the structures in it end where the next begins (ACPI 6.5, 5.2.12 for the MADT,
 * 5.2.30 for the PPTT). Systems stop reading at the first that does not, and miss processors or devices behind it.
 *
 * This is the firmware's or the hypervisor's to mend.
 *
 * good:   gicv3 gicv2 mmio x86_64
 * bad:    gicv3 | acpi APIC 69 00
 * expect: !acpi/APIC@0x44: error: table APIC makes no sense: a structure is shorter than its own head
 * bad:    gicv3 | acpi PPTT 104 39000000
 * expect: !acpi/PPTT@0x60: error: table PPTT makes no sense: a processor's parent is none
 * bad:    gicv3 | acpi-append XSDT 00000000
 * expect: !acpi/XSDT@0x68: error: table XSDT makes no sense: the table ends within an address
 * bad:    gicv3 | acpi-raw GTDT 4 ff
 * expect: !acpi/GTDT@0x4: error: table GTDT says that it has 255 bytes, 96 are there
 */
#include "lint/guest-findings.h"

static void check_reading(struct check *check, const char *signature, const struct acpi_wrong *wrong)
{
	if (wrong->what)
		finding(check, at_acpi(check, signature, wrong->offset, 0), "table %s makes no sense: %s", signature,
			wrong->what);
}

/* What the record cut is not the machine's fault. */
static bool is_whole(const struct machine *m, const char *signature)
{
	const struct acpi_table *t = machine_table(m, signature);

	return t && t->whole;
}

RULE(guest_acpi_corrupt)
{
	const struct machine *m = check->machine;

	if (guest_without_acpi(check))
		return;
	for (uint32_t i = 0; i < m->table_count; i++) {
		const struct acpi_table *t = &m->tables[i].table;

		if (!t->whole && !m->tables[i].cut)
			finding(check, at_acpi(check, t->signature, 4, 4), "table %s says that it has %u bytes, %zu are there",
				t->signature, t->length, t->size);
	}
	if (m->root && is_whole(m, "XSDT"))
		check_reading(check, "XSDT", &m->root->wrong);
	if (m->fadt && is_whole(m, "FACP"))
		check_reading(check, "FACP", &m->fadt->wrong);
	if (m->madt && is_whole(m, "APIC"))
		check_reading(check, "APIC", &m->madt->wrong);
	if (m->gtdt && is_whole(m, "GTDT"))
		check_reading(check, "GTDT", &m->gtdt->wrong);
	if (m->spcr && is_whole(m, "SPCR"))
		check_reading(check, "SPCR", &m->spcr->wrong);
	if (m->mcfg && is_whole(m, "MCFG"))
		check_reading(check, "MCFG", &m->mcfg->wrong);
	if (m->dbg2 && is_whole(m, "DBG2"))
		check_reading(check, "DBG2", &m->dbg2->wrong);
	if (m->pptt && is_whole(m, "PPTT"))
		check_reading(check, "PPTT", &m->pptt->wrong);
}
