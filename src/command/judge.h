/* SPDX-License-Identifier: MIT */
/* judge: the rules on guests over the record of one, for `guest --judge` and `boot`. */
#ifndef COMMAND_JUDGE_H
#define COMMAND_JUDGE_H

#include "command/options.h"
#include "guest/record.h"

/* A record is text of GUEST_DATA bytes in hexadecimal at most, and its facts. */
#define RECORD_BYTES ((size_t)4 * GUEST_DATA)

/* What --help of `vmlint guest` prints. */
extern const char guest_usage[];

/* Judges a record into result, which was begun with lint_result_init.  NULL, or why it is no record. */
const char *judge_record(struct arena *arena, const char *text, size_t size, const struct lint_options *lint,
			 struct lint_result *result);

#endif
