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

int spawn_qemu(const struct vm_config *config, struct spawned *ret, struct error *err);

#endif
