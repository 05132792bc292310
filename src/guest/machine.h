/* SPDX-License-Identifier: MIT */
/* machine: one recorded guest with typed facts: what its firmware, its tables and its kernel say of the virtual machine.  Nothing
 * is judged.  What the record does not tell is UNREADABLE and never taken for absent. */
#ifndef GUEST_MACHINE_H
#define GUEST_MACHINE_H

#include "guest/acpi.h"
#include "guest/record.h"
#include "guest/tree.h"

/* entries of the EFI configuration table (UEFI 2.10, 4.6.1.1) */
#define MACHINE_ENTRY_ACPI "8868e871-e4f1-11d3-bc22-0080c73c8881"
#define MACHINE_ENTRY_TREE "b1b621d5-f19c-41a5-830b-d9152c69aae0"

enum machine_have {
	MACHINE_UNREADABLE, /* the record does not say */
	MACHINE_ABSENT,
	MACHINE_HAVE,
};

enum machine_architecture {
	MACHINE_UNKNOWN, /* the record does not say */
	MACHINE_OTHER,
	MACHINE_AARCH64,
	MACHINE_X86_64,
};

struct machine_table {
	struct acpi_table table;
	bool cut; /* the record has not all of its bytes, which is not the machine's fault */
};

struct machine {
	const struct guest *guest;
	struct arena *arena;
	enum machine_architecture architecture;

	/* Why the first boot may have shown what the record does not hold, such as a guest that hung while it told; NULL: what is
	 * not in the record was not there.  The second is of what the probe saw, and for tables of either. */
	const char *incomplete, *incomplete_tables;

	/* what was there before Linux, of the first boot */
	const struct fact *firmware; /* `probe-firmware`; NULL: no probe ran */
	const struct fact *registers; /* `probe-registers`, of the processor; NULL: no probe ran, or it is no Arm one */

	/* `host-trouble` that the guest is to blame for: why a boot did not go where it should; NULL: it did */
	const struct fact *trouble;

	/* the EFI configuration table's entries, by the probe, else by Linux */
	enum machine_have efi; /* did UEFI start this machine? */
	enum machine_have acpi_entry, tree_entry;

	/* ACPI, by the probe, else by /sys/firmware/acpi (then without RSDP and XSDT) */
	enum machine_have have_acpi; /* ABSENT when there is no entry */
	enum machine_have have_rsdp;
	bool rsdp_whole;
	struct acpi_rsdp rsdp;
	const struct machine_table *tables;
	uint32_t table_count;
	/* NULL: there is no such table */
	const struct acpi_root *root; /* XSDT */
	const struct acpi_fadt *fadt;
	const struct acpi_madt *madt;
	const struct acpi_gtdt *gtdt;
	const struct acpi_spcr *spcr;
	const struct acpi_mcfg *mcfg;
	const struct acpi_dbg2 *dbg2;
	const struct acpi_pptt *pptt;

	/* the device tree behind the configuration table's entry; without UEFI the one that Linux was given */
	enum machine_have have_tree;
	const struct tree *tree;
	const char *tree_error; /* why what is there is no tree; NULL if it is one */
};

/* Reads what a record says of its machine.  The result lives in the arena, and refers to the record. */
const struct machine *machine_read(struct arena *arena, const struct guest *guest);

/* The first table of a signature, or NULL. */
const struct acpi_table *machine_table(const struct machine *machine, const char *signature);

/* Is there a table of this signature?  ABSENT only if the record would hold it. */
enum machine_have machine_has_table(const struct machine *machine, const char *signature);

/* The text of a file of /proc or /sys in the first boot, or NULL. */
const char *machine_file(const struct machine *machine, const char *path);

struct machine_region {
	const char *next; /* NULL before the first call */
	uint64_t first, last; /* bytes, both in it */
	bool outermost; /* it lies in no other */
};

/* The next region that Linux's map of memory (/proc/iomem) has under this name; false if there is none, or Linux keeps addresses
 * to itself. */
bool machine_next_region(const struct machine *machine, const char *name, struct machine_region *region);

/* The first of them. */
bool machine_region(const struct machine *machine, const char *name, uint64_t *ret_base, uint64_t *ret_size);

/* Is there such a word, or one that begins so, on Linux's command line? */
bool machine_told(const struct machine *machine, const char *word);

/* Does this Linux never call UEFI's runtime services?  It was told so, or is a real-time kernel, which does so only when told. */
bool machine_avoids_efi(const struct machine *machine);

/* How many CPUs a list such as "0-1,4" names; 0 for what is none. */
uint32_t machine_cpu_list(const char *list);

/* Has a fact of this kind a value for key other than `value`?  False if it has no such key. */
bool machine_differs(const struct fact *fact, const char *key, const char *value);

#endif
