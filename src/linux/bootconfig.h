/* SPDX-License-Identifier: MIT */
/* bootconfig: more of the command line behind an initrd (Documentation/admin-guide/bootconfig.rst), which is no part of it. */
#ifndef LINUX_BOOTCONFIG_H
#define LINUX_BOOTCONFIG_H

#include <stdint.h>

#include "base/error.h"
#include "block/view.h"

/* *ret is how many bytes of the file Linux unpacks: all of them, or those before a bootconfig, which it takes off first
 * (get_boot_config_from_initrd() of init/main.c, since 5.6), whether it then reads it or not.  0, or a negative errno. */
int bootconfig_begin(struct view *view, uint64_t *ret, struct error *err);

#endif
