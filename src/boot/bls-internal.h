/* SPDX-License-Identifier: MIT */
/* bls-internal: what the files of the Boot Loader Specification's reader share. */
#ifndef BOOT_BLS_INTERNAL_H
#define BOOT_BLS_INTERNAL_H

#include "boot/bls.h"

/* Fills in what a unified kernel image says of itself. */
void bls_read_uki(struct arena *arena, struct fs *fs, uint64_t handle, struct bls_entry *entry);

#endif
