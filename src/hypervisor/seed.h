/* SPDX-License-Identifier: MIT */
/* seed: a volume for cloud-init's NoCloud that has a guest run the checks which the appliance's init runs.
 *
 * It is ISO 9660 with the label CIDATA: user-data, meta-data, vmlint-guest (the static program) and settings.txt, the same line
 * that the appliance has for the kernel's command line.  So the guest needs neither a network nor anything of ours in its image.
 */
#ifndef HYPERVISOR_SEED_H
#define HYPERVISOR_SEED_H

#include "base/error.h"

/* Makes one with the program at that path.  A descriptor of a nameless file, or a negative errno: -ENOTSUP without libarchive. */
int seed_make(const char *program, const char *nonce, struct error *err);

#endif
