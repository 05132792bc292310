/* SPDX-License-Identifier: MIT */
/* spawn: QEMU's command line, and starting it with the descriptors that it names. */
#ifndef HYPERVISOR_SPAWN_H
#define HYPERVISOR_SPAWN_H

#include <sys/types.h>

#include "hypervisor/qemu.h"

struct spawned {
	pid_t pid; /* of the guard */
	int pidfd, console, qmp, error; /* our ends, non-blocking */
	char *line; /* the command line, to be freed; or NULL */
};

/* The program that a configuration names. */
const char *spawn_program(const struct vm_config *config);

/* What a file may grow to that QEMU writes beside somebody's image: the snapshot must not fill the disk. */
#define SPAWN_FILE_MAXIMUM (UINT64_C(16) << 30)

/* Starts QEMU, behind a guard (guard.h): also where it is a script that starts QEMU, all of that ends with us. */
int spawn_qemu(const struct vm_config *config, struct spawned *ret, struct error *err);

/* The name of the disk in the folder of a machine that is not QEMU. */
#define SPAWN_DISK "appliance.img"

/* Starts config->command behind a guard, with us at the other end of its terminal. */
int spawn_command(const struct vm_config *config, unsigned start, struct spawned *ret, struct error *err);

#endif
