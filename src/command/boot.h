/* SPDX-License-Identifier: MIT */
/* boot: what `vmlint boot` was asked for, and the boots that come of it. */
#ifndef COMMAND_BOOT_H
#define COMMAND_BOOT_H

#include <signal.h>

#include "command/boot-image.h"
#include "command/options.h"
#include "hypervisor/live.h"

enum boot_accel { BOOT_ACCEL_AUTO, BOOT_ACCEL_TCG, BOOT_ACCEL_KVM };

/* Masks of what is to be booted with: a bit for each. */
enum { BOOT_GIC_2 = 1, BOOT_GIC_3 = 2 };
enum { BOOT_PCI = 1 << VM_PCI, BOOT_MMIO = 1 << VM_MMIO };

/* Arguments of the user's for QEMU. */
#define BOOT_MORE 64

/* One boot of the matrix: a run of live_run, which may start the guest more than once, and one result. */
struct boot {
	struct live_options live;
	const char *configuration; /* "gic=3 transport=pci acpi=on": what tells it from others */
	const char *name;	   /* what diagnostics begin with: "guest", or "guest[gic=3,pci]" where there are several */
	const char *file;	   /* what files of --log-dir begin with: "gic3-pci" */
};

struct boot_options {
	struct common common; /* first: common_run hands this out */
	enum vm_machine machine;
	struct boot_image image; /* what the user wants to see booted, if anything */
	const char *appliance; /* raw image, found or made */
	const char *firmware;  /* code */
	const char *store;     /* a variable store's first contents; NULL: what belongs to the firmware, in the end none */
	const char *qemu;      /* NULL: by machine, from PATH */
	const char *more[BOOT_MORE + 1]; /* arguments that it gets besides */
	unsigned more_count;
	const char *command;   /* starts another hypervisor, which makes its machine by itself; or NULL */
	enum boot_accel accel;
	unsigned gics, transports; /* masks */
	bool tree;		   /* a device tree in place of ACPI */
	bool persistent, hotplug;
	bool persistent_told, hotplug_told, machine_told; /* on the command line */
	unsigned cpus, memory_mib, seconds;
	bool matrix;	     /* the combinations worth running */
	const char *log_dir; /* for records and consoles, or NULL */
	bool keep;	     /* disk and variable store, too */
	const char *no_kvm[4]; /* why KVM is not tried again, by GIC */
	bool no_cloud_init;    /* the image was tried, and nobody spoke */
	volatile sig_atomic_t *stop;
	struct boot *boots; /* boot_plan makes them */
	unsigned boot_count;
};

/* Finds what is to be started where nothing was said: QEMU, the firmware with its store, the appliance or, for an image,
 * vmlint-guest, which is made if it is not there and this program stands in its source tree.  0 or a negative errno, and in err
 * what to do about it. */
int boot_find(struct boot_options *options, struct error *err);

/* Says on standard error which of these (each may be NULL) was made of other sources than what this vmlint was made with.  0, or
 * -ENOTSUP for one whose facts it cannot read, another negative errno. */
int boot_fits(struct arena *arena, const char *appliance, const char *program, struct error *err);

/* Makes options->boots, in the arena.  What boot_find finds is not in them: boot_one puts it there. */
void boot_plan(struct boot_options *options);

/* Runs one boot and judges it into result. */
void boot_one(struct boot_options *options, const struct boot *boot, struct arena *arena, struct lint_result *result);

/* What is seen while a boot runs: a line of progress on standard error, if that is a terminal; with --verbose QEMU's command line
 * and the console; files of both in --log-dir. */
struct show {
	const struct boot_options *options;
	const struct boot *boot;
	FILE *log; /* or NULL */
	bool progress, shown;
};

/* 0, or a negative errno: the log cannot be made. */
int show_begin(struct show *show, const struct boot_options *options, const struct boot *boot, struct error *err);
/* How often one run starts the machine: live_run. */
unsigned boot_starts(const struct boot *boot);
/* For live_options; the context is the show. */
void show_phase(void *context, unsigned start, const char *phase);
void show_console(void *context, const char *line);
void show_started(void *context, unsigned start, const char *line);
/* Takes the line of progress away; writes the record, if one is to be kept. */
int show_end(struct show *show, const struct buffer *record, struct error *err);

/* Chooses between KVM and TCG for a boot.  NULL, or why it is not KVM. */
const char *boot_accel(const struct boot_options *options, const struct vm_config *vm, struct arena *arena);

#endif
