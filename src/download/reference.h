/* SPDX-License-Identifier: MIT */
/* reference: images that have a name here, from a list in JSON: rules/data/reference-images.json, or one of the caller's.
 *
 * An image's digest stands in the list ("digest": "sha256=..."), or in a list of the publisher's own beside the image
 * ("digests": an address), which is fetched each time because the image is made anew every few weeks.  The latter is as
 * trustworthy as the publisher's https server, not more.
 */
#ifndef DOWNLOAD_REFERENCE_H
#define DOWNLOAD_REFERENCE_H

#include "base/arena.h"
#include "base/error.h"

struct reference {
	struct reference *next;
	const char *name, *what, *address;
	const char *digest;  /* "sha256=..." or "sha512=...", or NULL: then */
	const char *digests; /* the address of a list */
};

/* Reads the text of a list.  0, or -EINVAL with a message. */
int reference_read(struct arena *arena, const char *text, struct reference **ret, struct error *err);

/* The image of that name, or NULL. */
const struct reference *reference_find(const struct reference *list, const char *name);

#endif
