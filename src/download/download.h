/* SPDX-License-Identifier: MIT */
/* download: an image by its address, as a file of this machine that is known to be the right one. */
#ifndef DOWNLOAD_DOWNLOAD_H
#define DOWNLOAD_DOWNLOAD_H

#include "base/arena.h"
#include "base/error.h"
#include "download/address.h"

/* No image is larger. */
#define DOWNLOAD_MAXIMUM ((uint64_t)1 << 40)

struct download_watch {
	/* What is going on ("downloading", "verifying", "waiting for another vmlint that downloads"), and how far it is; total 0:
	 * not known.  Called often.  May be NULL. */
	void (*progress)(void *context, const char *what, uint64_t done, uint64_t total);
	void *context;
};

struct download {
	const char *path;     /* in the arena */
	struct digest digest; /* that it has */
	bool verified;	      /* it is the one that was wanted; false: none was, and the address is https: or file: */
};

/* Gets the file, or finds it where an earlier call has left it.  A file whose digest is another is never given out; one that was
 * downloaded is removed then.  0, or a negative errno with a message: -EBADMSG for another digest, -EPERM for http: without one,
 * and those of transfer.h. */
int download_get(struct arena *arena, const struct address *address, const struct download_watch *watch, struct download *ret,
		 struct error *err);

/* Gets a list of digests and looks up a name in it.  If it cannot be had, that of an earlier call will do: *ret_old is why, else
 * NULL.  0, -ENODATA if the name is not in it, or those of transfer.h. */
int download_listed(struct arena *arena, const struct address *list, const char *name, struct digest *ret, const char **ret_old,
		    struct error *err);

#endif
