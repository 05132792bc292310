/* SPDX-License-Identifier: MIT */
/* helper: the parts of vmlint-helper. */
#ifndef HELPER_HELPER_H
#define HELPER_HELPER_H

#include <stdbool.h>

/* Serves the disk in REMOTE_IMAGE_FD, a container for QEMU's driver of that name, until REMOTE_SOCKET_FD is closed.
 * Returns the exit status. */
int helper_container(const char *driver);

/* Serves file systems by libguestfs over APPLIANCE_SOCKET_FD (fs/appliance.h) until that is closed.  The disk is exported on a
 * socket in `folder`, which it makes, and removes with all that is in it. */
int helper_guestfs(const char *folder, bool no_kvm);

#endif
