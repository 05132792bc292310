/* SPDX-License-Identifier: MIT */
/* guest-acpi-pptt: the processors' tree is not of the processors that there are
 *
 * severity: warning
 * effect:   degrades
 * subject:  guest
 * clause:   Hardware Description, H3
 * after:    guest-acpi-missing, guest-acpi-corrupt, guest-enumeration-cpus
 *
 * PPTT (ACPI 6.5, 5.2.30) says which processors are of one core, cluster and package. Its leaves are the processors of the
 * MADT, each named by its UID with flag "ACPI Processor ID valid". A system schedules by it.
 *
 * This is the firmware's or the hypervisor's to mend.
 *
 * good:   gicv3 gicv2 mmio both one-cpu no-store
 * bad:    gicv3 | acpi PPTT 108 07
 * expect: !acpi/PPTT@0x60: warning: the leaf names processor 7, which the MADT has not
 * expect: !acpi/APIC@0x94: warning: processor 1 is no leaf of PPTT
 * bad:    gicv3 | acpi PPTT 100 08
 * expect: !acpi/PPTT@0x60: warning: the leaf does not say which processor it is
 * expect: !acpi/APIC@0x94: warning: processor 1 is no leaf of PPTT
 */
#include "lint/guest-findings.h"

static const struct acpi_madt_entry *processor(const struct acpi_madt *madt, uint32_t uid)
{
	const struct acpi_madt_entry *e = NULL;

	while ((e = acpi_madt_next(madt, e, ACPI_MADT_CPU)) && e->uid != uid)
		;
	return e;
}

static bool has_leaf(const struct acpi_pptt *pptt, uint32_t uid)
{
	for (uint32_t i = 0; i < pptt->count; i++) {
		const struct acpi_processor *p = &pptt->processors[i];

		if (p->leaf && p->flags & ACPI_PPTT_ID_VALID && p->id == uid)
			return true;
	}
	return false;
}

RULE(guest_acpi_pptt)
{
	const struct acpi_pptt *pptt = check->machine->pptt;
	const struct acpi_madt *madt = check->machine->madt;
	const struct acpi_madt_entry *e = NULL;

	if (guest_not_arm(check) || guest_without_acpi(check))
		return;
	if (guest_table(check, "PPTT") == MACHINE_UNREADABLE || guest_table(check, "APIC") == MACHINE_UNREADABLE)
		return;
	if (!pptt || !madt)
		return not_applicable(check, "the machine has no PPTT");
	for (uint32_t i = 0; i < pptt->count; i++) {
		const struct acpi_processor *p = &pptt->processors[i];

		if (p->leaf && !(p->flags & ACPI_PPTT_ID_VALID))
			finding(check, at_acpi(check, "PPTT", p->offset, 20), "the leaf does not say which processor it is");
		else if (p->leaf && !processor(madt, p->id))
			finding(check, at_acpi(check, "PPTT", p->offset, 20),
				"the leaf names processor %u, which the MADT has not", p->id);
	}
	while ((e = acpi_madt_next(madt, e, ACPI_MADT_CPU))) {
		if (e->flags & ACPI_CPU_ENABLED && !has_leaf(pptt, e->uid))
			finding(check, at_acpi(check, "APIC", e->offset, e->length), "processor %u is no leaf of PPTT", e->uid);
	}
}
