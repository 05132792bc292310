/* SPDX-License-Identifier: MIT */
/* guest-acpi-root: the root pointer of ACPI is wrong
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   Hardware Description, H3
 * after:    guest-acpi
 *
 * The configuration table's entry leads to the RSDP (ACPI 6.5, 5.2.5.3). Its signature, revision, two checksums and the
 * address of the XSDT have to be right, or a system takes ACPI for absent.
 *
 * This is the firmware's or the hypervisor's to mend.
 *
 * good:   gicv3 gicv2 x86_64
 * bad:    gicv3 | acpi-raw RSDP 32 00
 * expect: !acpi/RSDP@0x20: error: the extended checksum is wrong: the bytes sum up to *, 0 expected
 * bad:    gicv3 | acpi-raw RSDP 9 00
 * expect: !acpi/RSDP@0x8: error: the checksum is wrong: the first 20 bytes sum up to *, 0 expected
 * expect: !acpi/RSDP@0x20: error: the extended checksum is wrong: the bytes sum up to *, 0 expected
 * bad:    gicv3 | acpi-raw RSDP 0 53
 * expect: !acpi/RSDP@0: error: this is no root pointer: its signature is not "RSD PTR "
 * bad:    gicv3 | acpi-raw RSDP 15 00
 * expect: !acpi/RSDP@0xf: error: revision 0 is of ACPI 1.0 and has no XSDT, 2 or later expected
 * bad:    gicv3 | drop probe-acpi signature=XSDT
 * expect: !acpi/RSDP@0x18: error: there is no XSDT at its address, 0x7c43fe98
 * bad:    gicv3 | acpi XSDT 44 0000000000000000 | acpi XSDT 60 0000000000000000
 * expect: !acpi/XSDT@0x2c: warning: 2 of the 8 addresses in the XSDT are 0
 */
#include "lint/guest-findings.h"

/* Of the form of ACPI 2.0. */
static void check_sums(struct check *check, const struct acpi_rsdp *rsdp)
{
	if (rsdp->sum)
		finding(check, at_acpi(check, "RSDP", 8, 1),
			"the checksum is wrong: the first 20 bytes sum up to %#x, 0 expected",
			rsdp->sum);
	if (rsdp->extended_sum)
		finding(check, at_acpi(check, "RSDP", 32, 1),
			"the extended checksum is wrong: the bytes sum up to %#x, 0 expected",
			rsdp->extended_sum);
	if (!rsdp->xsdt)
		finding(check, at_acpi(check, "RSDP", 24, 8), "there is no XSDT: its address is 0");
	else if (!rsdp->sum && !rsdp->extended_sum && guest_table(check, "XSDT") == MACHINE_ABSENT)
		finding(check, at_acpi(check, "RSDP", 24, 8), "there is no XSDT at its address, %#llx",
			(unsigned long long)rsdp->xsdt);
}

/* Linux goes on behind one that is 0; the table that it stands for is missing, which is said by others if it matters. */
static void check_entries(struct check *check, const struct acpi_root *root)
{
	uint32_t nothing = 0, first = 0;

	for (uint32_t i = 0; root && i < root->count; i++) {
		if (root->addresses[i])
			continue;
		first = nothing++ ? first : i;
	}
	if (!nothing)
		return;
	finding_severity(check, SEVERITY_WARNING, at_acpi(check, "XSDT", ACPI_HEADER + 8 * first, 8),
			 "%u of the %u addresses in the XSDT are 0", nothing, root->count);
	finding_stands_alone(check);
}

RULE(guest_acpi_root)
{
	const struct machine *m = check->machine;

	if (m->have_rsdp == MACHINE_ABSENT)
		not_applicable(check, "the machine has no ACPI");
	else if (m->have_rsdp == MACHINE_UNREADABLE)
		guest_unprobed(check, "the record does not hold the root pointer of ACPI");
	else if (!m->rsdp_whole)
		finding(check, at_acpi(check, "RSDP", 0, 0), "the root pointer is shorter than its revision asks for");
	else if (!m->rsdp.signature)
		finding(check, at_acpi(check, "RSDP", 0, 8), "this is no root pointer: its signature is not \"RSD PTR \"");
	else if (m->rsdp.revision < 2)
		finding(check, at_acpi(check, "RSDP", 15, 1), "revision %u is of ACPI 1.0 and has no XSDT, 2 or later expected",
			m->rsdp.revision);
	else
		check_sums(check, &m->rsdp);
	check_entries(check, m->root);
}
