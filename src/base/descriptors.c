/* SPDX-License-Identifier: MIT */
/* descriptors: see the header. */
#include "base/descriptors.h"

#include <unistd.h>

/* Descriptors are given out from the lowest: so many at a time nobody has, even where no limit keeps him from it. */
#define MAXIMUM 65536

void descriptors_close(int from, int to)
{
	if (from > to || close_range((unsigned)from, (unsigned)to, 0) == 0)
		return;
	for (int fd = from; fd <= to && fd < MAXIMUM; fd++)
		close(fd);
}
