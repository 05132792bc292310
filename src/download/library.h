/* SPDX-License-Identifier: MIT */
/* library: libcurl, loaded when something is to be downloaded: it comes with some thirty other libraries. */
#ifndef DOWNLOAD_LIBRARY_H
#define DOWNLOAD_LIBRARY_H

#include <stdbool.h>

#include <curl/curl.h>

#define CURL_FUNCTIONS(X) \
	X(global_init) X(easy_init) X(easy_setopt) X(easy_perform) X(easy_getinfo) X(easy_cleanup) X(easy_strerror) \
	X(slist_append) X(slist_free_all)

struct curl_library {
#define MEMBER(name) __typeof__(curl_##name) *name;
	CURL_FUNCTIONS(MEMBER)
#undef MEMBER
};

extern struct curl_library curl;

/* False if it is not installed.  May be called again. */
bool curl_library_load(void);

#endif
