/* SPDX-License-Identifier: MIT */
/* folder: a random name, and a walk that removes what it meets. */
#include "base/folder.h"

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* sun_path has 108 bytes, and a name of up to 16 must fit behind the folder's */
#define FOLDER_MAX 90
#define NAME "/vmlint-0123456789abcdef"

const char *folder_name(struct arena *arena)
{
	const char *parent = getenv("TMPDIR");
	uint64_t number;

	/* a relative one would mean another folder elsewhere */
	if (!parent || parent[0] != '/' || strlen(parent) + strlen(NAME) > FOLDER_MAX)
		parent = "/tmp";
	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		number = (uint64_t)getpid() << 32 ^ (uint64_t)time(NULL);
	return arena_printf(arena, "%s/vmlint-%016" PRIx64, parent, number);
}

int folder_make(const char *path, struct error *err)
{
	if (mkdir(path, 0700) == 0)
		return 0;
	return error_set(err, errno, "cannot make the folder %s: %s", path, strerror(errno));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	remove(path);
	return 0;
}

void folder_remove(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
