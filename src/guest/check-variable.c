/* SPDX-License-Identifier: MIT */
/* check-variable: EFI variables through efivarfs, under a GUID that is ours alone. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "guest/check.h"

#define FOLDER "/sys/firmware/efi/efivars"
#define OURS "5a3c6e0b-8f1d-4c57-9a21-7d0e4b6f2c38"
/* non-volatile, seen by boot services and at run time */
#define ATTRIBUTES 7
#define VALUE_MAXIMUM 256

static void path_of(char path[160], const char *name)
{
	snprintf(path, 160, FOLDER "/%.64s-" OURS, name);
}

/* efivarfs makes files immutable so that nobody deletes the firmware's variables by accident. */
static void make_mutable(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), flags;

	if (fd < 0)
		return;
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 && flags & FS_IMMUTABLE_FL) {
		flags &= ~FS_IMMUTABLE_FL;
		ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
	close(fd);
}

static int put(const char *name, const char *value)
{
	unsigned char data[4 + VALUE_MAXIMUM] = { ATTRIBUTES };
	size_t size = strlen(value);
	char path[160];
	int fd, rc = 0;

	if (size > VALUE_MAXIMUM)
		return -EINVAL;
	memcpy(data + 4, value, size);
	path_of(path, name);
	make_mutable(path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	if (write(fd, data, 4 + size) != (ssize_t)(4 + size))
		rc = -errno;
	close(fd);
	return rc;
}

static int get(const char *name, unsigned *ret_attributes, char value[VALUE_MAXIMUM + 1])
{
	unsigned char data[4 + VALUE_MAXIMUM];
	char path[160];
	ssize_t size;
	int fd, rc;

	path_of(path, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	size = read(fd, data, sizeof(data));
	rc = size < 0 ? -errno : size < 4 ? -EIO : 0;
	close(fd);
	if (rc == 0) {
		*ret_attributes = data[0] | (unsigned)data[1] << 8 | (unsigned)data[2] << 16 | (unsigned)data[3] << 24;
		memcpy(value, data + 4, (size_t)size - 4);
		value[size - 4] = '\0';
	}
	return rc;
}

static int delete(const char *name)
{
	char path[160];

	path_of(path, name);
	make_mutable(path);
	return unlink(path) < 0 ? -errno : 0;
}

static void read_keys(struct facts *facts, const char *name)
{
	char value[VALUE_MAXIMUM + 1];
	unsigned attributes;
	int rc = get(name, &attributes, value);

	fact_errno(facts, "read", rc);
	if (rc == 0) {
		fact_hex(facts, "attributes", attributes);
		fact_string(facts, "value", value);
	}
}

void variable_write(struct facts *facts, const char *name, const char *value)
{
	fact_begin(facts, "variable-write");
	fact_string(facts, "name", name);
	fact_string(facts, "wanted", value);
	fact_errno(facts, "write", put(name, value));
	fact_end(facts);
}

void variable_read(struct facts *facts, const char *name)
{
	fact_begin(facts, "variable-read");
	fact_string(facts, "name", name);
	read_keys(facts, name);
	fact_end(facts);
}

void variable_delete(struct facts *facts, const char *name)
{
	fact_begin(facts, "variable-delete");
	fact_string(facts, "name", name);
	fact_errno(facts, "delete", delete(name));
	fact_end(facts);
}

void check_variable(struct facts *facts)
{
	static const char name[] = "VmlintLive", value[] = "written by vmlint";
	char found[VALUE_MAXIMUM + 1];
	unsigned attributes;

	fact_begin(facts, "variable");
	fact_string(facts, "name", name);
	fact_string(facts, "wanted", value);
	fact_errno(facts, "write", put(name, value));
	read_keys(facts, name);
	fact_errno(facts, "delete", delete(name));
	fact_errno(facts, "after", get(name, &attributes, found));
	fact_end(facts);
}
