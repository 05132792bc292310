/* SPDX-License-Identifier: MIT */
/* confine: lists of paths, and limits. */
#include "helper/confine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/capabilities.h"
#include "base/landlock.h"
#include "base/limits.h"
#include "base/sanitized.h"

#define PATHS_MAXIMUM 512
#define CACHE_NAME_MAXIMUM 4096

/* An image, a program or a folder may be another user's, and vmlint be run by root. */
#define READ_ALL CAPABILITY(CAP_DAC_READ_SEARCH)
#define WRITE_ALL CAPABILITY(CAP_DAC_OVERRIDE)

struct paths {
	struct landlock_path list[PATHS_MAXIMUM];
	size_t count;
};

static void add(struct paths *paths, const char *path, unsigned rights)
{
	if (path && *path && paths->count < PATHS_MAXIMUM)
		paths->list[paths->count++] = (struct landlock_path){ .path = path, .fd = -1, .rights = rights };
}

static void add_open(struct paths *paths, int fd, unsigned rights)
{
	if (fd >= 0 && paths->count < PATHS_MAXIMUM)
		paths->list[paths->count++] = (struct landlock_path){ .fd = fd, .rights = rights };
}

/* What each program needs to run. */
static void add_programs(struct paths *paths)
{
	static const char *const folders[] = { "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store",
					       "/etc/ld.so.cache", "/dev/random", "/dev/urandom" };

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		add(paths, folders[i], LANDLOCK_READ);
	add(paths, "/dev/null", LANDLOCK_READ | LANDLOCK_WRITE);
	add(paths, "/dev/zero", LANDLOCK_READ | LANDLOCK_WRITE);
}

/* supermin puts configuration of the host's packages into the appliance.  What is not for everybody is not for it either, nor
 * are keys, whose folder is open to all. */
static void add_etc(struct paths *paths)
{
	int folder = open("/etc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = opendir("/etc");
	struct dirent *entry;
	struct stat st;

	while (dir && folder >= 0 && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || !strcmp(entry->d_name, "ssh") || !strcmp(entry->d_name, "ssl") ||
		    fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !(st.st_mode & S_IROTH))
			continue;
		add_open(paths, openat(folder, entry->d_name, O_PATH | O_CLOEXEC | O_NOFOLLOW), LANDLOCK_READ);
	}
	if (dir)
		closedir(dir);
	if (folder >= 0)
		close(folder);
}

static void close_all(const struct paths *paths)
{
	for (size_t i = 0; i < paths->count; i++)
		if (!paths->list[i].path)
			close(paths->list[i].fd);
}

static int limit(int resource, uint64_t value)
{
	struct rlimit now, new = { .rlim_cur = value, .rlim_max = value };

	if (getrlimit(resource, &now) == 0) {
		if (now.rlim_max < new.rlim_max)
			new.rlim_max = now.rlim_max;
		if (now.rlim_cur < new.rlim_cur)
			new.rlim_cur = now.rlim_cur;
		if (new.rlim_max < new.rlim_cur)
			new.rlim_cur = new.rlim_max;
	}
	return setrlimit(resource, &new);
}

/* CPU time is limited by who starts the helper, and knows how long an image may take. */
static int set_limits(bool is_exec, uint64_t addresses, uint64_t file, struct error *err)
{
	if (limit(RLIMIT_CORE, 0) < 0 || limit(RLIMIT_FSIZE, file) < 0 ||
	    /* a sanitized helper needs terabytes, but not the program that it becomes */
	    ((is_exec || !SANITIZED) && limit(RLIMIT_AS, addresses) < 0))
		return error_set(err, errno, "the helper's limits: %s", strerror(errno));
	return 0;
}

int confine_container(int image, const char *program, struct error *err)
{
	struct paths paths = { .count = 0 };
	int r;

	add_programs(&paths);
	add(&paths, program, LANDLOCK_READ);
	/* the image by its descriptor; what other processes have open there is not for a process that is shut in */
	add(&paths, "/proc", LANDLOCK_READ);
	add_open(&paths, image, LANDLOCK_READ);
	capabilities_keep(READ_ALL);
	r = landlock_confine(paths.list, paths.count, true, err);
	return r < 0 ? r : 0; /* a version is nobody's business here */
}

int confine_qemu_nbd(struct error *err)
{
	return set_limits(true, LIMIT_CONTAINER_ADDRESSES, LIMIT_CONTAINER_WORDS, err);
}

int confine_talk(struct error *err)
{
	/* a sanitizer looks for leaks there when all is over, and says what it has found */
	static const struct landlock_path sanitizers = { .path = "/proc", .fd = -1, .rights = LANDLOCK_READ };
	int r;

	capabilities_keep(0);
	r = landlock_confine(&sanitizers, SANITIZED, false, err);
	return r < 0 ? r : set_limits(false, LIMIT_CONTAINER_ADDRESSES, SANITIZED ? LIMIT_CONTAINER_WORDS : 0, err);
}

/* libguestfs's cache: a folder of this user's, or none. */
static const char *make_cache(char path[CACHE_NAME_MAXIMUM])
{
	const char *parent = getenv("LIBGUESTFS_CACHEDIR");
	struct stat st;

	if (!parent || snprintf(path, CACHE_NAME_MAXIMUM, "%s/.guestfs-%lu", parent, (unsigned long)geteuid()) >=
			       CACHE_NAME_MAXIMUM)
		return NULL;
	/* as libguestfs would, which then takes it if it is the user's own */
	mkdir(path, 0755);
	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() ? path : NULL;
}

int confine_guestfs(const char *folder, struct error *err)
{
	static const char *const read[] = { "/boot", "/proc", "/sys", "/var/lib/dpkg", "/var/lib/rpm", "/var/lib/pacman" };
	/* what the user can tell libguestfs and supermin to take */
	static const char *const named[] = { "LIBGUESTFS_HV", "LIBGUESTFS_PATH", "SUPERMIN_KERNEL", "SUPERMIN_MODULES" };
	struct paths *paths = calloc(1, sizeof(*paths));
	char cache[CACHE_NAME_MAXIMUM];
	int r;

	if (!paths)
		return error_set(err, ENOMEM, "out of memory");
	add_programs(paths);
	for (size_t i = 0; i < sizeof(read) / sizeof(read[0]); i++)
		add(paths, read[i], LANDLOCK_READ);
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		add(paths, getenv(named[i]), LANDLOCK_READ);
	add(paths, "/dev/kvm", LANDLOCK_READ | LANDLOCK_WRITE);
	add(paths, folder, LANDLOCK_READ | LANDLOCK_WRITE | LANDLOCK_CHANGE);
	add(paths, make_cache(cache), LANDLOCK_READ | LANDLOCK_WRITE | LANDLOCK_CHANGE);
	/* root's libguestfs makes its sockets there, whatever it is told */
	if (geteuid() == 0)
		add(paths, "/tmp", LANDLOCK_SOCKETS);
	add_etc(paths);
	capabilities_keep(READ_ALL | WRITE_ALL);
	r = landlock_confine(paths->list, paths->count, true, err);
	close_all(paths);
	free(paths);
	return r < 0 ? r : set_limits(false, LIMIT_HELPER_ADDRESSES, LIMIT_HELPER_FILE, err);
}
