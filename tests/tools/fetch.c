/* SPDX-License-Identifier: MIT */
/* fetch: prints the path of the file that an argument means, as `vmlint boot` takes it.
 *
 * usage: fetch ADDRESS|NAME|PATH */
#include <stdio.h>

#include "base/limits.h"
#include "command/fetch.h"

int main(int argc, char **argv)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct fetched fetched;
	struct error err = { 0 };

	if (argc != 2)
		return 2;
	if (command_fetch(arena, argv[1], false, &fetched, &err) < 0) {
		fprintf(stderr, "fetch: %s\n", err.message);
		return 2;
	}
	if (fetched.note)
		fprintf(stderr, "note: %s\n", fetched.note);
	puts(fetched.path);
	return 0;
}
