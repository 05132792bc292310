/* SPDX-License-Identifier: MIT */
/* parent: opens image files, starts a worker for each and the helper where one asks, and takes their results; the same of
 * records of guests, which need no helper.
 *
 * Never parses a byte of an image or a record.
 */
#ifndef PROCESS_PARENT_H
#define PROCESS_PARENT_H

#include "base/arena.h"
#include "lint/lint.h"

/* Judges the image at path `name`.  Whatever goes wrong is in the result (STATUS_UNREADABLE and an error); its strings live in
 * the arena.  allow_backing: the directory that backing and data files may be opened below, or NULL. */
void parent_lint(struct arena *arena, const char *name, const struct lint_options *options, const char *allow_backing,
		 struct lint_result *result);

/* Judges the record of a guest (guest/record.h) in a worker that is shut in as one that reads an image.  `result` was begun with
 * lint_result_init, and keeps what it says of whom it is about. */
void parent_judge(struct arena *arena, const char *text, size_t size, const struct lint_options *options,
		  struct lint_result *result);

#endif
