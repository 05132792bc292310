/* SPDX-License-Identifier: MIT */
/* stream: all of so many bytes over a stream socket, and the clock of its deadlines. */
#ifndef BASE_STREAM_H
#define BASE_STREAM_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* CLOCK_MONOTONIC in milliseconds. */
uint64_t stream_now(void);

/* False with errno if the other side has gone (receiving: errno 0 at the end of the stream), or a signal came and *stop (NULL:
 * never) is not 0.  Both block. */
bool stream_send(int socket, const void *data, size_t size, const volatile sig_atomic_t *stop);
bool stream_receive(int socket, void *data, size_t size, const volatile sig_atomic_t *stop);

#endif
