/* SPDX-License-Identifier: MIT */
/* unseen: see the header. */
#include "base/unseen.h"

#include <stddef.h>
#include <string.h>

struct error unseen[UNSEEN_MOST];
unsigned unseen_count;

void unseen_note(const struct error *err)
{
	static const char more[] = "and more than is kept";

	for (unsigned i = 0; i < unseen_count; i++)
		if (unseen[i].code == err->code && strstr(err->message, unseen[i].message))
			return;
	if (unseen_count == UNSEEN_MOST) {
		memcpy(unseen[UNSEEN_MOST - 1].message, more, sizeof(more));
		return;
	}
	unseen[unseen_count] = *err;
	/* every message would quote an empty one */
	if (!err->message[0])
		error_set(&unseen[unseen_count], err->code, "%s", strerror(err->code));
	unseen_count++;
}

const struct error *unseen_with(int code)
{
	for (unsigned i = 0; i < unseen_count; i++)
		if (unseen[i].code == code)
			return &unseen[i];
	return NULL;
}

void unseen_begin(void)
{
	unseen_count = 0;
}
