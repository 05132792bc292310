/* SPDX-License-Identifier: MIT */
/* digest: SHA-256 and SHA-512 of files, and digests as people write them. */
#ifndef DOWNLOAD_DIGEST_H
#define DOWNLOAD_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum digest_kind { DIGEST_SHA256 = 1, DIGEST_SHA512 };

#define DIGEST_BYTES 64
#define DIGEST_TEXT (2 * DIGEST_BYTES + 1)

struct digest {
	enum digest_kind kind; /* 0: there is none */
	uint8_t bytes[DIGEST_BYTES];
};

/* "sha256", "sha512". */
const char *digest_name(enum digest_kind kind);

/* Reads `length` hexadecimal digits: 64 of them are SHA-256, 128 are SHA-512.  False for anything else. */
bool digest_parse(const char *text, size_t length, struct digest *ret);

/* The digits, lower case. */
void digest_text(const struct digest *digest, char text[DIGEST_TEXT]);

bool digest_equal(const struct digest *a, const struct digest *b);

/* Of the whole file, from its beginning.  `progress` is told how many bytes are done; may be NULL.  0 or a negative errno. */
int digest_file(int fd, enum digest_kind kind, void (*progress)(void *context, uint64_t done), void *context,
		struct digest *ret, struct error *err);

/* The digest of a file in the text of SHA256SUMS or SHA512SUMS ("DIGITS  NAME", "DIGITS *NAME"); false if it is not listed. */
bool digest_of_list(const char *text, size_t size, const char *name, struct digest *ret);

#endif
