/* SPDX-License-Identifier: MIT */
/* spawn: QEMU's command line, and starting it with the descriptors that it names. */
#ifndef HYPERVISOR_SPAWN_H
#define HYPERVISOR_SPAWN_H

#include <sys/types.h>

#include "hypervisor/qemu.h"

struct spawned {
	pid_t pid;
	int pidfd, console, qmp, error; /* our ends, non-blocking */
};

/* The program that a configuration names. */
const char *spawn_program(const struct vm_config *config);

/* Starts QEMU. */
int spawn_qemu(const struct vm_config *config, struct spawned *ret, struct error *err);

/* The name of the disk in the folder of a machine that is not QEMU. */
#define SPAWN_DISK "appliance.img"

/* Starts config->command, with us at the other end of its terminal.  A process of ours stands between: told to (SIGTERM), or when
 * we end, it ends all that the command has started; when we end, it removes the folder, too. */
int spawn_command(const struct vm_config *config, unsigned start, struct spawned *ret, struct error *err);

#endif
