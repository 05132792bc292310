/* SPDX-License-Identifier: MIT */
/* seal: shuts this process in for good, with the descriptors that it holds.  For workers, who read what strangers made. */
#ifndef PROCESS_SEAL_H
#define PROCESS_SEAL_H

#include "base/error.h"

/* From here on this process has no descriptors but these two (its standard streams are /dev/null), gets no privileges, writes
 * no core, is not traced by others of its user, opens no path, makes no socket and no process, and has bounds of memory and CPU
 * time (base/limits.h).  It can read, write and map what it has open, take descriptors from its sockets, make memory files, ask
 * for sizes and times of files, and end.  What it must not do kills it with SIGSYS.
 *
 * In a build with AddressSanitizer it fails with EPERM instead, so that the sanitizer can say what it found, standard error
 * stays open for that, and memory has no bound but the arena's, since the sanitizer maps terabytes.  Memory files are not
 * bounded: they are as long as the disk, and nearly all holes.
 *
 * 0, or a negative errno with the reason: then it must not read anything.  A kernel without Landlock is no reason; the filter
 * of system calls, which also refuses paths, is there in any case.  Sources: seccomp(2), landlock(7), setrlimit(2). */
int seal_process(int image, int socket, struct error *err);

#endif
