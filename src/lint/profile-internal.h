/* SPDX-License-Identifier: MIT */
/* profile-internal: what the files that read profiles share. */
#ifndef LINT_PROFILE_INTERNAL_H
#define LINT_PROFILE_INTERNAL_H

#include "lint/json.h"
#include "lint/profile.h"

/* Reads "drivers": adds its rows, or changes the profile's of the same id. */
int profile_read_rows(struct arena *arena, struct profile *profile, const struct json_at *drivers, struct error *err);

/* Reads an array of architectures into bits. */
int profile_read_architectures(const struct json_at *at, unsigned *ret, struct error *err);

void profile_add_row(struct profile *profile, struct driver_row *row);
void profile_add_setting(struct arena *arena, struct profile *profile, const char *pattern, signed char severity,
			 const char *place);

#endif
