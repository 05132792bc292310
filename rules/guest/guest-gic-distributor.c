/* SPDX-License-Identifier: MIT */
/* guest-gic-distributor: the GIC that is described is not where it should be
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   The VM Platform, H7
 * after:    guest-gic guest-gic-address
 *
 * At the address that the MADT (GICD, ACPI 6.5, 5.2.12.15) or the device tree has for the interrupt controller's distributor,
 * the registers were read before Linux started. One there (GICD_PIDR2) says of what version of the architecture it is: it is
 * not the version that is described, or this is no distributor at all. A system finds out when it waits for an interrupt.
 *
 * This is the firmware's or the hypervisor's to mend.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio both both-acpi el2 kernel
 * bad:    gicv2 | acpi APIC 52 00000009 | set probe-gic address:=0x9000000 pidr2-4k:=0x14 typer:=0x0 iidr:=0x0
 * expect: !acpi/APIC@0x34: error: what answers at 0x9000000 is no distributor of a GIC: its GICD_PIDR2 is 0x14
 * bad:    gicv3 | set probe-gic pidr2-64k:=abort typer:=abort iidr:=abort
 * expect: !acpi/APIC@0x34: error: no device answers at 0x8000000, where the MADT has the GIC's distributor
 * bad:    gicv3 | set probe-gic typer:=0x43b iidr:=0x1000001
 * expect: !acpi/APIC@0x34: error: what answers at 0x8000000 is no distributor of a GIC: its GICD_PIDR2 is 0x3b
 * bad:    gicv3 | set probe-gic pidr2-64k:=0x2b
 * expect: !acpi/APIC@0x34: error: what answers at 0x8000000 is no distributor of a GIC: its GICD_PIDR2 is 0x2b
 * bad:    gicv2 | drop probe-gic | add probe-gic by=acpi address=0x8000000 version=2 pidr2-4k=0x0 pidr2-64k=0x3b typer=0x7 iidr=0x43b
 * expect: !acpi/APIC@0x40: error: the MADT tells of GIC version 2, the distributor at 0x8000000 is of version 3
 * bad:    u-boot | set probe-gic pidr2-64k:=0x1b
 * expect: !devicetree: error: what answers at 0x8000000 is no distributor of a GIC: its GICD_PIDR2 is 0x1b
 * bad:    gicv2 | drop probe-gic
 * expect: : not evaluated: the program that ran before Linux did not read the registers of the GIC's distributor
 * bad:    gicv2 | set probe-gic typer:=unmapped | text-like /proc/interrupts GIC XIC
 * expect: : not evaluated: firmware does not map 0x8000000, where the MADT has the GIC's distributor
 * bad:    gicv2 | set probe-gic typer:=untried | text-like /proc/interrupts GIC XIC
 * expect: : not evaluated: no read could be tried at 0x8000000, where the MADT has the GIC's distributor, before Linux started
 * bad:    gicv2 | drop probe-gic | add probe-gic by=acpi address=0x8000000 version=2 | text-like /proc/interrupts GIC XIC
 * expect: : not evaluated: the record does not say what stands at 0x8000000, where the MADT has the GIC's distributor
 * bad:    gicv3 | set probe-gic address:=0x9000000 typer:=abort pidr2-64k:=abort iidr:=abort
 * expect: : not evaluated: registers were read at 0x9000000 before Linux started, the MADT has the GIC's distributor at 0x8000000
 * good:   gicv2 | set probe-gic typer:=unmapped
 * good:   gicv2 | set probe-gic typer:=untried
 * good:   gicv3 | set probe-gic typer:=unmapped
 */
#include "guest/gic.h"
#include "lint/guest-findings.h"

/* Does Linux drive a GIC whose distributor is there?  It says so of a GICv3, as far as it shows addresses.  It has them from
 * what describes the machine, and nowhere else from. */
static bool linux_has(const struct machine *m, uint64_t address)
{
	uint64_t base, size;

	return machine_region(m, "GICD", &base, &size) ? base == address : gic_of_linux(m) != 0;
}

/* What a table tells of the distributor. */
struct told {
	const char *by, *who; /* in the record, and in a message */
	struct location address, version;
	uint64_t base;
	unsigned number; /* version; 0: a system looks at the hardware itself */
};

/* Nobody has seen what stands there, because... */
static void unseen(struct check *check, const struct told *told, enum gic_answer why)
{
	unsigned long long at = told->base;

	if (linux_has(check->machine, at))
		not_applicable(check, "what stands at %#llx was not read before Linux started, which drives the GIC there", at);
	else if (why == GIC_UNMAPPED)
		not_evaluated(check, NULL, "firmware does not map %#llx, where %s has the GIC's distributor", at, told->who);
	else if (why == GIC_UNTRIED)
		not_evaluated(check, NULL,
			      "no read could be tried at %#llx, where %s has the GIC's distributor, before Linux started", at,
			      told->who);
	else
		guest_unknown(check, arena_printf(check->arena,
						  "the record does not say what stands at %#llx, where %s has the GIC's "
						  "distributor",
						  at, told->who));
}

static void judge(struct check *check, const struct told *told)
{
	struct gic_found found;

	if (!gic_found(check->machine->guest, told->by, &found)) {
		guest_unprobed(check, "the program that ran before Linux did not read the registers of the GIC's distributor");
		return;
	}
	/* where a distributor answered, it is guest-gic-address's to find */
	if (found.address != told->base)
		return guest_unknown(check, arena_printf(check->arena,
							 "registers were read at %#llx before Linux started, %s has the GIC's "
							 "distributor at %#llx",
							 (unsigned long long)found.address, told->who,
							 (unsigned long long)told->base));
	switch (found.answer) {
	case GIC_UNKNOWN:
	case GIC_UNTRIED:
	case GIC_UNMAPPED:
		unseen(check, told, found.answer);
		break;
	case GIC_NOBODY:
		finding(check, told->address, "no device answers at %#llx, where %s has the GIC's distributor",
			(unsigned long long)found.address, told->who);
		break;
	case GIC_OTHER:
		finding(check, told->address, "what answers at %#llx is no distributor of a GIC: its GICD_PIDR2 is %#llx",
			(unsigned long long)found.address, (unsigned long long)found.identity);
		break;
	case GIC_THERE:
		/* a GICv4 is one of version 3 with more to it */
		if (told->number && (told->number < 3) != (found.version < 3))
			finding(check, told->version, "%s tells of GIC version %u, the distributor at %#llx is of version %u",
				told->who, told->number, (unsigned long long)found.address, found.version);
		break;
	}
}

RULE(guest_gic_distributor)
{
	const struct machine *m = check->machine;
	const struct tree_node *node = gic_node(guest_tree(m));
	const struct acpi_madt_entry *d = m->madt ? acpi_madt_next(m->madt, NULL, ACPI_MADT_DISTRIBUTOR) : NULL;
	uint64_t base, size;

	if (guest_not_arm(check) || guest_undescribed(check))
		return;
	if (!m->firmware)
		return guest_unprobed(check, "no program of ours ran before Linux, which could have read registers of the GIC's");
	if (d)
		judge(check, &(struct told){ "acpi", "the MADT", at_acpi(check, "APIC", d->offset + 8, 8),
					     at_acpi(check, "APIC", d->offset + 20, 1), d->base, d->version });
	if (node && tree_reg(node, 0, &base, &size))
		judge(check, &(struct told){ "tree", "the device tree", at_fact("devicetree"), at_fact("devicetree"), base,
					     gic_node_version(node) });
}
