/* SPDX-License-Identifier: MIT */
/* disk: copies by the runs of data that the file system knows, and the one line on the appliance that may change. */
#include "hypervisor/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK (1 << 20)
#define BLOCK (64 << 10)
#define SECTOR 512

static const char *temporary(void)
{
	const char *folder = getenv("TMPDIR");

	return folder && *folder ? folder : "/tmp";
}

static int nameless(struct error *err)
{
	const char *folder = temporary();
	char path[4096];
	int fd, length;

	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)
		return error_set(err, errno, "cannot make a temporary file in %s: %s", folder, strerror(errno));
	/* file systems that only know files with names */
	length = (int)strlen(folder);
	if (length > 4000)
		return error_set(err, ENAMETOOLONG, "the name of the folder for temporary files is too long");
	memcpy(path, folder, (size_t)length);
	strcpy(path + length, "/vmlint-XXXXXX");
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return error_set(err, errno, "cannot make a temporary file in %s: %s", folder, strerror(errno));
	unlink(path);
	return fd;
}

int disk_new(uint64_t size, struct error *err)
{
	int fd = nameless(err);

	if (fd >= 0 && ftruncate(fd, (off_t)size) < 0) {
		int code = errno;

		close(fd);
		return error_set(err, code, "no room in %s for a temporary file: %s", temporary(), strerror(code));
	}
	return fd;
}

/* Blocks of zeros become holes: what is padded to the size of a flash needs no room. */
static bool zeros(const char *data, size_t size)
{
	return !data[0] && !memcmp(data, data + 1, size - 1);
}

static int copy_run(int from, int to, off_t at, off_t end, char *chunk)
{
	while (at < end) {
		size_t want = end - at < CHUNK ? (size_t)(end - at) : CHUNK;
		ssize_t got = pread(from, chunk, want, at);

		if (got < 0)
			return -errno;
		if (got == 0)
			return 0;
		for (ssize_t done = 0; done < got;) {
			size_t block = got - done < BLOCK ? (size_t)(got - done) : BLOCK;
			ssize_t n = zeros(chunk + done, block) ? (ssize_t)block : pwrite(to, chunk + done, block, at + done);

			if (n < 0)
				return -errno;
			done += n;
		}
		at += got;
	}
	return 0;
}

/* Where data begin from *at on, which is moved there, and where they end; without a word of holes from the file system all is
 * data.  1, 0 if nothing but a hole is left, or a negative errno. */
static int next_data(int fd, off_t size, off_t *at, off_t *ret_end)
{
	off_t data = lseek(fd, *at, SEEK_DATA);

	*ret_end = size;
	if (data < 0 && errno != EINVAL && errno != EOPNOTSUPP)
		return errno == ENXIO ? 0 : -errno;
	if (data < 0)
		return *at < size;
	*at = data;
	data = lseek(fd, *at, SEEK_HOLE);
	if (data >= 0)
		*ret_end = data;
	return 1;
}

/* Copies a file's runs of data; `to` is empty. */
static int copy(int from, int to)
{
	char *chunk = malloc(CHUNK);
	off_t at = 0, end;
	struct stat st;
	int rc = 0;

	if (!chunk)
		return -ENOMEM;
	if (fstat(from, &st) < 0 || ftruncate(to, st.st_size) < 0)
		rc = -errno;
	while (rc == 0 && (rc = next_data(from, st.st_size, &at, &end)) == 1) {
		rc = copy_run(from, to, at, end, chunk);
		at = end;
	}
	free(chunk);
	return rc;
}

int disk_copy(const char *path, struct error *err)
{
	int from = open(path, O_RDONLY | O_CLOEXEC), to, rc;

	if (from < 0)
		return error_set(err, errno, "%s: %s", path, strerror(errno));
	to = nameless(err);
	rc = to < 0 ? 0 : copy(from, to);
	close(from);
	if (rc < 0) {
		close(to);
		return error_set(err, -rc, "cannot copy %s into %s: %s", path, temporary(), strerror(-rc));
	}
	return to;
}

int disk_save(int fd, const char *path, struct error *err)
{
	int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666), rc;

	if (to < 0)
		return error_set(err, errno, "cannot write %s: %s", path, strerror(errno));
	rc = copy(fd, to);
	if (close(to) < 0 && rc == 0)
		rc = -errno;
	return rc < 0 ? error_set(err, -rc, "cannot write %s: %s", path, strerror(-rc)) : 0;
}

/* Is it the whole line: printable, spaces at its end, nothing else? */
static bool whole_line(const char line[SETTINGS_SIZE])
{
	for (int i = 0; i < SETTINGS_SIZE - 1; i++) {
		if (line[i] < ' ' || line[i] > '~')
			return false;
	}
	return line[SETTINGS_SIZE - 1] == '\n' && line[SETTINGS_SIZE - 2] == ' ';
}

static int find(int fd, uint64_t *ret, struct error *err)
{
	char *chunk = malloc(CHUNK), line[SETTINGS_SIZE];
	off_t at = 0, end;
	ssize_t got = 0;
	uint64_t found = 0;
	struct stat st;
	int rc;

	if (!chunk)
		return error_set(err, ENOMEM, "out of memory");
	rc = fstat(fd, &st) < 0 ? -errno : 0;
	while (rc == 0 && (rc = next_data(fd, st.st_size, &at, &end)) == 1) {
		got = pread(fd, chunk, CHUNK, at);
		rc = got < 0 ? -errno : 0;
		if (got <= 0)
			break;
		for (ssize_t i = 0; i + SECTOR <= got; i += SECTOR) {
			if (memcmp(chunk + i, SETTINGS_MAGIC, strlen(SETTINGS_MAGIC)) ||
			    pread(fd, line, sizeof(line), at + i) != sizeof(line) || !whole_line(line))
				continue;
			if (found) {
				free(chunk);
				return error_set(err, EINVAL, "the appliance has its settings twice");
			}
			found = (uint64_t)(at + i);
		}
		at += got;
	}
	free(chunk);
	if (rc < 0)
		return error_set(err, -rc, "cannot read the appliance: %s", strerror(-rc));
	if (!found)
		return error_set(err, EINVAL, "this is no appliance: no settings are on it (\"make appliance\" makes a raw one)");
	*ret = found;
	return 0;
}

int disk_read_settings(int fd, char line[SETTINGS_SIZE], struct error *err)
{
	uint64_t offset;
	int rc = find(fd, &offset, err);

	if (rc == 0 && pread(fd, line, SETTINGS_SIZE, (off_t)offset) != SETTINGS_SIZE)
		rc = error_set(err, EIO, "the appliance's settings cannot be read");
	line[SETTINGS_SIZE - 1] = '\0';
	return rc;
}

int disk_settings(int fd, uint64_t *offset, const char *more, struct error *err)
{
	char line[SETTINGS_SIZE];
	size_t length = SETTINGS_SIZE - 1;
	char *host;
	int rc;

	if (!*offset) {
		rc = find(fd, offset, err);
		if (rc < 0)
			return rc;
	}
	if (pread(fd, line, sizeof(line), (off_t)*offset) != sizeof(line) || !whole_line(line))
		return error_set(err, EIO, "the appliance's settings cannot be read");
	/* what was put there before goes; the mark says where it begins */
	host = memmem(line, sizeof(line), " vmlint.host ", 13);
	if (host)
		length = (size_t)(host - line);
	while (length && line[length - 1] == ' ')
		length--;
	if (length + 13 + strlen(more) > SETTINGS_SIZE - 2)
		return error_set(err, EINVAL, "the settings do not fit: %s", more);
	memset(line + length, ' ', SETTINGS_SIZE - 1 - length);
	memcpy(line + length, " vmlint.host ", 13);
	memcpy(line + length + 13, more, strlen(more));
	if (pwrite(fd, line, sizeof(line), (off_t)*offset) != sizeof(line))
		return error_set(err, errno, "cannot write the appliance's settings: %s", strerror(errno));
	return 0;
}
