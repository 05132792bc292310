/* SPDX-License-Identifier: MIT */
/* address: an image by its address, and the digest that may stand behind it.
 *
 *     https://example.org/images/disk.qcow2#sha256=DIGITS
 */
#ifndef DOWNLOAD_ADDRESS_H
#define DOWNLOAD_ADDRESS_H

#include "base/arena.h"
#include "base/error.h"
#include "download/digest.h"

enum address_scheme { ADDRESS_HTTP, ADDRESS_HTTPS, ADDRESS_FILE };

struct address {
	enum address_scheme scheme;
	const char *text;     /* without what stands behind # */
	const char *shown;    /* the same, for messages: address_shown */
	const char *name;     /* the last part of its path, as a file's name: letters, digits and -._+ */
	const char *path;     /* of ADDRESS_FILE */
	struct digest digest; /* kind 0: none was given */
};

/* Does it look like an address, rather than a file's name? */
bool address_is(const char *text);

/* What may be shown of an argument: of an address neither name nor password that it names for the server; other text as it is. */
const char *address_shown(struct arena *arena, const char *text);

/* Reads one.  0, or -EINVAL with a message. */
int address_parse(struct arena *arena, const char *text, struct address *ret, struct error *err);

#endif
