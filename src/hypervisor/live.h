/* SPDX-License-Identifier: MIT */
/* live: takes the appliance through its boots, and makes a record of all that was seen.  Nothing is judged. */
#ifndef HYPERVISOR_LIVE_H
#define HYPERVISOR_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "hypervisor/qemu.h"

#define LIVE_RECORD_MAXIMUM (32u * 1024 * 1024)
#define LIVE_TAIL 24 /* lines: a panic with what it came of */

struct live_options {
	struct vm_config vm;   /* `store`, `disk`, `image`, `seed`, `scratch`, `append` and `ports` are ours to fill in */
	const char *appliance; /* raw image; NULL: `image` boots */
	const char *image;     /* somebody's image, never written to: beside the appliance, or in its place; or NULL */
	const char *program;   /* vmlint-guest, which cloud-init in the image starts; NULL with an appliance */
	const char *store;     /* what the variable store is at first; NULL: there is none */
	const char *arguments; /* more for the kernel's command line, or NULL */
	bool persistent;       /* also write a variable, and look for it after a reset and in a second process */
	bool hotplug;	       /* also put in a disk and a network card, and take them out again */
	unsigned seconds;      /* that the machine may take to its next step: until it is ready, for a command, to go off */
	unsigned silence;      /* that may go by before the first byte on the console; 0: no other bound than `seconds` */
	const char *keep_disk, *keep_store; /* files that get what is on them in the end; may be NULL */
	const char *keep_first;		    /* one for the disk that `persistent` puts another in the place of; may be NULL */
	/* What goes on: a boot and its phase, and lines of the console that are no facts, as they came.  May be NULL. */
	void (*phase)(void *context, unsigned boot, const char *phase);
	void (*console)(void *context, const char *line);
	/* QEMU was started, for the `start`th time, with this command line.  May be NULL. */
	void (*started)(void *context, unsigned start, const char *line);
	void *context;
};

struct live_result {
	struct buffer record;	 /* as guest/record.h reads it, up to where it came */
	char *tail[LIVE_TAIL];	 /* the last lines of the console, oldest first, as they came; NULL before */
	bool heard;		 /* something came over the console, whoever wrote it */
	bool hello;		 /* the guest has spoken */
	bool told;		 /* and has told what it saw, in its first boot at least */
	const char *trouble;	 /* what went wrong in the guest or its firmware, as the record calls it; NULL: nothing there */
	bool unkept;		 /* all went well, but what was to be kept of it could not be written */
	unsigned boots;		 /* that came to their end */
	char version[32];	 /* QEMU's, or "" */
};

/* Runs it.  0 when the guest did what it was told to; else a negative errno, and the reason in err: -ETIMEDOUT, -ECONNRESET (it
 * reset when it should not), -ENOEXEC (the firmware did not start us), -EIO (it panicked, or stopped by itself), others.
 * The result is to be freed in every case. */
int live_run(const struct live_options *options, struct live_result *result, struct error *err);
void live_result_free(struct live_result *result);

#endif
