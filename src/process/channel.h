/* SPDX-License-Identifier: MIT */
/* channel: whole messages, each perhaps with a descriptor, over a socket pair (SOCK_SEQPACKET).
 *
 * What a message means is record.h's business.
 */
#ifndef PROCESS_CHANNEL_H
#define PROCESS_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Sends one message; fd -1: no descriptor.  0 or a negative errno: -EAGAIN if the socket is
 * non-blocking and full. */
int channel_send(int socket, const void *data, size_t size, int fd, struct error *err);

/* Waits until `deadline` (CLOCK_MONOTONIC, milliseconds; 0: for ever) for one message and copies it to data.  Returns its size;
 * 0 when the other side has closed; -ETIMEDOUT; -EMSGSIZE for one larger than `capacity`; another negative errno.
 * *ret_fd (if not NULL) is a descriptor that came with it, close-on-exec, or -1; those that nobody wants are not taken. */
long channel_receive(int socket, void *data, size_t capacity, int *ret_fd, uint64_t deadline, struct error *err);

#endif
