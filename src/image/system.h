/* SPDX-License-Identifier: MIT */
/* system: the installed Linux systems of an image: a root file system with an os-release, and what belongs to it.
 *
 * A system's `fs` is the tree as it is when it runs: what its fstab mounts on /boot, /usr, /efi, /boot/efi and the like is in
 * its place, as far as it could be found and read.  Rules and other readers look at paths of that tree; system_place says on
 * which partition one of them lies.
 */
#ifndef IMAGE_SYSTEM_H
#define IMAGE_SYSTEM_H

#include "boot/fstab.h"
#include "image/filesystem.h"
#include "partition/location.h"

/* One line of fstab that matters for what we read, and what came of it. */
struct system_mount {
	const struct fstab_entry *entry; /* NULL: not from fstab (systemd mounts the ESP by its type) */
	const char *path;                /* "/boot" */
	struct filesystem *filesystem;   /* NULL: the image has no such device */
	const char *subvolume;           /* of btrfs, from subvol=; NULL */
	struct fs *fs;                   /* NULL: not mounted here: filesystem->error, or not found */
};

struct system {
	unsigned index;                /* in image->systems */
	struct arena *arena;           /* the image's */
	struct filesystem *filesystem; /* the root */
	const char *subvolume;         /* of btrfs: where the root lies ("@", "root"); NULL: the top level */
	struct fs *fs;                 /* the whole tree */
	struct mounts *tree;           /* system-mounts.c's own: what `fs` is made of */
	const char *id, *version_id, *name; /* of os-release: ID, VERSION_ID, PRETTY_NAME; NULL: not given */
	enum have have_fstab, have_crypttab;
	struct error fstab_error, crypttab_error;
	const struct fstab *fstab, *crypttab; /* if HAVE */
	struct location fstab_place, crypttab_place; /* of the files, also where they could not be read */
	struct system_mount *mounts;   /* in the order in which they are mounted */
	size_t mount_count;
	struct first_boot *first_boot; /* system-first-boot.c's own: the devices that are made then */
	/* A part of the tree could not be looked at, /boot or /usr say: why.  code 0: none */
	struct error partial;
};

/* The system whose root is this file system, read when this is first called for it; NULL: there is none, or it could not be
 * looked at (filesystem->error). */
const struct system *image_system_on(struct image *image, struct filesystem *filesystem);

struct boot_attempt;

/* Why it is not known which system lies on the attempt's root: it could not be read.  NULL: it is known, or no root is. */
const struct error *attempt_system_unseen(const struct boot_attempt *attempt);

/* Is there a definition by which such a device, of swap or not, is made when the system first boots (systemd-repart, Ignition),
 * so that the image need not have it?  Has it any definitions, and a program that goes by them? */
bool system_makes_device(const struct system *system, const struct boot_device_name *name, bool swap);
bool system_has_definitions(const struct system *system);
bool system_has_maker(const struct system *system);

/* Where a path of the system's tree lies: the partition and the path in its file system, as a finding names them.  Symbolic
 * links are not followed. */
struct location system_place(const struct system *system, const char *path);
const struct filesystem *system_filesystem(const struct system *system, const char *path);

#endif
