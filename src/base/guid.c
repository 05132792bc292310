/* SPDX-License-Identifier: MIT */
/* guid: comparison and the registry form. */
#include "base/guid.h"

#include <stdio.h>
#include <string.h>

bool guid_equal(const struct guid *a, const struct guid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool guid_is_zero(const struct guid *g)
{
	static const struct guid zero;

	return guid_equal(g, &zero);
}

struct guid guid_read(struct cursor *c)
{
	const uint8_t *p = cursor_bytes(c, 16);
	struct guid g = { { 0 } };

	if (p)
		memcpy(g.bytes, p, sizeof(g.bytes));
	return g;
}

const char *guid_format(const struct guid *g, char text[GUID_TEXT_SIZE])
{
	const uint8_t *b = g->bytes;

	snprintf(text, GUID_TEXT_SIZE, "%02X%02X%02X%02X-%02X%02X-%02X%02X-%02X%02X-%02X%02X%02X%02X%02X%02X", b[3], b[2],
		 b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
	return text;
}
