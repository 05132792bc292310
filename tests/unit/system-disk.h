/* SPDX-License-Identifier: MIT */
/* system-disk: a disk of three partitions, in a scratch folder, opened as an image. */
#ifndef TESTS_SYSTEM_DISK_H
#define TESTS_SYSTEM_DISK_H

#include "scratch-disk.h"

static struct opened open_disk_with(const struct image_services *services)
{
	const struct image_options options = { .system = true };

	return open_scratch("disk", &options, services);
}

static struct opened open_disk(void)
{
	static const struct image_services services;

	return open_disk_with(&services);
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
