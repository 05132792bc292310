/* SPDX-License-Identifier: MIT */
/* scratch-disk: a folder in which other people's tools make images, and such images opened; each program has its own. */
#ifndef TESTS_SCRATCH_DISK_H
#define TESTS_SCRATCH_DISK_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/image.h"

static char folder[] = "/tmp/vmlint-test-XXXXXX";

/* Commands of the shell, inside of the folder; the first that fails ends the test. */
static void shell(const char *commands)
{
	char line[4096];

	snprintf(line, sizeof(line), "set -e; PATH=$PATH:/sbin:/usr/sbin; cd %s; { %s\n} >log 2>&1 || { cat log >&2; exit 1; }",
		 folder, commands);
	if (system(line) != 0)
		fail_msg("%s", commands);
}

static int scratch_setup(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int scratch_teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

struct opened {
	struct arena *arena;
	struct image *image;
	int fd;
};

static struct opened open_scratch(const char *name, const struct image_options *options, const struct image_services *services)
{
	struct opened o = { .arena = arena_new(LIMIT_ARENA_BYTES) };
	char path[128];
	const char *help;
	struct error err;
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	o.fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(o.fd >= 0 && !fstat(o.fd, &st));
	o.image = image_open(o.arena, path, view_file(o.arena, o.fd, (uint64_t)st.st_size), options, services, &err, &help);
	assert_non_null(o.image);
	return o;
}

static void close_disk(struct opened *o)
{
	image_close(o->image);
	arena_free(o->arena);
	close(o->fd);
}

#endif
