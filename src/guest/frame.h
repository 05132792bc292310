/* SPDX-License-Identifier: MIT */
/* frame: lines of a record on a console that others write to as well, and taking them out of it again.
 *
 *     @vmlint NONCE BOOT NUMBER CRC TEXT
 *
 * NONCE is 16 hexadecimal digits that the host chose for this run: a line without it is not believed.  BOOT is 8 digits that
 * the guest chose when it started, NUMBER counts the lines of this boot from 0, CRC is the CRC-32 of "NONCE BOOT NUMBER TEXT" in
 * 8 digits.  So the host sees what got lost, what was damaged and what somebody else wrote.  Anything may stand before the @:
 * firmware leaves escape sequences behind and a kernel's message may have been cut short.
 *
 * The other way, a command is "@vmlint NONCE TEXT": a guest obeys what carries its nonce.
 */
#ifndef GUEST_FRAME_H
#define GUEST_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

#define FRAME_MARK "@vmlint "
#define FRAME_NONCE 16 /* digits */
#define FRAME_LINE 8192

/* Is it a nonce? */
bool frame_nonce_ok(const char *nonce);

/* Appends the line that carries `size` bytes of text, with CR and LF. */
void frame_write(struct buffer *out, const char *nonce, uint32_t boot, uint32_t number, const char *text, size_t size);

struct frames {
	char nonce[FRAME_NONCE + 1];
	char line[FRAME_LINE]; /* what has come of the current line */
	size_t size;
	bool skipping; /* the line is too long: nothing of it counts */
	bool begun;    /* a boot has shown itself */
	uint32_t boot, next;
	uint32_t good, lost, damaged, foreign; /* lines; `lost` are numbers that never came, `foreign` has another nonce */
	void (*text)(void *context, uint32_t boot, const char *text, size_t size);
	/* Any other line, as it came, without its end and cut at FRAME_LINE; may be NULL. */
	void (*other)(void *context, const char *line, size_t size);
	void *context;
};

/* Takes in what the console said.  Calls `text` for each good frame whose number is not below the one expected. */
void frames_feed(struct frames *frames, const void *data, size_t size);

#endif
