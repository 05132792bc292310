/* SPDX-License-Identifier: MIT */
/* helper: starting vmlint-helper and ending it. */
#ifndef PROCESS_HELPER_H
#define PROCESS_HELPER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"

/* Where the program is; NULL: beside this one, or where it was installed.  Tests set it. */
extern const char *helper_program;

/* Both start the helper and return a descriptor, our end of its socket, with *ret_pid; or a negative errno with a message. */

/* To read the container `image` (a descriptor) with that driver of QEMU's. */
int helper_start_container(struct arena *arena, int image, const char *driver, pid_t *ret_pid, struct error *err);

/* To read file systems with libguestfs; it makes `folder` (base/folder.h), and in it the socket on which it finds the disk. */
int helper_start_guestfs(struct arena *arena, const char *folder, bool no_kvm, pid_t *ret_pid, struct error *err);

/* Ends the helper and what it has started, by force if it takes long, and waits for it.  Returns its exit status, or minus the
 * number of the signal that ended it before it was told to end. */
int helper_end(pid_t pid);

#endif
