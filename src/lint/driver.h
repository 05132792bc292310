/* SPDX-License-Identifier: MIT */
/* driver: a row of a profile that names a driver which kernels must have, and the judgement of one kernel by it.
 *
 * Each row is a rule, driver-<id>.  Reading rows from a profile is profile-rows.c's business, their place among the rules is
 * rules.c's.
 */
#ifndef LINT_DRIVER_H
#define LINT_DRIVER_H

#include "image/kernels.h"
#include "lint/diagnostic.h"

#define DRIVER_PREFIX "driver-"

/* Where a driver must be. */
enum driver_where {
	DRIVER_WHERE_BUILTIN,   /* in the kernel itself */
	DRIVER_WHERE_INITRD,    /* in the kernel, or in the initrd: storage hangs on it */
	DRIVER_WHERE_INSTALLED, /* in the kernel, or a module that is installed */
};

/* A kernel's version as one number that can be compared; 0: not known. */
#define KERNEL_VERSION_OF(major, minor, patch) ((major) * 1000000U + (minor) * 1000U + (patch))

/* The version at the beginning of a release, "6.1.0-56-arm64" or "5.9"; 0 if there is none. */
unsigned kernel_version_parse(const char *release);

struct driver_symbol {
	const char *name;        /* without CONFIG_ */
	unsigned since, until;   /* the first kernel that has it, and the first that has it no more; 0: not said */
	const char *formerly;    /* what kernels before `since` call it, NULL */
	unsigned architectures;  /* as in driver_row */
};

struct boot_attempt;

struct driver_row {
	struct driver_row *next;
	const char *id;          /* "virtio-blk" */
	const char *title;       /* of its rule */
	const char *why;
	const char *section, *clause; /* of the specification, or NULL */
	enum severity severity;
	enum effect effect;
	enum driver_where where;
	const struct driver_symbol *all, *any;
	unsigned all_count, any_count;
	const char *const *modules; /* that these symbols build when they are =m; names with dashes or underscores */
	unsigned module_count;
	unsigned architectures;  /* bits 1 << enum architecture; 0: all.  The profile's, unless the row says */
	unsigned since;          /* the first kernel that has the driver at all; 0: not said */
	const char *const *after; /* ids of rows, or of rules, whose finding makes this one moot */
	unsigned after_count;
};

/* Does a set of architectures hold this one?  An unknown one is in each. */
bool driver_architecture(unsigned set, enum architecture architecture);

enum driver_fault {
	DRIVER_GOOD,
	DRIVER_TOO_OLD,        /* no kernel of this version has it */
	DRIVER_OFF,            /* `symbol` is off, or a module where it must be built in */
	DRIVER_NOT_INSTALLED,  /* `module` is not among the modules of the release */
	DRIVER_NOT_IN_INITRD,  /* `module` is not in the initrd */
	DRIVER_UNTOLD,         /* it cannot be told: `reason` */
	DRIVER_ELSEWHERE,      /* the row is not about this kernel, or another rule says what is wrong: `reason` */
};

struct driver_judgement {
	enum driver_fault fault;
	const char *symbol;       /* for DRIVER_OFF, without CONFIG_ */
	enum kconfig_value value; /* its value */
	const char *module;
	const char *needs;        /* for DRIVER_NOT_IN_INITRD: what is not there is this module, which the other needs; or NULL */
	bool by_lists;            /* there was no configuration: modules.builtin and modules.dep alone have said so */
	const char *reason;
	const struct error *error; /* of DRIVER_UNTOLD, or NULL */
};

/* Judges a kernel's release by a row.  attempt: the start of it whose initrd counts; NULL: none, so that a module that is
 * installed will do. */
struct driver_judgement driver_judge(const struct driver_row *row, const struct kernel_release *release,
				     const struct boot_attempt *attempt);

/* Does it hang on the initrd whether the kernel has the row's driver in time? */
bool driver_asks_initrd(const struct driver_row *row, const struct kernel_release *release);

struct check;
struct lint;

/* The function of all rules that come from rows. */
void driver_check(struct check *check);

/* Asks the initrds for what the selected rows will want to know of them; before image_read_initrds. */
void driver_ask_initrds(struct lint *lint, struct image *image);

#endif
