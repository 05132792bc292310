/* SPDX-License-Identifier: MIT */
/* firmware: looks for firmware and its stored variables in an image, reading little: the first bytes of the files on an
 * ESP, and the beginning of each gap between partitions.  Never in the root file system, where packages of firmware for
 * guests are at home. */
#ifndef IMAGE_FIRMWARE_H
#define IMAGE_FIRMWARE_H

#include "efi/firmware-volume.h"
#include "image/image.h"

/* How far a gap is searched, and all gaps of a disk together. */
#define FIRMWARE_GAP_BYTES (1 * MiB)
#define FIRMWARE_GAPS_BYTES (2 * MiB)
/* Files of an ESP whose beginning is read: the first ones, and only large enough ones; 512 bytes each. */
#define FIRMWARE_FILES 4096U
#define FIRMWARE_FILE_LEAST (16 * KiB)

struct firmware_find {
	const char *path; /* in the ESP's file system; NULL in a gap */
	uint64_t offset;  /* bytes: in the file, or on the disk */
	struct firmware_volume volume;
};

struct firmware_finds {
	struct firmware_find *list;
	unsigned count;
	unsigned variables;  /* how many of them hold stored variables */
	const char *limited; /* not all was looked at or listed: why; else NULL */
};

/* Files of an ESP that begin with a firmware volume, or a capsule (UEFI 2.6, section 7.5.3) with one in it.  Gathered
 * when it is first asked for; lives in the image's arena.  0, or a negative errno. */
int firmware_in_esp(struct image *image, struct esp *esp, const struct firmware_finds **ret, struct error *err);

/* Firmware volumes at a multiple of 512 bytes where no partition lies.  0, or a negative errno. */
int firmware_in_gaps(const struct image *image, struct firmware_finds *ret, struct error *err);

#endif
