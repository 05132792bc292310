/* SPDX-License-Identifier: MIT */
/* watch: sizes and times of files, and what the kernel counts of devices, compared. */
#include "process/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Requests to write and to discard that a device has had (the kernel's Documentation/block/stat.rst); 0: not known. */
static uint64_t writes_of(dev_t device)
{
	char path[64];
	uint64_t written = 0, discarded = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/stat", major(device), minor(device));
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%*u %*u %*u %*u %" SCNu64 " %*u %*u %*u %*u %*u %*u %" SCNu64, &written, &discarded) < 1)
		written = 0;
	fclose(f);
	return written + discarded;
}

/* False if the descriptor tells nothing, as that of a disk that has gone. */
static bool look(struct watch *watch)
{
	struct stat st;

	if (fstat(watch->fd, &st) < 0)
		return false;
	/* a device's fstat has no size */
	watch->size = S_ISREG(st.st_mode) ? st.st_size : lseek(watch->fd, 0, SEEK_END);
	watch->modified = S_ISREG(st.st_mode) ? st.st_mtim : (struct timespec){ 0 };
	watch->writes = S_ISBLK(st.st_mode) ? writes_of(st.st_rdev) : 0;
	return true;
}

struct watch watch_begin(int fd, const char *name)
{
	struct watch watch = { .fd = fcntl(fd, F_DUPFD_CLOEXEC, 0), .name = name };

	if (watch.fd >= 0 && !look(&watch))
		watch_end(&watch);
	return watch;
}

const char *watch_changed(struct arena *arena, const struct watch *watch)
{
	const char *who = watch->name ? arena_printf(arena, "%s, which it is made of,", watch->name) : "the image";
	struct watch now = *watch;

	if (watch->fd < 0)
		return NULL;
	if (!look(&now))
		return arena_printf(arena, "%s cannot be looked at any more: %s", who, strerror(errno));
	if (now.size < 0 && watch->size >= 0)
		return arena_printf(arena, "%s has gone while it was read", who);
	if (now.size != watch->size)
		return arena_printf(arena, "%s changed while it was read: it had %" PRId64 " bytes, and has %" PRId64 " now", who,
				    watch->size, now.size);
	if (now.writes != watch->writes || now.modified.tv_sec != watch->modified.tv_sec ||
	    now.modified.tv_nsec != watch->modified.tv_nsec)
		return arena_printf(arena, "%s changed while it was read: somebody wrote to it", who);
	return NULL;
}

void watch_end(struct watch *watch)
{
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
}
