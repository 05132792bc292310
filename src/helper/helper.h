/* SPDX-License-Identifier: MIT */
/* helper: the parts of vmlint-helper. */
#ifndef HELPER_HELPER_H
#define HELPER_HELPER_H

/* Serves the disk in REMOTE_IMAGE_FD, a container for QEMU's driver of that name, until REMOTE_SOCKET_FD is closed.
 * Returns the exit status. */
int helper_container(const char *driver);

#endif
