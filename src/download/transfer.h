/* SPDX-License-Identifier: MIT */
/* transfer: one file over HTTP into a descriptor, going on where it was cut off.  Knows nothing of digests or folders. */
#ifndef DOWNLOAD_TRANSFER_H
#define DOWNLOAD_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define TRANSFER_VALIDATOR 256

struct transfer {
	const char *address, *shown; /* the latter for messages */
	int fd;		  /* what has come so far begins at its beginning */
	uint64_t size;	  /* of that */
	uint64_t maximum; /* bytes that it may have */
	bool verified;	  /* somebody compares a digest afterwards: then pieces may be joined without the server's word that
			   * they are of one file */
	/* By what the server tells one version of the file from another: its ETag or the time of its last change; "": neither.
	 * To be kept with what has come, for the next process that goes on with it. */
	char validator[TRANSFER_VALIDATOR];
	uint64_t total; /* 0: not known yet */

	/* All may be NULL.  `begun` is called when validator is known, before anything is written. */
	void (*begun)(void *context, const struct transfer *transfer);
	void (*progress)(void *context, uint64_t done, uint64_t total);
	void *context;
};

/* Fetches what is missing, trying again when the connection is cut.  0; else a negative errno with a message: -ENOENT (the
 * server has no such file), -EACCES, -ENOSPC, -EFBIG, -ENOTSUP (no libcurl), others.  What has come stays where that helps. */
int transfer_run(struct transfer *transfer, struct error *err);

#endif
