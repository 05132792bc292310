/* SPDX-License-Identifier: MIT */
/* landlock: rights and their versions are written out here, since a kernel may be newer than the headers. */
#include "base/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXECUTE (1ULL << 0)
#define WRITE_FILE (1ULL << 1)
#define READ_FILE (1ULL << 2)
#define READ_DIR (1ULL << 3)
#define REMOVE_AND_MAKE (0x1ffULL << 4) /* REMOVE_DIR, REMOVE_FILE and seven kinds of MAKE */
#define REMOVE (3ULL << 4)
#define MAKE_DIR (1ULL << 7)
#define MAKE_SOCK (1ULL << 9)
#define REFER (1ULL << 13)		/* version 2 */
#define TRUNCATE (1ULL << 14)		/* version 3 */
#define IOCTL_DEV (1ULL << 15)		/* version 5 */

#define OF_FILES (EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV)

/* struct landlock_ruleset_attr of version 6: an older kernel takes as much of it as it knows. */
struct ruleset {
	uint64_t files, network, scoped;
};

static uint64_t handled(int version)
{
	uint64_t rights = EXECUTE | WRITE_FILE | READ_FILE | READ_DIR | REMOVE_AND_MAKE;

	if (version >= 2)
		rights |= REFER;
	if (version >= 3)
		rights |= TRUNCATE;
	if (version >= 5)
		rights |= IOCTL_DEV;
	return rights;
}

static uint64_t granted(unsigned rights)
{
	uint64_t r = 0;

	if (rights & LANDLOCK_READ)
		r |= EXECUTE | READ_FILE | READ_DIR;
	if (rights & LANDLOCK_WRITE)
		r |= WRITE_FILE | TRUNCATE | IOCTL_DEV;
	if (rights & LANDLOCK_CHANGE)
		r |= REMOVE_AND_MAKE | REFER;
	if (rights & LANDLOCK_SOCKETS)
		r |= READ_DIR | REMOVE | MAKE_DIR | MAKE_SOCK;
	return r;
}

static int add(int ruleset, const struct landlock_path *p, uint64_t all)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = granted(p->rights) & all, .parent_fd = p->fd };
	struct stat st;
	int r = 0;

	if (p->path)
		rule.parent_fd = open(p->path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0 || fstat(rule.parent_fd, &st) < 0)
		return 0; /* it is not there, so nobody can use it */
	/* the kernel refuses what a file cannot be asked for */
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= OF_FILES;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		r = -errno;
	if (p->path)
		close(rule.parent_fd);
	return r;
}

int landlock_confine(const struct landlock_path *paths, size_t count, bool alone, struct error *err)
{
	int version = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset attributes = { .files = handled(version), .network = 3 /* bind, connect */,
				      .scoped = alone ? 3 : 0 };
	size_t size = version >= 6 ? sizeof(attributes) : version >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
	int ruleset, r = 0;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_set(err, errno, "prctl: %s", strerror(errno));
	if (version < 1)
		return 0;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, size, 0);
	if (ruleset < 0)
		return error_set(err, errno, "Landlock: %s", strerror(errno));
	for (size_t i = 0; i < count && r == 0; i++)
		r = add(ruleset, &paths[i], attributes.files);
	if (r == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		r = -errno;
	close(ruleset);
	return r < 0 ? error_set(err, -r, "Landlock: %s", strerror(-r)) : version;
}
