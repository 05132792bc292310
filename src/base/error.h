/* SPDX-License-Identifier: MIT */
/* error: why we could not look.
 *
 * For trouble of our own (I/O, unsupported feature, over a limit).  What is wrong with an image is data in a parse
 * result and never passes through here.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

struct error {
	int code; /* a positive errno value */
	char message[384];
};

/* Writes a formatted message into err (which may be NULL) and returns -code.  code is a positive errno value. */
int error_set(struct error *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts a formatted prefix and ": " before the message that err already holds; returns code unchanged.  For callers
 * that pass a failure on and know more of what was being done. */
int error_prefix(struct error *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
