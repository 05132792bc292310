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
		if (unseen[i].code == err->code && !strcmp(unseen[i].message, err->message))
			return;
	if (unseen_count < UNSEEN_MOST)
		unseen[unseen_count++] = *err;
	else
		memcpy(unseen[UNSEEN_MOST - 1].message, more, sizeof(more));
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
