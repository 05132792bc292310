/* SPDX-License-Identifier: MIT */
/* old-curl: a libcurl.so.4 in front of the real one, which is as one before 7.85, for tests/cli/download.bats.
 *
 *   REAL_CURL=PATH      the real one
 *   OLD_CURL=NUMBERS    options that it does not know, such as " 10318 10319 "
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int curl_global_init(long flags);
void *curl_easy_init(void);
int curl_easy_setopt(void *handle, int option, ...);
int curl_easy_perform(void *handle);
int curl_easy_getinfo(void *handle, int info, ...);
void curl_easy_cleanup(void *handle);
const char *curl_easy_strerror(int code);
void *curl_slist_append(void *list, const char *text);
void curl_slist_free_all(void *list);

static void *real(const char *name)
{
	static void *library;
	void *symbol;

	if (!library)
		library = dlopen(getenv("REAL_CURL"), RTLD_NOW | RTLD_LOCAL);
	symbol = library ? dlsym(library, name) : NULL;
	if (!symbol) {
		fprintf(stderr, "old-curl: no %s: %s\n", name, dlerror());
		abort();
	}
	return symbol;
}

int curl_easy_setopt(void *handle, int option, ...)
{
	const char *unknown = getenv("OLD_CURL");
	char word[16];
	va_list ap;
	void *value;

	snprintf(word, sizeof(word), " %d ", option);
	if (unknown && strstr(unknown, word))
		return 48; /* CURLE_UNKNOWN_OPTION */
	va_start(ap, option);
	value = va_arg(ap, void *); /* or a long, which is as wide */
	va_end(ap);
	return ((int (*)(void *, int, ...))real("curl_easy_setopt"))(handle, option, value);
}

int curl_easy_getinfo(void *handle, int info, ...)
{
	va_list ap;
	void *to;

	va_start(ap, info);
	to = va_arg(ap, void *);
	va_end(ap);
	return ((int (*)(void *, int, ...))real("curl_easy_getinfo"))(handle, info, to);
}

int curl_global_init(long flags)
{
	return ((int (*)(long))real("curl_global_init"))(flags);
}

void *curl_easy_init(void)
{
	return ((void *(*)(void))real("curl_easy_init"))();
}

int curl_easy_perform(void *handle)
{
	return ((int (*)(void *))real("curl_easy_perform"))(handle);
}

void curl_easy_cleanup(void *handle)
{
	((void (*)(void *))real("curl_easy_cleanup"))(handle);
}

const char *curl_easy_strerror(int code)
{
	return ((const char *(*)(int))real("curl_easy_strerror"))(code);
}

void *curl_slist_append(void *list, const char *text)
{
	return ((void *(*)(void *, const char *))real("curl_slist_append"))(list, text);
}

void curl_slist_free_all(void *list)
{
	((void (*)(void *))real("curl_slist_free_all"))(list);
}
