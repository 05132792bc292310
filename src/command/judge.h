/* SPDX-License-Identifier: MIT */
/* judge: what the two sides of `vmlint guest` have in common: the machine that it runs on, and records of others. */
#ifndef COMMAND_JUDGE_H
#define COMMAND_JUDGE_H

#include "command/options.h"
#include "guest/record.h"

/* A record is text of GUEST_DATA bytes in hexadecimal at most, and its facts. */
#define RECORD_BYTES ((size_t)4 * GUEST_DATA)

/* What --help of `vmlint guest` prints. */
extern const char guest_usage[];

#endif
