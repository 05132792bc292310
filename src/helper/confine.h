/* SPDX-License-Identifier: MIT */
/* confine: what the helper, and the programs that it starts, may use of this machine.
 *
 * They read what a stranger made, as the worker does, and QEMU is too large for a filter of system calls of ours: so paths, ports
 * and sizes are what is bounded, by Landlock and rlimits.  A kernel without Landlock is no reason to fail.
 */
#ifndef HELPER_CONFINE_H
#define HELPER_CONFINE_H

#include "base/error.h"

/* All: 0, or a negative errno with a message. */

/* For the helper that starts qemu-nbd: programs and libraries, /proc, and the open file `image`, all for reading; `program` is
 * the path of qemu-nbd.  No process is signalled but what it starts. */
int confine_container(int image, const char *program, struct error *err);

/* For qemu-nbd, right before it is executed: its limits. */
int confine_qemu_nbd(struct error *err);

/* For the helper that has started it: no path at all. */
int confine_talk(struct error *err);

/* For libguestfs, supermin and QEMU.  For reading: programs, libraries, kernels and modules, what describes the machine and its
 * packages, and of /etc what everybody may read.  For writing: `folder`, which exists, and libguestfs's cache, which this makes
 * where it is missing; /dev/kvm and /dev/null.  Root may make sockets in folders in /tmp. */
int confine_guestfs(const char *folder, struct error *err);

#endif
