/* SPDX-License-Identifier: MIT */
/* seal: shuts this process in for good, with the descriptors that it holds.  For workers, who read what strangers made. */
#ifndef PROCESS_SEAL_H
#define PROCESS_SEAL_H

#include <stddef.h>

#include "base/error.h"

/* From here on this process has no descriptors but those in `keep` (its standard streams are /dev/null), no capabilities and no
 * privileges to gain, writes no core, is not traced by others of its user, opens no path, makes no file, no socket and no
 * process, writes to no file, and has bounds of memory, CPU time and descriptors (base/limits.h).  It can read and map what it
 * has open, take descriptors from its sockets, and end; process/calls.c has the list.  What it must not do kills it with SIGSYS.
 *
 * In a build with AddressSanitizer it fails with EPERM instead, so that the sanitizer can say what it found, standard error
 * stays open for that, and addresses have no bound, since the sanitizer maps terabytes: the parent looks at the resident memory.
 *
 * 0, or a negative errno with the reason: then it must not read anything.  A kernel without Landlock is no reason; the filter
 * of system calls, which also refuses paths, is there in any case.  Sources: seccomp(2), landlock(7), setrlimit(2),
 * capabilities(7). */
int seal_process(const int keep[], size_t count, struct error *err);

#endif
