/* SPDX-License-Identifier: MIT */
/* watch: sizes and times of files, and what the kernel counts of devices, compared. */
#include "process/watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* How often the counts of a disk and of its partitions are read until no partition is written to in between. */
#define STILL_TRIES 8
#define UNKNOWN UINT64_MAX

/* Requests to write and to discard that the device of this folder has had (the kernel's Documentation/block/stat.rst), or
 * UNKNOWN. */
static uint64_t writes_in(const char *folder)
{
	char path[PATH_MAX];
	uint64_t written = 0, discarded = 0;
	FILE *f;
	int n;

	if ((size_t)snprintf(path, sizeof(path), "%s/stat", folder) >= sizeof(path))
		return UNKNOWN;
	f = fopen(path, "re");
	if (!f)
		return UNKNOWN;
	/* kernels before 4.18 do not count what is discarded */
	n = fscanf(f, "%*u %*u %*u %*u %" SCNu64 " %*u %*u %*u %*u %*u %*u %" SCNu64, &written, &discarded);
	fclose(f);
	return n < 1 ? UNKNOWN : written + discarded;
}

/* Of those that a disk has had, the ones that came by way of its partitions. */
static uint64_t writes_by_partitions(const char *disk)
{
	char path[PATH_MAX];
	uint64_t sum = 0, own;
	DIR *d = opendir(disk);

	for (struct dirent *e; d && (e = readdir(d));) {
		if ((size_t)snprintf(path, sizeof(path), "%s/%s/partition", disk, e->d_name) >= sizeof(path) ||
		    access(path, F_OK) < 0)
			continue;
		*strrchr(path, '/') = 0;
		own = writes_in(path);
		sum = own == UNKNOWN ? UNKNOWN : sum + own;
		if (sum == UNKNOWN)
			break;
	}
	if (d)
		closedir(d);
	return d ? sum : UNKNOWN;
}

/* Those that a device has had; of a partition also those to the whole disk by itself, which may have been to any place. */
static void count_writes(dev_t device, struct watch *watch)
{
	char name[64], folder[PATH_MAX], path[PATH_MAX];
	uint64_t whole, parts, before;

	snprintf(name, sizeof(name), "/sys/dev/block/%u:%u", major(device), minor(device));
	watch->writes = writes_in(name);
	watch->to_disk = 0;
	if ((size_t)snprintf(path, sizeof(path), "%s/partition", name) >= sizeof(path) || access(path, F_OK) < 0 ||
	    !realpath(name, folder))
		return;
	*strrchr(folder, '/') = 0;
	watch->to_disk = UNKNOWN;
	/* what others write to other partitions meanwhile would be in one of the numbers alone */
	parts = writes_by_partitions(folder);
	for (int i = 0; i < STILL_TRIES && watch->to_disk == UNKNOWN; i++) {
		before = parts;
		whole = writes_in(folder);
		parts = writes_by_partitions(folder);
		if (whole == UNKNOWN || parts == UNKNOWN)
			return;
		if (parts == before)
			watch->to_disk = whole - parts;
	}
}

static bool is_another(uint64_t count, uint64_t before)
{
	return count != before && count != UNKNOWN && before != UNKNOWN;
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
	watch->is_device = S_ISBLK(st.st_mode);
	if (watch->is_device)
		count_writes(st.st_rdev, watch);
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
	if (is_another(now.writes, watch->writes) || is_another(now.to_disk, watch->to_disk) ||
	    now.modified.tv_sec != watch->modified.tv_sec ||
	    now.modified.tv_nsec != watch->modified.tv_nsec)
		return arena_printf(arena, "%s changed while it was read: somebody wrote to it%s", who,
				    watch->is_device ? "; a snapshot of it would hold still" : "");
	return NULL;
}

void watch_end(struct watch *watch)
{
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
}
