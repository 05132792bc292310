/* SPDX-License-Identifier: MIT */
/* record: a lint result as messages, from a worker to its parent, and the worker's requests.
 *
 * The parent takes nothing on trust: each number is checked against its range, each string is bounded, and a message that
 * does not fit ends that worker's credit.
 */
#ifndef PROCESS_RECORD_H
#define PROCESS_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "lint/lint.h"

enum record_kind {
	RECORD_IMAGE = 1,  /* format, architecture, profile, status */
	RECORD_DIAGNOSTIC,
	RECORD_OUTCOME,
	RECORD_REMARK,
	RECORD_END,        /* nothing follows */
	RECORD_SIBLING,    /* request: open the file of this name */
	RECORD_CONTAINER,  /* request: start the helper for this driver */
	RECORD_NOTE,       /* on how the image was read */
	RECORD_GUESTFS,    /* request: start the helper to read file systems */
	RECORD_REPLY,      /* parent to worker: status, message, and a descriptor beside it, if one was asked for */
	RECORD_MEMORY,     /* what belongs into a memory file (keeper.h) */
	RECORD_WAIT,       /* request: say when that is done */
	RECORD_MORE,       /* findings of a rule that have no record of their own */
};

/* Sends the whole result, ending with RECORD_END.  0 or a negative errno. */
int record_send_result(int socket, const struct lint_result *result, struct error *err);

/* Adds what a message says to result, whose strings then live in the arena.  *ret_end is set by RECORD_END.  -EPROTO with a
 * message for anything that no honest worker sends. */
int record_decode(struct arena *arena, const void *data, size_t size, struct lint_result *result, bool *ret_end,
		  struct error *err);

/* Longer names must not be asked for: strings of records are cut. */
#define RECORD_NAME_MAXIMUM 4000

/* A request of any kind; `base` is a file's number for RECORD_SIBLING. */
struct record_request {
	enum record_kind kind;
	unsigned base;
	const char *name;
};

/* Is this message a request?  Then *ret is filled, its name in the arena. */
bool record_decode_request(struct arena *arena, const void *data, size_t size, struct record_request *ret);
void record_encode_request(struct buffer *out, const struct record_request *request);

bool record_is(const void *data, size_t size, enum record_kind kind);

/* status 0 or a negative errno; message NULL if status is 0. */
void record_encode_reply(struct buffer *out, int status, unsigned number, const char *message);
int record_decode_reply(const void *data, size_t size, int *ret_status, unsigned *ret_number, struct error *ret_message,
			struct error *err);

#endif
