/* SPDX-License-Identifier: MIT */
/* vmlint-helper: the program that reads what vmlint itself has no reader for.  Started by vmlint, not by people.
 *
 *   vmlint-helper container DRIVER   serves the disk in descriptor 3 over the socket in descriptor 4 (block/remote.h)
 *   vmlint-helper guestfs FOLDER [no-kvm]   serves file systems over the socket in descriptor 3 (fs/appliance.h)
 */
#include <stdio.h>
#include <string.h>

#include "helper/helper.h"

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "container") == 0)
		return helper_container(argv[2]);
	if (argc >= 3 && strcmp(argv[1], "guestfs") == 0)
		return helper_guestfs(argv[2], argc == 4 && strcmp(argv[3], "no-kvm") == 0);
	fputs("vmlint-helper is a part of vmlint and not meant to be called by itself\n", stderr);
	return 2;
}
