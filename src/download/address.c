/* SPDX-License-Identifier: MIT */
/* address: see the header. */
#include "download/address.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/hex.h"

bool address_is(const char *text)
{
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return length && !strncmp(text + length, "://", 3);
}

const char *address_shown(struct arena *arena, const char *text)
{
	const char *host = address_is(text) ? strstr(text, "://") + 3 : NULL, *at;

	/* libcurl takes the last one for the end of the password */
	at = host ? memrchr(host, '@', strcspn(host, "/?#")) : NULL;
	if (!at)
		return text;
	return arena_printf(arena, "%.*s***%s", (int)(host - text), text, at);
}

/* Undoes %XX; NULL if one is none, or if it hides a NUL. */
static const char *decoded(struct arena *arena, const char *text)
{
	char *to = arena_strdup(arena, text), *out = to;

	for (const char *p = text; *p; p++) {
		int high, low;

		if (*p != '%') {
			*out++ = *p;
			continue;
		}
		high = hex_digit(p[1]);
		low = high < 0 ? -1 : hex_digit(p[2]);
		if (low < 0 || (high == 0 && low == 0))
			return NULL;
		*out++ = (char)(high << 4 | low);
		p += 2;
	}
	*out = '\0';
	return to;
}

static int read_digest(const char *text, struct digest *ret, struct error *err)
{
	const char *equals = strchr(text, '=');

	if (!equals || !digest_parse(equals + 1, strlen(equals + 1), ret) ||
	    strlen(digest_name(ret->kind)) != (size_t)(equals - text) ||
	    strncasecmp(text, digest_name(ret->kind), (size_t)(equals - text)))
		return error_set(err, EINVAL, "behind # stands sha256= with 64 digits or sha512= with 128, not \"%s\"", text);
	return 0;
}

static const char *file_name(struct arena *arena, const char *rest)
{
	const char *path = strchr(rest, '/'), *slash;
	char *name, *end;

	if (!path)
		return "image";
	name = arena_strndup(arena, path, strcspn(path, "?"));
	slash = strrchr(name, '/');
	name = arena_strdup(arena, slash + 1);
	end = name;
	/* it will be part of a file's name of ours */
	for (const char *p = name; *p && end - name < 100; p++) {
		if (isalnum((unsigned char)*p) || strchr("-._+", *p))
			*end++ = *p;
	}
	*end = '\0';
	return *name ? name : "image";
}

int address_parse(struct arena *arena, const char *text, struct address *ret, struct error *err)
{
	static const struct {
		const char *text;
		enum address_scheme scheme;
	} schemes[] = { { "http://", ADDRESS_HTTP }, { "https://", ADDRESS_HTTPS }, { "file://", ADDRESS_FILE } };
	const char *hash = strchrnul(text, '#'), *rest = NULL;

	*ret = (struct address){ .text = arena_strndup(arena, text, (size_t)(hash - text)) };
	ret->shown = address_shown(arena, ret->text);
	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
		if (!strncasecmp(ret->text, schemes[i].text, strlen(schemes[i].text))) {
			ret->scheme = schemes[i].scheme;
			rest = ret->text + strlen(schemes[i].text);
		}
	}
	if (!rest)
		return error_set(err, EINVAL, "%s: addresses begin with http://, https:// or file://",
				 address_shown(arena, text));
	for (const char *p = ret->text; *p; p++) {
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return error_set(err, EINVAL, "%s: an address has no spaces or control characters",
					 address_shown(arena, text));
	}
	if (*hash && read_digest(hash + 1, &ret->digest, err) < 0)
		return error_prefix(err, -EINVAL, "%s", ret->shown);
	if (ret->scheme != ADDRESS_FILE && (!*rest || *rest == '/'))
		return error_set(err, EINVAL, "%s: no host is named", ret->shown);
	ret->name = file_name(arena, rest);
	if (ret->scheme != ADDRESS_FILE)
		return 0;
	if (!strncasecmp(rest, "localhost/", 10))
		rest += 9;
	ret->path = *rest == '/' ? decoded(arena, rest) : NULL;
	if (!ret->path)
		return error_set(err, EINVAL, "%s: file:// names a file of this machine by its whole path", text);
	return 0;
}
