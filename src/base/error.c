/* SPDX-License-Identifier: MIT */
/* error: formatting of the messages that error.h describes. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *err, int code, const char *format, ...)
{
	va_list ap;

	if (err) {
		err->code = code;
		va_start(ap, format);
		vsnprintf(err->message, sizeof(err->message), format, ap);
		va_end(ap);
	}
	return -code;
}

int error_prefix(struct error *err, int code, const char *format, ...)
{
	char old[sizeof(err->message)];
	size_t length;
	va_list ap;

	if (!err)
		return code;
	memcpy(old, err->message, sizeof(old));
	va_start(ap, format);
	vsnprintf(err->message, sizeof(err->message), format, ap);
	va_end(ap);
	length = strlen(err->message);
	snprintf(err->message + length, sizeof(err->message) - length, ": %s", old);
	return code;
}
