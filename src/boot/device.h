/* SPDX-License-Identifier: MIT */
/* device: what a device is called by on a kernel command line, in fstab and in crypttab.
 *
 * Sources: kernel init/do_mounts.c (root=), libblkid and fstab(5) (tags), systemd's gpt-auto-generator, dracut.cmdline(7).
 * It says of what kind the name is; whether such a device exists is for others to find out.
 */
#ifndef BOOT_DEVICE_H
#define BOOT_DEVICE_H

#include <stdbool.h>

#include "base/arena.h"

enum boot_device_kind {
	BOOT_DEVICE_NONE,      /* empty, "none", a pseudo file system's name */
	BOOT_DEVICE_UUID,      /* of the file system, also /dev/disk/by-uuid/ */
	BOOT_DEVICE_LABEL,     /* of the file system, also /dev/disk/by-label/ */
	BOOT_DEVICE_PARTUUID,  /* of the partition, also /dev/disk/by-partuuid/ */
	BOOT_DEVICE_PARTLABEL, /* of the partition, also /dev/disk/by-partlabel/ */
	BOOT_DEVICE_ID,        /* ID=, /dev/disk/by-id/, by-path/, by-diskseq/: of the hardware */
	BOOT_DEVICE_NODE,      /* a name that the kernel hands out in order: /dev/vda2, 254:2 */
	BOOT_DEVICE_MAPPER,    /* /dev/mapper/NAME, /dev/dm-0, /dev/VG/LV */
	BOOT_DEVICE_MD,        /* /dev/md0, /dev/md/NAME */
	BOOT_DEVICE_AUTO,      /* found by the partition's type: /dev/gpt-auto-root, gpt-auto, tmpfs */
	BOOT_DEVICE_NETWORK,   /* host:/path, //host/share, /dev/nfs, nfs:, iscsi: */
	BOOT_DEVICE_OTHER,     /* zfs:, live:, virtiofs tags: another program's to resolve */
	BOOT_DEVICE_PATH,      /* a file or folder, as for a bind mount or a swap file */
};

struct boot_device_name {
	enum boot_device_kind kind;
	const char *text;  /* as written */
	const char *value; /* the UUID, the label (decoded), the node without /dev/, ... */
	bool quoted;       /* the value stood in quotes, which were taken off */
	long partition_offset; /* of PARTUUID=...,/PARTNROFF=n; 0 */
};

/* Reads a name as the kernel's root= or fstab have it.  Everything lives in the arena. */
struct boot_device_name boot_device_parse(struct arena *arena, const char *text);

/* Does the name depend on this machine's hardware, or on the order in which it is found?  Not so where software makes it. */
bool boot_device_is_fixed(const struct boot_device_name *name);

#endif
