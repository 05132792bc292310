/* SPDX-License-Identifier: MIT */
/* seed: written by libarchive. */
#include "hypervisor/seed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hypervisor/archive-library.h"
#include "hypervisor/disk.h"

#define PROGRAM_MAXIMUM (64 << 20)

/* bootcmd runs in each boot, before anything that a network or a user is needed for, and before there is a login on the console.
 * The folder is below /run, which is there and can be written to in any system with an init of its own. */
static const char user_data[] =
	"#cloud-config\n"
	"bootcmd:\n"
	"  - |\n"
	"    mkdir -p /run/vmlint\n"
	"    mount -o ro \"$(findfs LABEL=CIDATA || blkid -L CIDATA)\" /run/vmlint\n"
	"    /run/vmlint/vmlint-guest --serve /run/vmlint/settings.txt\n";

static char *read_program(const char *path, size_t *ret_size, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), code = 0;
	size_t done = 0;
	char *data = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		code = errno;
	else if (!S_ISREG(st.st_mode) || st.st_size < 1 || st.st_size > PROGRAM_MAXIMUM)
		code = EINVAL;
	else if (!(data = malloc((size_t)st.st_size)))
		code = ENOMEM;
	while (!code && done < (size_t)st.st_size) {
		ssize_t got = read(fd, data + done, (size_t)st.st_size - done);

		if (got <= 0 && errno != EINTR)
			code = got < 0 ? errno : EIO;
		else if (got > 0)
			done += (size_t)got;
	}
	if (fd >= 0)
		close(fd);
	if (!code) {
		*ret_size = done;
		return data;
	}
	free(data);
	error_set(err, code, "%s: %s", path, strerror(code));
	return NULL;
}

static bool put(struct archive *a, const char *name, unsigned mode, const void *data, size_t size)
{
	struct archive_entry *entry = archives.entry_new();
	bool good;

	archives.entry_set_pathname(entry, name);
	archives.entry_set_size(entry, (la_int64_t)size);
	archives.entry_set_filetype(entry, AE_IFREG);
	archives.entry_set_perm(entry, mode);
	archives.entry_set_mtime(entry, 0, 0);
	good = archives.write_header(a, entry) == ARCHIVE_OK && archives.write_data(a, data, size) == (la_ssize_t)size;
	archives.entry_free(entry);
	return good;
}

static bool put_all(struct archive *a, const char *nonce, const char *program, size_t size)
{
	char settings[SETTINGS_SIZE], meta[128];

	memset(settings, ' ', sizeof(settings));
	memcpy(settings, SETTINGS_MAGIC, strlen(SETTINGS_MAGIC));
	settings[SETTINGS_SIZE - 1] = '\n';
	/* another instance than whatever ran from the image before */
	snprintf(meta, sizeof(meta), "instance-id: vmlint-%s\nlocal-hostname: vmlint\n", nonce);
	return put(a, "meta-data", 0644, meta, strlen(meta)) && put(a, "settings.txt", 0644, settings, sizeof(settings)) &&
	       put(a, "user-data", 0644, user_data, strlen(user_data)) && put(a, "vmlint-guest", 0755, program, size);
}

static int write_volume(int fd, const char *nonce, const char *program, size_t size, struct error *err)
{
	struct archive *a = archives.write_new();
	int rc = 0;

	if (!a)
		return error_set(err, ENOMEM, "out of memory");
	if (archives.write_set_format_iso9660(a) != ARCHIVE_OK ||
	    archives.write_set_options(a, "volume-id=CIDATA") != ARCHIVE_OK ||
	    archives.write_open_fd(a, fd) != ARCHIVE_OK || !put_all(a, nonce, program, size) ||
	    archives.write_close(a) != ARCHIVE_OK)
		rc = error_set(err, EIO, "cannot write the volume for cloud-init: %s", archives.error_string(a));
	archives.write_free(a);
	return rc;
}

int seed_make(const char *program, const char *nonce, struct error *err)
{
	size_t size = 0;
	char *data;
	int fd, rc;

	if (!archive_library_load())
		return error_set(err, ENOTSUP, "libarchive, which writes the volume for cloud-init, is not installed; "
				 "apt-get install libarchive13 (on Debian)");
	data = read_program(program, &size, err);
	if (!data)
		return -err->code;
	fd = disk_new(0, err);
	rc = fd < 0 ? fd : write_volume(fd, nonce, data, size, err);
	free(data);
	if (rc < 0 && fd >= 0)
		close(fd);
	return rc < 0 ? rc : fd;
}
