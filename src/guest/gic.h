/* SPDX-License-Identifier: MIT */
/* gic: an interrupt controller by its node in the device tree, and by the registers of its distributor as the probe read them
 * before the system started.  Nothing is judged. */
#ifndef GUEST_GIC_H
#define GUEST_GIC_H

#include "guest/machine.h"

/* The node of a GIC of version 2 or later; NULL without any, or without a tree. */
const struct tree_node *gic_node(const struct tree *tree);

/* The version by what it is compatible with: 3, also of a GICv4, or 2. */
unsigned gic_node_version(const struct tree_node *node);

/* The version by the name of the driver in Linux's list of interrupts: 3, also of a GICv4, or 2; 0 without any. */
unsigned gic_of_linux(const struct machine *m);

/* What a fact `probe-gic` tells of the address that a table (by=acpi, tree) has for the distributor. */
enum gic_answer {
	GIC_UNKNOWN,  /* the fact does not say */
	GIC_UNTRIED,  /* a read could not be tried */
	GIC_UNMAPPED, /* by firmware, so nobody could look there */
	GIC_NOBODY,   /* a read aborts */
	GIC_OTHER,    /* something else than a distributor of version 2 or later */
	GIC_THERE,
};

struct gic_found {
	enum gic_answer answer;
	uint64_t address;
	unsigned version;  /* of a distributor: 2, 3 or 4 */
	uint64_t identity; /* GICD_PIDR2, where the table's version has it or else where the other has; 0 if it cannot be read */
};

/* False if there is no such fact. */
bool gic_found(const struct guest *guest, const char *by, struct gic_found *ret);

#endif
