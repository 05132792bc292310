/* SPDX-License-Identifier: MIT */
/* library: finds each function of libcurl by its name. */
#include "download/library.h"

#include <dlfcn.h>
#include <string.h>

struct curl_library curl;

bool curl_library_load(void)
{
	/* with OpenSSL, or with GnuTLS: the same interface */
	static const char *const names[] = { "libcurl.so.4", "libcurl-gnutls.so.4" };
	static bool loaded;
	void *library = NULL, *symbol;

	if (loaded)
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && !library; i++)
		library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return false;
#define LOAD(name)                                   \
	symbol = dlsym(library, "curl_" #name);      \
	if (!symbol)                                 \
		return false;                        \
	memcpy(&curl.name, &symbol, sizeof(symbol));
	CURL_FUNCTIONS(LOAD)
#undef LOAD
	loaded = curl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
	return loaded;
}
