/* SPDX-License-Identifier: MIT */
/* live-internal: what the script of a run and the one who watches it share. */
#ifndef HYPERVISOR_LIVE_INTERNAL_H
#define HYPERVISOR_LIVE_INTERNAL_H

#include "guest/frame.h"
#include "guest/write.h"
#include "hypervisor/live.h"

struct run {
	const struct live_options *options;
	struct live_result *result;
	struct vm *vm;
	struct facts facts; /* what we add to the record */
	struct error *err;
	char nonce[FRAME_NONCE + 1];
	char append[2080];	/* the command line of a kernel that QEMU starts */
	const char *trouble;	/* what went wrong in the guest, as the record calls it; NULL: nothing, or not there */
	unsigned boot;	 /* from 1, in all processes */
	unsigned starts; /* of processes */
	unsigned resets; /* in this boot, before the guest said hello */
	bool hello;	 /* it did */
	enum { TOLD_NOTHING, TOLD_RESET, TOLD_OFF } told; /* what it was told to do with the machine */
	bool ended;	 /* QEMU says that the machine went off */
	size_t began;	 /* where this boot begins in the record */
	uint64_t deadline, silent_until; /* the latter 0 where there is no such bound */
	const char *event, *part; /* live_wait ends with this one, too */
	uint32_t id; /* of the guest's boot that we listen to */
};

/* A boot of the guest begins: its time, its place in the record. */
void live_begin_boot(struct run *run, const char *how);

/* Tells the caller what goes on. */
void live_phase(struct run *run, const char *name);

/* Goes on until the guest has told a fact of kind `text` (NULL: until QEMU has ended), or resets as it was told to, and the next
 * boot has begun; all that is seen goes into the record.  0 or what went wrong. */
int live_wait(struct run *run, const char *text);

/* Sends a command and waits for its answer. */
int live_command(struct run *run, const char *text);

/* Waits until QEMU has told an event of that name whose data hold `part`, or has told it already in this process. */
int live_wait_event(struct run *run, const char *name, const char *part);

/* A disk to put in, which the guest can tell by what is on it; a descriptor or a negative errno. */
int live_scratch(struct run *run, struct error *err);
int live_hotplug(struct run *run, int scratch);

#endif
