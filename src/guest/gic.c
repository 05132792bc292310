/* SPDX-License-Identifier: MIT */
/* gic: see the header.  (GIC Architecture Specification, version 2, 4.3.2 and 4.4; versions 3 and 4, 12.9.) */
#include "guest/gic.h"

#include <string.h>

#define ARM 0x43b /* JEP106 in the registers IIDR of Arm's own distributors, and of those that hypervisors emulate */
#define IMPLEMENTER 0xfff
#define INTERRUPTS 0x1f /* of GICD_TYPER: how many times 32 of them, but those of a processor alone */

const struct tree_node *gic_node(const struct tree *tree)
{
	static const char *const known[] = { "arm,gic-v3", "arm,cortex-a15-gic", "arm,gic-400", "arm,cortex-a9-gic" };
	const struct tree_node *node = NULL;

	for (size_t i = 0; tree && !node && i < sizeof(known) / sizeof(*known); i++)
		node = tree_compatible(tree, NULL, known[i]);
	return node;
}

unsigned gic_node_version(const struct tree_node *node)
{
	return tree_has_string(node, "compatible", "arm,gic-v3") ? 3 : 2;
}

unsigned gic_of_linux(const struct machine *m)
{
	const char *interrupts = machine_file(m, "/proc/interrupts");

	if (!interrupts)
		return 0;
	/* older kernels call a GICv2 "GIC-0" */
	if (strstr(interrupts, " GICv3 ") || strstr(interrupts, " GICv4"))
		return 3;
	return strstr(interrupts, " GICv2 ") || strstr(interrupts, " GIC-0 ") ? 2 : 0;
}

/* ArchRev, the version of the architecture in GICD_PIDR2 (of which the upper 24 bits are reserved); 0 if it was not read. */
static unsigned revision(const struct fact *fact, const char *key)
{
	uint64_t value;

	return fact_number(fact, key, &value) && value < 256 ? (unsigned)value >> 4 : 0;
}

/* 0: it is none. */
static unsigned version(const struct fact *fact)
{
	unsigned found = revision(fact, "pidr2-64k");
	uint64_t typer, iidr, identity;

	if (!fact_number(fact, "typer", &typer) || !fact_number(fact, "iidr", &iidr))
		return 0;
	/* a redistributor and an ITS have the same PIDR2, and their IIDR where the distributor has TYPER */
	if (found == 3 || found == 4)
		return (typer & IMPLEMENTER) == ARM && (iidr & IMPLEMENTER) != ARM ? 0 : found;
	/* other devices of Arm's have such a register there, too */
	if (revision(fact, "pidr2-4k") == 2 && typer & INTERRUPTS)
		return 2;
	/* KVM's GICv2 has zeros there, and Xen's lets the read abort */
	if (!fact_text(fact, "pidr2-4k") || (fact_number(fact, "pidr2-4k", &identity) && identity))
		return 0;
	return (iidr & IMPLEMENTER) == ARM && typer & INTERRUPTS ? 2 : 0;
}

static bool says(const struct fact *fact, const char *key, const char *what)
{
	const char *value = fact_text(fact, key);

	return value && !strcmp(value, what);
}

static enum gic_answer answer(const struct fact *fact, unsigned found)
{
	static const char *const keys[] = { "typer", "iidr", "pidr2-4k", "pidr2-64k" };
	unsigned aborts = 0, told = 0;

	if (found)
		return GIC_THERE;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		/* two pages of 4 KiB: what is not there of one says nothing of the other */
		if (says(fact, keys[i], "untried"))
			return GIC_UNTRIED;
		if (says(fact, keys[i], "unmapped"))
			return GIC_UNMAPPED;
		told += fact_text(fact, keys[i]) != NULL;
		aborts += says(fact, keys[i], "abort");
	}
	if (told < 3)
		return GIC_UNKNOWN;
	return aborts == told ? GIC_NOBODY : GIC_OTHER;
}

bool gic_found(const struct guest *guest, const char *by, struct gic_found *ret)
{
	const struct fact *fact = guest_find(guest, "probe-gic", "by", by);
	uint64_t told = 0;

	*ret = (struct gic_found){ .answer = GIC_UNKNOWN };
	if (!fact || !fact_number(fact, "address", &ret->address))
		return false;
	ret->version = version(fact);
	ret->answer = answer(fact, ret->version);
	fact_number(fact, "version", &told);
	if (!fact_number(fact, told >= 3 ? "pidr2-64k" : "pidr2-4k", &ret->identity))
		fact_number(fact, told >= 3 ? "pidr2-4k" : "pidr2-64k", &ret->identity);
	return true;
}
