/* SPDX-License-Identifier: MIT */
/* disk: files for one virtual machine that nobody else sees and nobody has to remove.
 *
 * A file here has no name, only a descriptor, which QEMU inherits; it is gone when the last who holds it is gone, whatever ends
 * them.  The originals are never written to.
 */
#ifndef HYPERVISOR_DISK_H
#define HYPERVISOR_DISK_H

#include <stdint.h>

#include "base/error.h"

#define SETTINGS_SIZE 2048
#define SETTINGS_MAGIC "vmlint.settings=1"

/* A nameless copy of a file, holes as holes, in $TMPDIR.  A descriptor, or a negative errno. */
int disk_copy(const char *path, struct error *err);

/* A nameless file of `size` bytes, all zeros.  A descriptor, or a negative errno. */
int disk_new(uint64_t size, struct error *err);

/* Writes what a descriptor holds to a file of that name, holes as holes.  0 or a negative errno. */
int disk_save(int fd, const char *path, struct error *err);

/* The line of settings of an appliance (raw), with a NUL in place of its end; as disk_settings. */
int disk_read_settings(int fd, char line[SETTINGS_SIZE], struct error *err);

/* Puts `more` behind what the appliance's settings say by themselves: the kernel's command line, one line of SETTINGS_SIZE bytes
 * on its disk (raw).  *offset is 0 the first time, and where the line is after that.  0; -EINVAL if the disk is no appliance. */
int disk_settings(int fd, uint64_t *offset, const char *more, struct error *err);

#endif
