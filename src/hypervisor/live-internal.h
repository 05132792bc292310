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
	struct buffer held; /* of that, what waits for the end of what the guest tells just now */
	bool dropping;	    /* the guest's last fact is none of ours, and so are its data */
	struct error *err;
	char nonce[FRAME_NONCE + 1];
	char append[2080];	/* the command line of a kernel that QEMU starts */
	const char *trouble;	/* what went wrong in the guest, as the record calls it; NULL: nothing, or not there */
	struct error unkept;	/* why the first disk could not be saved; code 0: it could, or need not be */
	unsigned boot;	 /* from 1, in all processes */
	unsigned starts; /* of processes */
	unsigned resets; /* in this boot, before the guest said hello */
	bool hello;	 /* it did */
	bool unheard;	 /* it said that it heard nothing of us for so long that it leaves */
	bool failed;	 /* since the last command: a device did not come, or did not go, or the guest knows no such command */
	enum { TOLD_NOTHING, TOLD_RESET, TOLD_OFF } told; /* what it was told to do with the machine */
	bool ended;	 /* QEMU says that the machine went off */
	size_t began;	 /* where this boot begins in the record */
	uint64_t deadline;
	uint64_t silent_until; /* 0 where there is no such bound */
	/* What the console says that ends a machine, and when it is believed if nobody speaks on; NULL: nothing. */
	const struct last_words *words;
	uint64_t words_until;
	const char *asked; /* what the guest was told to do, for messages; or NULL */
	const char *device; /* live_wait ends when QEMU says what became of this one, too */
	bool deleted;	    /* and it is gone */
	unsigned answer;    /* live_wait ends with QEMU's answer to this command, too; 0: with none */
	char refusal[512];  /* which this was, or "" */
	uint32_t id; /* of the guest's boot that we listen to */
};

/* A boot of the guest begins: its time, its place in the record. */
void live_begin_boot(struct run *run, const char *how);

/* Tells the caller what goes on. */
void live_phase(struct run *run, const char *name);

/* Puts what was held back into the record. */
void live_settle(struct run *run);

/* Goes on until the guest has told a fact that begins with the words `text` (NULL: until QEMU has ended), or until the next boot
 * has begun, by whatever reset; all that is seen goes into the record.  0 or what went wrong. */
int live_wait(struct run *run, const char *text);

/* Sends a command to the guest and waits for its answer. */
int live_command(struct run *run, const char *text);

/* Sends a command to QEMU and waits for its answer: 0, 1 if it refuses (run->refusal says why), or a negative errno. */
int live_qmp(struct run *run, const char *execute, const char *arguments);

/* Waits until QEMU says that this device is gone, or has said so in this boot: 0, 1 if it says otherwise or nothing in time
 * (run->refusal says which), or a negative errno. */
int live_wait_gone(struct run *run, const char *device);

/* A disk to put in, which the guest can tell by what is on it; a descriptor or a negative errno. */
int live_scratch(struct run *run, struct error *err);
int live_hotplug(struct run *run, int scratch);

#endif
