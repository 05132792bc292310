/* SPDX-License-Identifier: MIT */
/* digest: by nettle. */
#include "download/digest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <nettle/sha2.h>

#include "base/hex.h"

#define CHUNK (1 << 20)

const char *digest_name(enum digest_kind kind)
{
	return kind == DIGEST_SHA256 ? "sha256" : "sha512";
}

static size_t size_of(enum digest_kind kind)
{
	return kind == DIGEST_SHA256 ? SHA256_DIGEST_SIZE : SHA512_DIGEST_SIZE;
}

bool digest_parse(const char *text, size_t length, struct digest *ret)
{
	*ret = (struct digest){ 0 };
	if (length != 2 * SHA256_DIGEST_SIZE && length != 2 * SHA512_DIGEST_SIZE)
		return false;
	for (size_t i = 0; i < length; i += 2) {
		int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret->bytes[i / 2] = (uint8_t)(high << 4 | low);
	}
	ret->kind = length == 2 * SHA256_DIGEST_SIZE ? DIGEST_SHA256 : DIGEST_SHA512;
	return true;
}

void digest_text(const struct digest *digest, char text[DIGEST_TEXT])
{
	text[0] = '\0';
	for (size_t i = 0; i < size_of(digest->kind); i++)
		snprintf(text + 2 * i, 3, "%02x", digest->bytes[i]);
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
	return a->kind == b->kind && !memcmp(a->bytes, b->bytes, size_of(a->kind));
}

int digest_file(int fd, enum digest_kind kind, void (*progress)(void *context, uint64_t done), void *context,
		struct digest *ret, struct error *err)
{
	struct sha256_ctx sha256;
	struct sha512_ctx sha512;
	uint8_t *chunk = malloc(CHUNK);
	uint64_t at = 0;
	ssize_t got;

	if (!chunk)
		return error_set(err, ENOMEM, "out of memory");
	sha256_init(&sha256);
	sha512_init(&sha512);
	while ((got = pread(fd, chunk, CHUNK, (off_t)at)) > 0) {
		if (kind == DIGEST_SHA256)
			sha256_update(&sha256, (size_t)got, chunk);
		else
			sha512_update(&sha512, (size_t)got, chunk);
		at += (uint64_t)got;
		if (progress)
			progress(context, at);
	}
	free(chunk);
	if (got < 0)
		return error_set(err, errno, "cannot read: %s", strerror(errno));
	*ret = (struct digest){ .kind = kind };
	if (kind == DIGEST_SHA256)
		sha256_digest(&sha256, SHA256_DIGEST_SIZE, ret->bytes);
	else
		sha512_digest(&sha512, SHA512_DIGEST_SIZE, ret->bytes);
	return 0;
}

bool digest_of_list(const char *text, size_t size, const char *name, struct digest *ret)
{
	const char *end = text + size;
	size_t length = strlen(name);

	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		const char *space;

		stop = stop ? stop : end;
		space = memchr(text, ' ', (size_t)(stop - text));
		/* two characters between: a space, and a space or * */
		if (space && (size_t)(stop - space) == length + 2 && !memcmp(space + 2, name, length) &&
		    digest_parse(text, (size_t)(space - text), ret))
			return true;
		text = stop + 1;
	}
	return false;
}
