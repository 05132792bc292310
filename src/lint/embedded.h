/* SPDX-License-Identifier: MIT */
/* embedded: the data files of rules/ that the build puts into the program. */
#ifndef LINT_EMBEDDED_H
#define LINT_EMBEDDED_H

struct embedded_file {
	const char *name; /* path below rules/, such as "profiles/vmspec-2.0.json" */
	const char *text; /* NUL-terminated */
};

/* Ends with an entry whose name is NULL. */
extern const struct embedded_file embedded_files[];

#endif
