/* SPDX-License-Identifier: MIT */
/* archive-library: finds each function of libarchive by its name. */
#include "hypervisor/archive-library.h"

#include <dlfcn.h>
#include <string.h>

struct archive_library archives;

bool archive_library_load(void)
{
	void *library = dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL);
	void *symbol;

	if (!library)
		return false;
#define LOAD(name)                                       \
	symbol = dlsym(library, "archive_" #name);       \
	if (!symbol)                                     \
		return false;                            \
	memcpy(&archives.name, &symbol, sizeof(symbol));
	ARCHIVE_FUNCTIONS(LOAD)
#undef LOAD
	return true;
}
