/* SPDX-License-Identifier: MIT */
/* guestfs-library: finds each function of the library by its name. */
#include "helper/guestfs-library.h"

#include <dlfcn.h>
#include <string.h>

struct guestfs_library guestfs;

bool guestfs_library_load(void)
{
	void *library = dlopen("libguestfs.so.0", RTLD_NOW | RTLD_LOCAL);
	void *symbol;

	if (!library)
		return false;
#define LOAD(name)                                       \
	symbol = dlsym(library, "guestfs_" #name);       \
	if (!symbol)                                     \
		return false;                            \
	memcpy(&guestfs.name, &symbol, sizeof(symbol));
	GUESTFS_FUNCTIONS(LOAD)
#undef LOAD
	return true;
}
