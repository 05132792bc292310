/* SPDX-License-Identifier: MIT */
/* guard: processes of ours that see to it that nothing stays behind, however we end: one between us and a hypervisor (or vmlint's
 * helper, which starts some), which ends all that this has started, and one that removes a folder. */
#ifndef HYPERVISOR_GUARD_H
#define HYPERVISOR_GUARD_H

#include <sys/types.h>

#include "base/error.h"

struct guard {
	unsigned patience;  /* seconds that the hypervisor has to end in order, once it is to end; then it is killed */
	int keeper;         /* descriptor that stays open until all has ended; -1: none */
	const char *folder; /* is removed when all has ended; NULL: none */
	/* In the hypervisor's own process, which is killed when the guard ends; does not return. */
	void (*become)(void *context);
	void *context;
};

/* Starts a hypervisor behind a guard: told to (SIGTERM), or when we end, that ends the hypervisor; and when the hypervisor has
 * ended, whatever it has left behind, in whatever session.  The guard then ends as the hypervisor did.  Its process, or a
 * negative errno. */
pid_t guard_start(const struct guard *guard);

/* Starts a process that removes the folder when nobody has *ret_keeper open any more, whoever killed whom.  0 or a negative
 * errno. */
int keeper_start(const char *folder, pid_t *ret_pid, int *ret_keeper, struct error *err);

/* Closes it and waits until the folder is gone. */
void keeper_end(pid_t pid, int keeper);

#endif
