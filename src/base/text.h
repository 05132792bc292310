/* SPDX-License-Identifier: MIT */
/* text: making strings from an image safe to show. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* Decodes one UTF-8 character of the NUL-terminated or `left`-bounded text at *p and steps over it; UINT32_MAX for a byte that
 * is not part of valid UTF-8 (one byte is stepped over then). */
uint32_t utf8_next(const char **p, size_t *left);

/* Is all of it valid UTF-8? */
bool text_is_utf8(const char *text);

/* Appends text for a terminal: control characters, escape sequences, bidirectional overrides, what is not shown at all, and
 * invalid UTF-8 become \xNN or \u{NNNN}; all else stays. */
void text_escape(struct buffer *out, const char *text);

/* The same for a name that stands before `: ` or `:LINE:COLUMN: `, as compilers write it: its own colons do not end it, but
 * become \x3a where they would. */
void text_escape_name(struct buffer *out, const char *name);

/* Appends text as a JSON string with its quotes (RFC 8259): always valid UTF-8; a byte that is not becomes U+FFFD.  What
 * text_escape would not leave as it is stands there as \uNNNN. */
void text_json(struct buffer *out, const char *text);

/* Appends text as one word of a POSIX shell, quoted if it must be: for commands that we suggest. */
void text_shell(struct buffer *out, const char *text);

/* Does text match pattern, in which `*` stands for any run of characters?  ASCII, case matters. */
int text_wildcard(const char *pattern, const char *text);

#endif
