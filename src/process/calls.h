/* SPDX-License-Identifier: MIT */
/* calls: the system calls that a worker may make: all others kill it. */
#ifndef PROCESS_CALLS_H
#define PROCESS_CALLS_H

#include <stdbool.h>

#include "base/error.h"

/* Sets the filter.  With `lenient` a call that is not allowed fails with EPERM, in place of killing.  0, or a negative errno with
 * a message.  Sources: seccomp(2), seccomp_rule_add(3). */
int calls_filter(bool lenient, struct error *err);

/* The numbers of all calls in the table, of this architecture; for tests.  Returns how many. */
unsigned calls_allowed(const int **ret_numbers);

#endif
