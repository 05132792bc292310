/* SPDX-License-Identifier: MIT */
/* acpi: tables of ACPI, as bytes that a machine recorded, read into facts (ACPI Specification 6.5, section numbers below).
 *
 * They come from inside a virtual machine: every offset and length is checked.  What makes no sense ends the reading of its
 * table, with a word of why and the offset beside what could be read.  Nothing is judged.
 */
#ifndef GUEST_ACPI_H
#define GUEST_ACPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define ACPI_HEADER 36	      /* bytes, 5.2.6 */
#define ACPI_ENTRIES 4096     /* of one table */
#define ACPI_TABLES 256	      /* that an XSDT names */

/* Why and where reading ended before its time; `what` is NULL if it did not. */
struct acpi_wrong {
	const char *what;
	uint32_t offset; /* in the table */
};

/* 5.2.5.3, the root pointer. */
struct acpi_rsdp {
	bool signature;	    /* "RSD PTR " */
	uint8_t revision;   /* 2 since ACPI 2.0 */
	uint32_t length;    /* 36 since then */
	uint8_t sum;	    /* of the first 20 bytes: 0 in a good one */
	uint8_t extended_sum; /* of all: 0 in a good one */
	uint64_t rsdt, xsdt; /* addresses; 0: none */
};

/* False if the bytes are too few for what the revision asks for. */
bool acpi_rsdp_read(const void *data, size_t size, struct acpi_rsdp *ret);

/* 5.2.6, what all tables begin with (but FACS, 5.2.10, which has neither revision nor sum). */
struct acpi_table {
	char signature[5]; /* bytes that are not printable are '?' */
	const uint8_t *data;
	size_t size;	 /* bytes that are there, at most `length` */
	uint32_t length; /* as it says */
	uint8_t revision;
	bool whole;  /* all of its bytes are there, and are no fewer than a header */
	uint8_t sum; /* of all bytes: 0 in a good one; meaningless unless whole */
};

/* Reads the header; false if not even that is there. */
bool acpi_table_read(const void *data, size_t size, struct acpi_table *ret);

/* 5.2.8 XSDT and 5.2.7 RSDT: the addresses of other tables. */
struct acpi_root {
	uint64_t *addresses;
	uint32_t count;
	struct acpi_wrong wrong;
};

void acpi_root_read(struct arena *arena, const struct acpi_table *table, struct acpi_root *ret);

/* 5.2.9 FADT, signature FACP. */
struct acpi_fadt {
	uint8_t minor; /* version behind the table's revision */
	uint64_t dsdt;
	uint32_t flags;
	uint16_t arm_boot; /* 5.2.9.4; from revision 5.1 on */
	bool has_arm_boot;
	struct acpi_wrong wrong;
};

#define ACPI_FADT_REDUCED_HARDWARE (1u << 20)
#define ACPI_ARM_PSCI (1u << 0)
#define ACPI_ARM_PSCI_HVC (1u << 1)
/* where they stand */
#define ACPI_FADT_FLAGS 112
#define ACPI_FADT_ARM_BOOT 129

void acpi_fadt_read(const struct acpi_table *table, struct acpi_fadt *ret);

/* 5.2.12 MADT, signature APIC. */
enum acpi_madt_kind {
	ACPI_MADT_CPU,		 /* 5.2.12.14 GICC, or on x86 5.2.12.2 and 5.2.12.12 local (x2)APIC */
	ACPI_MADT_DISTRIBUTOR,	 /* 5.2.12.15 GICD */
	ACPI_MADT_MSI_FRAME,	 /* 5.2.12.16 */
	ACPI_MADT_REDISTRIBUTOR, /* 5.2.12.17 GICR */
	ACPI_MADT_ITS,		 /* 5.2.12.18 */
	ACPI_MADT_IO_APIC,	 /* 5.2.12.3 */
	ACPI_MADT_OTHER,
};

struct acpi_madt_entry {
	enum acpi_madt_kind kind;
	uint8_t type, length;
	uint32_t offset;	/* in the table */
	uint32_t id, uid, flags; /* id: of a CPU interface, distributor, APIC; uid: the processor's in the namespace */
	uint64_t base;	/* CPU: its interface (GICC); others: theirs */
	uint64_t gicv, gich, gicr, mpidr; /* of a CPU */
	uint32_t range;	/* of a redistributor: bytes from base */
	uint8_t version; /* of a distributor: 1 to 4, 0: look at the hardware */
};

#define ACPI_CPU_ENABLED (1u << 0)
#define ACPI_CPU_ONLINE_CAPABLE_GIC (1u << 3)
#define ACPI_CPU_ONLINE_CAPABLE_APIC (1u << 1)

struct acpi_madt {
	struct acpi_madt_entry *entries;
	uint32_t count;
	uint32_t cpus; /* entries of the kind */
	uint32_t enabled_cpus; /* processors: on x86 one may have two entries, of the local APIC and of its x2APIC */
	struct acpi_wrong wrong;
};

void acpi_madt_read(struct arena *arena, const struct acpi_table *table, struct acpi_madt *ret);

/* The first entry of a kind behind `after` (NULL: from the start); NULL if there is none. */
const struct acpi_madt_entry *acpi_madt_next(const struct acpi_madt *madt, const struct acpi_madt_entry *after,
					     enum acpi_madt_kind kind);

/* 5.2.25 GTDT: the architected timer's interrupts. */
struct acpi_timer {
	uint32_t interrupt; /* GSIV; 0: none */
	uint32_t flags;	    /* bit 0 edge-triggered, bit 1 active low, bit 2 never stops */
};

struct acpi_gtdt {
	struct acpi_timer secure, physical, virtual, hypervisor;
	uint32_t platform_timers;
	struct acpi_wrong wrong;
};

#define ACPI_GTDT_VIRTUAL 64

void acpi_gtdt_read(const struct acpi_table *table, struct acpi_gtdt *ret);

/* 5.2.3.2, an address of a register. */
struct acpi_address {
	uint8_t space, width, offset, access; /* space 0: memory, 1: I/O ports */
	uint64_t address;
};

/* The kinds of serial port that SPCR and DBG2 of Microsoft share. */
enum {
	ACPI_SERIAL_16550 = 0,
	ACPI_SERIAL_PL011 = 3,
	ACPI_SERIAL_SBSA_32 = 0xd, /* takes 32-bit accesses alone */
	ACPI_SERIAL_SBSA = 0xe,
	ACPI_SERIAL_16550_GAS = 0x12,
};

/* SPCR (Serial Port Console Redirection Table, Microsoft). */
struct acpi_spcr {
	uint16_t kind;
	struct acpi_address base;
	uint8_t interrupt_type; /* bit 3: a GIC's */
	uint32_t interrupt;	/* GSIV */
	uint8_t baud, terminal;
	struct acpi_wrong wrong;
};

#define ACPI_SPCR_KIND 36
#define ACPI_SPCR_BASE 40

void acpi_spcr_read(const struct acpi_table *table, struct acpi_spcr *ret);

/* MCFG (PCI Firmware Specification 3.0, section 4.1.2). */
struct acpi_mcfg {
	struct acpi_segment {
		uint64_t base;
		uint16_t segment;
		uint8_t first_bus, last_bus;
		uint32_t offset; /* in the table */
	} *segments;
	uint32_t count;
	struct acpi_wrong wrong;
};

void acpi_mcfg_read(struct arena *arena, const struct acpi_table *table, struct acpi_mcfg *ret);

/* DBG2 (Microsoft Debug Port Table 2). */
struct acpi_dbg2 {
	struct acpi_debug_port {
		uint16_t type, kind; /* type 0x8000: serial, then kind is one of those above */
		uint8_t registers;   /* addresses that it has */
		struct acpi_address base; /* the first of them */
		uint32_t offset;     /* in the table */
		const char *name;    /* in the namespace */
	} *ports;
	uint32_t count;
	struct acpi_wrong wrong;
};

#define ACPI_DEBUG_SERIAL 0x8000

void acpi_dbg2_read(struct arena *arena, const struct acpi_table *table, struct acpi_dbg2 *ret);

/* 5.2.30 PPTT: the processors' tree. */
struct acpi_pptt {
	struct acpi_processor {
		uint32_t offset, flags, parent, id; /* parent: the offset of another, 0: none */
		bool leaf; /* nothing has it for its parent */
	} *processors;
	uint32_t count, leaves;
	struct acpi_wrong wrong;
};

#define ACPI_PPTT_PACKAGE (1u << 0)
#define ACPI_PPTT_ID_VALID (1u << 1)

void acpi_pptt_read(struct arena *arena, const struct acpi_table *table, struct acpi_pptt *ret);

#endif
