/* SPDX-License-Identifier: MIT */
/* fuzz_profile: reading a profile's JSON over hostile bytes: what is accepted is whole, what is refused has its place. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "lint/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A place that is named lies within the text. */
static void check_place(const char *message, const char *text)
{
	static const char before[] = "profile fuzz:";
	unsigned line, column, lines = 1;

	if (!*message)
		abort();
	if (strncmp(message, before, strlen(before)) != 0 ||
	    sscanf(message + strlen(before), "%u:%u:", &line, &column) != 2)
		return;
	for (const char *p = text; *p; p++)
		lines += *p == '\n';
	if (line < 1 || line > lines || column < 1 || column > strlen(text) + 1)
		abort();
}

static void check_row(const struct profile *profile, const struct driver_row *row)
{
	if (!*row->id || !row->title || !*row->title || !row->why || !*row->why || !severity_name(row->severity) ||
	    !effect_name(row->effect))
		abort();
	if (!row->all_count && !row->any_count && !row->module_count)
		abort();
	for (unsigned i = 0; i < row->all_count; i++) {
		if (!*row->all[i].name)
			abort();
	}
	if (profile_row(profile, row->id) != row)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *ours;
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	const struct profile *none;
	struct profile *profile;
	struct error err = { 0 };
	const char *text;

	if (!ours) {
		ours = arena_new(LIMIT_ARENA_BYTES);
		if (profiles_load(ours, NULL, &none, &err) < 0)
			abort();
	}
	if (size > LIMIT_TEXT_FILE)
		return 0;
	text = arena_strndup(arena, (const char *)data, size);
	if (profile_read(arena, "fuzz", text, &profile, &err) < 0) {
		check_place(err.message, text);
		return 0;
	}
	for (const struct driver_row *row = profile->rows; row; row = row->next)
		check_row(profile, row);
	return 0;
}
