/* SPDX-License-Identifier: MIT */
/* nbd-export: a view as a read-only NBD disk, served while its owner waits for something else.
 *
 * The fixed newstyle handshake and simple replies (https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md).  It is
 * how QEMU, below libguestfs, comes by the disk without ever seeing the image file.  Whoever connects is as little trusted as an
 * image: every number is checked, memory is bounded, and no client can make us wait.  Nothing can be written.
 */
#ifndef BLOCK_NBD_EXPORT_H
#define BLOCK_NBD_EXPORT_H

#include <stdint.h>

#include "base/error.h"
#include "block/view.h"

#define NBD_EXPORT_CONNECTIONS 4        /* at the same time; QEMU needs one, qemu-img another before it */
#define NBD_EXPORT_READ_MAX (1U << 20)  /* bytes of one request; the handshake says so */

struct nbd_export;

/* Exports `view` to those who connect to the listening socket, which must stay open. NULL without memory. */
struct nbd_export *nbd_export_new(struct view *view, int listener);

/* Ends all connections; NULL is allowed. The listening socket stays open. */
void nbd_export_free(struct nbd_export *export);

/* Serves until `fd` can be read (or was closed): 0; or until `deadline` (CLOCK_MONOTONIC, milliseconds): -ETIMEDOUT, without a
 * message; or another negative errno with one. */
int nbd_export_wait(struct nbd_export *export, int fd, uint64_t deadline, struct error *err);

/* Why the first of the reads failed that did; NULL if none. */
const struct error *nbd_export_error(const struct nbd_export *export);

#endif
