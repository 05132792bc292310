/* SPDX-License-Identifier: MIT */
/* folder: mkdtemp, and a walk that removes what it meets. */
#include "base/folder.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* sun_path has 108 bytes, and a name of up to 16 must fit behind the folder's */
#define FOLDER_MAX 90
#define NAME "/vmlint-XXXXXX"

const char *folder_make(struct arena *arena, struct error *err)
{
	const char *parent = getenv("TMPDIR");
	char *path;

	/* a relative one would mean another folder elsewhere */
	if (!parent || parent[0] != '/' || strlen(parent) + strlen(NAME) > FOLDER_MAX)
		parent = "/tmp";
	path = arena_printf(arena, "%s" NAME, parent);
	if (mkdtemp(path))
		return path;
	error_set(err, errno, "cannot make a folder in %s: %s", parent, strerror(errno));
	return NULL;
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
