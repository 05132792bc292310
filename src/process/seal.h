/* SPDX-License-Identifier: MIT */
/* seal: shuts this process in for good, with the descriptors that it holds.  For workers, who read what strangers made. */
#ifndef PROCESS_SEAL_H
#define PROCESS_SEAL_H

#include "base/error.h"

/* From here on this process gets no privileges, writes no core, is not traced by others of its user, opens no path, makes no
 * socket and no process, and has bounds of memory, CPU time and descriptors (base/limits.h).  It can read, write and map what
 * it has open, take descriptors from its sockets, make memory files, and end.  What it must not do kills it with SIGSYS.
 *
 * In a build with AddressSanitizer it fails with EPERM instead, so that the sanitizer can say what it found, and memory has no
 * bound but the arena's, since the sanitizer maps terabytes.  The size of files has no bound: the only ones that it can write
 * are its memory files, which are as long as the disk and nearly all holes.
 *
 * 0, or a negative errno with the reason: then it must not read anything.  A kernel without Landlock is no reason; the filter
 * of system calls, which also refuses paths, is there in any case.  Sources: seccomp(2), landlock(7), setrlimit(2). */
int seal_process(struct error *err);

#endif
