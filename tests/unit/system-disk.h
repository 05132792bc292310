/* SPDX-License-Identifier: MIT */
/* system-disk: a disk of three partitions, made by other people's tools in a folder of its own and opened as an image. */
#ifndef TESTS_SYSTEM_DISK_H
#define TESTS_SYSTEM_DISK_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/image.h"

static char folder[] = "/tmp/vmlint-test-system-XXXXXX";

static void shell(const char *command)
{
	char line[4096];

	snprintf(line, sizeof(line), "set -e; PATH=$PATH:/sbin:/usr/sbin; cd %s; { %s\n} >log 2>&1 || { cat log >&2; exit 1; }",
		 folder, command);
	if (system(line) != 0)
		fail_msg("%s", command);
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
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

static struct opened open_disk_with(const struct image_services *services)
{
	const struct image_options options = { .system = true };
	struct opened o = { .arena = arena_new(LIMIT_ARENA_BYTES) };
	char path[128];
	const char *help;
	struct error err;
	struct stat st;

	snprintf(path, sizeof(path), "%s/disk", folder);
	o.fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(o.fd >= 0 && !fstat(o.fd, &st));
	o.image = image_open(o.arena, path, view_file(o.arena, o.fd, (uint64_t)st.st_size), &options, services, &err, &help);
	assert_non_null(o.image);
	return o;
}

static struct opened open_disk(void)
{
	static const struct image_services services;

	return open_disk_with(&services);
}

static void close_disk(struct opened *o)
{
	image_close(o->image);
	arena_free(o->arena);
	close(o->fd);
}

/* A disk of an ESP (FAT, serial 12345678), a second and a third partition from the folders `second` and `third`. */
static void make_disk(const char *commands, const char *types)
{
	char line[3072];

	snprintf(line, sizeof(line),
		 "rm -rf esp second third disk; mkdir esp second third; set -- %s; %s\n"
		 "truncate -s 16M esp.img second.img third.img; mkfs.fat -i 12345678 esp.img;"
		 "mke2fs -q -F -t ext4 -U 11111111-2222-3333-4444-555555555555 -d second second.img;"
		 "mke2fs -q -F -t ext4 -U 66666666-7777-8888-9999-aaaaaaaaaaaa -d third third.img;"
		 "truncate -s 50M disk; printf '%%s\\n' 'label: gpt' 'size=16M, type=U' \"size=16M, type=$1\""
		 " \"size=16M, type=$2\" | sfdisk -q disk;"
		 "dd if=esp.img of=disk bs=1M seek=1 conv=notrunc; dd if=second.img of=disk bs=1M seek=17 conv=notrunc;"
		 "dd if=third.img of=disk bs=1M seek=33 conv=notrunc", types, commands);
	shell(line);
}

#endif
