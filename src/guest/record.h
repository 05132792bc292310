/* SPDX-License-Identifier: MIT */
/* record: the facts of one run of a virtual machine as its guest wrote them down, read back.  Facts only: nothing is judged.
 *
 * A record is text, so that it is a fixture that can be reviewed and changed by hand.  A line is
 *
 *     KIND KEY=VALUE KEY=VALUE...     a fact.  KIND and KEY are lower-case letters, digits and dashes; VALUE is printable ASCII
 *                                     without a space, any other byte (and %) as %XX
 *     +00112233...                    bytes of the fact above, in hexadecimal, two digits a byte
 *     |text                           a line of the fact above's text, escaped in the same way but for spaces
 *     &text                           the same without the end of line: more of this line follows, or the text ends here
 *     # text                          a comment
 *
 * The first fact is `guest format=2`.  The facts of format 1 are the same, of a guest that knows other commands of the host's.
 * What the hypervisor's side adds has a kind that begins with "host-".  Facts stand in the order in which things happened, so
 * `boot` (the system started) divides one boot from the next.
 *
 * A fact with size= or crc= says what its data has to be, so that a line that got lost on the way does not change it.
 *
 * A record comes from inside a virtual machine: lines that make no sense are counted and left out, all sizes are bounded.
 */
#ifndef GUEST_RECORD_H
#define GUEST_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

#define GUEST_FORMAT 2
#define GUEST_FORMAT_OLDEST 1 /* that can be read */

#define GUEST_LINE 4096		      /* bytes of one line */
#define GUEST_FACTS 65536	      /* of one record */
#define GUEST_VALUES 32		      /* of one fact */
#define GUEST_ALL_VALUES 262144	      /* of one record */
#define GUEST_BLOBS 256		      /* of the probe's that others name */
#define GUEST_DATA (16 * 1024 * 1024) /* bytes of one record */

struct fact_value {
	const char *key, *value; /* unescaped; a NUL byte ends a value early */
};

struct fact {
	const char *kind;
	uint32_t line; /* in the record, from 1 */
	uint32_t value_count;
	const struct fact_value *values;
	const uint8_t *data; /* the bytes or text below it, and a NUL behind; NULL without any */
	size_t size;
};

/* Data of the probe's that another fact may name instead of holding it. */
struct guest_blob {
	const struct fact *fact;
	uint64_t crc;
};

struct guest {
	const struct fact *facts;
	uint32_t count;
	uint32_t strange;	/* lines that are no fact, in all */
	uint32_t strange_line;	/* the first of them, from 1; 0 if there is none */
	const struct guest_blob *blobs;
	uint32_t blob_count;
	uint32_t damaged;	/* facts whose size= or crc= is not that of their data, which was left out for that */
	uint32_t damaged_line;	/* the first of them, as above */
};

/* Reads a record.  The result lives in the arena.  0; -EINVAL when it does not begin as a record does, -ENOTSUP for another
 * format, -EFBIG over a limit. */
int guest_read(struct arena *arena, const void *text, size_t size, const struct guest **ret, struct error *err);

/* The first fact of a kind behind `after` (NULL: from the start); NULL if there is none. */
const struct fact *guest_next(const struct guest *guest, const struct fact *after, const char *kind);

/* How many facts there are before the second boot begins: a machine whose later boots do not know that they have nothing to tell
 * tells all of it again. */
uint32_t guest_first_boot(const struct guest *guest);

/* The fact of this kind whose key has this value; NULL if there is none. */
const struct fact *guest_find(const struct guest *guest, const char *kind, const char *key, const char *value);

/* The bytes of a fact, its own or, where it names them by probe-crc, those of the probe's; NULL if it has none. */
const uint8_t *guest_data(const struct guest *guest, const struct fact *fact, size_t *ret_size);

/* What /proc or /sys showed at this path (facts `file`) in the boot that `boot` began, a fact of that kind; NULL for the first
 * boot.  NULL if it was not there or could not be read. */
const uint8_t *guest_file(const struct guest *guest, const struct fact *boot, const char *path, size_t *ret_size);

/* The value of a key; NULL if the fact (which may be NULL) has none. */
const char *fact_text(const struct fact *fact, const char *key);

/* The same as a whole number, decimal or with 0x; false if there is none or it is something else. */
bool fact_number(const struct fact *fact, const char *key, uint64_t *ret);

#endif
