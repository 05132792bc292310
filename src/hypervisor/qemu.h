/* SPDX-License-Identifier: MIT */
/* qemu: one QEMU process, its console and its control connection (QMP), as a sequence of events.  Or another hypervisor, which a
 * command of the user's starts: then there is a console and no control connection.
 *
 * Everything is handed over as descriptors: there is no socket and no file with a name.  QEMU, and all that it or a script in its
 * place has started, is killed when vm_stop is called and when our process ends, however that happens.  What comes from it is
 * bounded and not trusted: the guest writes the console.
 */
#ifndef HYPERVISOR_QEMU_H
#define HYPERVISOR_QEMU_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum vm_machine { VM_AARCH64, VM_X86_64 };
enum vm_accel { VM_TCG, VM_KVM };
enum vm_transport { VM_PCI, VM_MMIO };

struct vm_config {
	enum vm_machine machine;
	enum vm_accel accel;
	enum vm_transport transport; /* of the disk */
	const char *qemu;	     /* program; NULL: qemu-system-MACHINE from PATH */
	const char *firmware;	     /* code; in flash if there is a store, else as -bios */
	int store;		     /* descriptor of the variable store, or -1 */
	int disk;		     /* descriptor of the raw disk that it boots from, or -1 */
	/* a kernel and its initrd that QEMU starts itself, with this command line, in place of firmware; NULL: none */
	const char *kernel, *initrd, *append;
	int image;		     /* descriptor of somebody's image, never written to, or -1; it boots if there is no disk */
	const char *image_format;    /* QEMU's name of its container */
	int seed;		     /* descriptor of a volume for cloud-init, or -1 */
	int scratch;		     /* descriptor that QEMU shall have for a disk that is put in later, or -1 */
	unsigned gic;		     /* 2 or 3; aarch64 */
	const char *properties;	     /* more of -machine, such as "virtualization=on"; NULL: nothing */
	const char *const *more;     /* arguments that come behind ours, NULL behind the last; or NULL */
	bool acpi_off;		     /* aarch64: hand out a device tree in place of ACPI */
	bool ports;		     /* PCI Express ports "port1" and "port2", for devices that are put in while it runs */
	unsigned cpus, memory_mib;
	/* Not QEMU: a shell's command, which finds the disk in the folder (private, absolute, gone in the end) and talks to us as
	 * the machine's serial console.  Of what is above, only `machine` counts then. */
	const char *command, *folder;
	int keeper; /* of the folder: guard.h */
	const volatile sig_atomic_t *stop; /* not 0: give up, a signal came; may be NULL */
};

enum vm_event_kind {
	VM_TEXT,    /* a line of the guest's record: text */
	VM_CONSOLE, /* any other line on the console: text */
	VM_QMP,	    /* an event of QEMU's: name, and its data as JSON in text ("" without any) */
	VM_ANSWER,  /* QEMU's answer to the command `id` (0: to none of ours); text is why it refuses, or NULL */
	VM_EXIT,    /* the process is gone: status as wait(2) has it; the last event there is */
	VM_TIMEOUT, /* nothing until the deadline */
};

struct vm_event {
	enum vm_event_kind kind;
	const char *text, *name; /* until the next call */
	uint32_t boot;		 /* VM_TEXT: which boot of the guest it comes from */
	unsigned id;		 /* VM_ANSWER */
	int status;
};

struct vm;

/* Starts it, for the `start`th time.  `nonce` is what the guest's lines must carry.  0 or a negative errno. */
int vm_start(const struct vm_config *config, unsigned start, const char *nonce, struct vm **ret, struct error *err);

/* Waits until `deadline` (stream_now) for the next event; what had come by then still counts, within bounds.  What the console
 * said before QEMU told an event comes before that, and what a guest says after a reset comes after the event that tells of it.
 * 0; -EFBIG if the console floods us, -ENOBUFS if QEMU does, -EINTR after a signal. */
int vm_next(struct vm *vm, uint64_t deadline, struct vm_event *ret, struct error *err);

/* Sends a command to the guest, or one in QMP's language to QEMU, whose answer will have the number *ret_id; `arguments` is a
 * JSON object.  Waits at most 5 s for room.  0, -EINVAL if it is too long, or why nobody takes it: -EPIPE, -EIO, -EAGAIN. */
int vm_command(struct vm *vm, const char *command, struct error *err);
int vm_qmp(struct vm *vm, const char *execute, const char *arguments, unsigned *ret_id, struct error *err);

/* The command line that QEMU was started with, as a shell takes it; "" of another hypervisor. */
const char *vm_command_line(const struct vm *vm);

/* QEMU's version, "" before it has said it; what it wrote to standard error, cut. */
const char *vm_version(const struct vm *vm);
const char *vm_stderr(const struct vm *vm);

struct vm_lines {
	uint32_t good, lost, damaged, foreign; /* see guest/frame.h */
};
struct vm_lines vm_lines(const struct vm *vm);

/* Has anything come over its console, be it half a line? */
bool vm_heard(const struct vm *vm);

/* Has it a control connection, QEMU's? */
bool vm_controlled(const struct vm *vm);

/* Kills what still runs, waits for it and frees everything; NULL is allowed. */
void vm_stop(struct vm *vm);

static inline void vm_stop_cleanup(struct vm **vm)
{
	vm_stop(*vm);
}
#define VM_AUTO __attribute__((cleanup(vm_stop_cleanup))) struct vm *

#endif
