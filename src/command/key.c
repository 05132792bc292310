/* SPDX-License-Identifier: MIT */
/* key: the argument of --key, as guestfish(1) has it: SELECTOR:key:KEY or SELECTOR:file:FILE. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "command/command.h"

/* What cryptsetup itself takes of a passphrase. */
#define KEY_MAX 512

/* The first line of a file, without its end, as cryptsetup takes a passphrase; NULL with a message. */
static const char *read_key(struct arena *arena, const char *name)
{
	char key[KEY_MAX + 2];
	size_t size = 0;
	ssize_t n = 1;
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	while (fd >= 0 && size < sizeof(key) && (n = read(fd, key + size, sizeof(key) - size)) > 0)
		size += (size_t)n;
	if (fd < 0 || n < 0) {
		command_usage("lint", "--key: cannot read %s: %s", name, strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	close(fd);
	if (memchr(key, '\n', size))
		size = (size_t)((char *)memchr(key, '\n', size) - key);
	if (!size || size > KEY_MAX || memchr(key, 0, size)) {
		command_usage("lint", "--key: %s holds no passphrase of 1 to %d characters", name, KEY_MAX);
		return NULL;
	}
	return arena_strndup(arena, key, size);
}

/* "all", "p3" or a UUID. */
static bool read_selector(const char *text, struct lint_key *key)
{
	char *end;
	long number;

	if (strcmp(text, "all") == 0)
		return true;
	if (text[0] == 'p' && text[1] >= '1' && text[1] <= '9') {
		number = strtol(text + 1, &end, 10);
		key->partition = (int)number;
		return !*end && number <= LIMIT_GPT_ENTRIES;
	}
	/* 8-4-4-4-12 hexadecimal digits */
	if (strlen(text) != 36 || strspn(text, "0123456789abcdefABCDEF-") != 36)
		return false;
	for (int i = 0; i < 36; i++)
		if ((text[i] == '-') != (i == 8 || i == 13 || i == 18 || i == 23))
			return false;
	key->uuid = text;
	return true;
}

struct lint_key *command_key(struct arena *arena, const char *argument)
{
	char *copy = arena_strdup(arena, argument), *rest = copy;
	const char *selector = strsep(&rest, ":"), *kind = strsep(&rest, ":");
	struct lint_key *key = ARENA_NEW(arena, struct lint_key);
	bool file = kind && strcmp(kind, "file") == 0;

	/* the argument is not repeated: it may hold the key */
	if (!rest || !*rest || (!file && strcmp(kind, "key") != 0)) {
		command_usage("lint", "--key takes SELECTOR:key:KEY or SELECTOR:file:FILE");
		return NULL;
	}
	if (!read_selector(selector, key)) {
		command_usage("lint", "--key begins with all, pN (a partition) or a UUID, not \"%.40s\"", selector);
		return NULL;
	}
	if (!file && strlen(rest) > KEY_MAX) {
		command_usage("lint", "--key: a passphrase has at most %d characters", KEY_MAX);
		return NULL;
	}
	key->key = file ? read_key(arena, rest) : rest;
	return key->key ? key : NULL;
}
