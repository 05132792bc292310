/* SPDX-License-Identifier: MIT */
/* sibling: openat2 with RESOLVE_BENEATH does the guarding; the rest only finds the name to give it. */
#include "process/sibling.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* "scheme:..." as QEMU's path_has_protocol sees it: a colon before any slash. */
static bool names_protocol(const char *name)
{
	size_t n = strcspn(name, ":/");

	return name[n] == ':';
}

/* The path of `folder` with links resolved, then "/" and the last part of `path`; NULL if there is no such folder. */
static const char *resolve_folder(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path;
	const char *folder = slash == path ? "/" : slash ? arena_strndup(arena, path, (size_t)(slash - path)) : ".";
	char *real = realpath(folder, NULL);
	const char *ret;

	if (!real)
		return NULL;
	ret = arena_printf(arena, "%s/%s", strcmp(real, "/") == 0 ? "" : real, last);
	free(real);
	return ret;
}

/* Opens a regular file.  It is looked at before it is opened, since opening alone does something to a device or a FIFO, and once
 * more when it is open: it may be another by then. */
static int open_beneath(const char *directory, const char *path, struct error *err)
{
	static const uint64_t flags[2] = { O_PATH | O_CLOEXEC, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY };
	int dir = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -1;

	if (dir < 0)
		return error_set(err, errno, "%s: %s", directory, strerror(errno));
	for (int i = 0; i < 2; i++) {
		struct open_how how = { .flags = flags[i], .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
		struct stat st;

		if (fd >= 0)
			close(fd);
		fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
		if (fd < 0) {
			fd = error_set(err, errno, "%s/%s: %s", directory, path,
				       errno == ENOSYS ? "Linux before 5.6 cannot open a file below a folder alone"
						       : strerror(errno));
			break;
		}
		if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
			close(fd);
			fd = error_set(err, EPERM, "%s/%s is not a regular file", directory, path);
			break;
		}
	}
	close(dir);
	return fd;
}

int sibling_open(struct arena *arena, const char *allowed, const char *base, const char *name, const char **ret_path,
		 struct error *err)
{
	const char *slash = strrchr(base, '/'), *path, *full;
	char *directory;
	size_t length;
	int fd;

	if (strncmp(name, "file:", 5) == 0)
		name += 5;
	if (names_protocol(name))
		return error_set(err, EPERM, "\"%s\" names no plain file", name);
	if (name[0] == '/' || !slash)
		path = name;
	else
		path = arena_printf(arena, "%.*s/%s", (int)(slash - base), base, name);
	directory = realpath(allowed, NULL);
	if (!directory)
		return error_set(err, errno, "--allow-backing %s: %s", allowed, strerror(errno));
	length = strcmp(directory, "/") == 0 ? 0 : strlen(directory);
	full = resolve_folder(arena, path);
	/* whether there is such a folder elsewhere is no business of whoever asks */
	if (!full || strncmp(full, directory, length) != 0 || full[length] != '/') {
		free(directory);
		return error_set(err, EPERM, "%s does not lie below %s", path, allowed);
	}
	fd = open_beneath(directory, full + length + 1, err);
	free(directory);
	if (fd >= 0)
		*ret_path = full;
	return fd;
}
