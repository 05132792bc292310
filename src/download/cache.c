/* SPDX-License-Identifier: MIT */
/* cache: see the header. */
#include "download/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Makes a folder and those above it. */
static int make_folders(char *path)
{
	for (char *slash = path + 1;; slash++) {
		slash = strchrnul(slash, '/');
		char kept = *slash;

		*slash = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return -errno;
		*slash = kept;
		if (!kept)
			return 0;
	}
}

const char *cache_folder(struct arena *arena, struct error *err)
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *path;
	int rc;

	/* the XDG Base Directory Specification: a relative path counts as none */
	if (xdg && *xdg == '/')
		path = arena_printf(arena, "%s/vmlint/images", xdg);
	else if (home && *home == '/')
		path = arena_printf(arena, "%s/.cache/vmlint/images", home);
	else
		return error_set(err, ENOENT, "there is no place for downloads: neither XDG_CACHE_HOME nor HOME is set"), NULL;
	rc = make_folders(path);
	if (rc < 0)
		return error_set(err, -rc, "cannot make the folder for downloads %s: %s", path, strerror(-rc)), NULL;
	return path;
}

/* Makes the file ours alone.  0 or a negative errno. */
static int lock(int fd, void (*waiting)(void *context), void *context, bool *told)
{
	int rc, how = LOCK_EX | LOCK_NB;

	while ((rc = flock(fd, how)) < 0 && (errno == EINTR || (errno == EWOULDBLOCK && how & LOCK_NB))) {
		if (errno == EINTR)
			continue;
		/* another process has it */
		if (!*told && waiting)
			waiting(context);
		*told = true;
		how = LOCK_EX;
	}
	return rc < 0 ? -errno : 0;
}

int cache_claim(const char *path, const char *finished, void (*waiting)(void *context), void *context, bool *ret_done,
		struct error *err)
{
	bool told = false;

	for (;;) {
		int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
		struct stat mine, there;
		int rc;

		if (fd < 0)
			return error_set(err, errno, "cannot write %s: %s", path, strerror(errno));
		rc = lock(fd, waiting, context, &told);
		if (rc < 0) {
			close(fd);
			return error_set(err, -rc, "cannot have %s for ourselves: %s; XDG_CACHE_HOME names another place",
					 path, strerror(-rc));
		}
		/* who had it has renamed or removed it meanwhile: then ours is not the one of that name any more */
		if (fstat(fd, &mine) == 0 && stat(path, &there) == 0 && mine.st_ino == there.st_ino &&
		    mine.st_dev == there.st_dev) {
			*ret_done = access(finished, F_OK) == 0;
			if (!*ret_done)
				return fd;
			unlink(path);
			close(fd);
			return -1;
		}
		close(fd);
		*ret_done = access(finished, F_OK) == 0;
		if (*ret_done)
			return -1;
	}
}

void cache_read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? 0 : read(fd, text, size - 1);

	text[got > 0 ? got : 0] = '\0';
	if (fd >= 0)
		close(fd);
}

void cache_write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	/* half of a text would be another */
	if (fd >= 0 && write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		unlink(path);
	if (fd >= 0)
		close(fd);
}
