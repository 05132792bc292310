/* SPDX-License-Identifier: MIT */
/* memory: an allocation that fails ends a reader, whoever asked for it.
 *
 * Not a heap: the C library's is used.  Libraries meet a failed allocation in their own ways: one carries on with less, and a
 * defect of the image is not seen; another takes it for what the file system says; a third crashes.  None of these is a result,
 * and no caller can tell.  So in a worker it is not theirs to meet.
 */
#ifndef PROCESS_MEMORY_H
#define PROCESS_MEMORY_H

/* From now on, in this process, an allocation that fails (malloc, calloc, realloc, aligned_alloc, posix_memalign) calls
 * arena_exhausted, which does not return.  One of more than a worker could ever have fails as it always does, since no memory
 * would be enough: unseen says so.  Not with AddressSanitizer, which ends a process whose allocation fails. */
void memory_must_suffice(void);

#endif
