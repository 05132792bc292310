/* SPDX-License-Identifier: MIT */
/* parent: opens image files, starts a worker for each and the helper where one asks, and takes their results.
 *
 * Never parses a byte of an image.
 */
#ifndef PROCESS_PARENT_H
#define PROCESS_PARENT_H

#include "base/arena.h"
#include "lint/lint.h"

/* Judges the image at path `name`.  Whatever goes wrong is in the result (STATUS_UNREADABLE and an error); its strings live in
 * the arena.  allow_backing: the directory that backing and data files may be opened below, or NULL. */
void parent_lint(struct arena *arena, const char *name, const struct lint_options *options, const char *allow_backing,
		 struct lint_result *result);

#endif
