/* SPDX-License-Identifier: MIT */
/* fdisk: libfdisk as a second opinion on the partition table.
 *
 * It sees a memory file of the disk's size that holds only the disk's first and last MiB, so any container will do.  It repairs
 * tables in memory and is blind to many defects, so its word is compared with ours and never replaces it.  Only for --verbose.
 */
#ifndef PARTITION_FDISK_H
#define PARTITION_FDISK_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "block/view.h"
#include "partition/gpt.h"
#include "partition/mbr.h"

struct fdisk_opinion_partition {
	uint32_t number;      /* from 1 */
	uint64_t first_lba, sectors;
	const char *type;     /* "C12A7328-..." or "ef", as libfdisk writes it */
	const char *unique;   /* upper case; "" when it has none */
};

/* What libfdisk makes of the disk; lives in the arena. */
struct fdisk_opinion {
	const char *label; /* "gpt", "dos", ...; NULL when it sees no table */
	const struct fdisk_opinion_partition *partitions;
	size_t partition_count;
	int problems;      /* that its verify counted; -1: it could not verify */
	/* What it said or asked on the way, in its words; the first `complaints` of them before it was asked to verify. */
	const char *const *said;
	size_t said_count, complaints;
};

/* An anonymous memory file for fdisk_ask; close it afterwards.  A negative errno on failure. */
int fdisk_memory_file(struct error *err);

/* Asks libfdisk about `disk`.  fd is from fdisk_memory_file and is overwritten.  0, or a negative errno when libfdisk could not
 * be asked at all. */
int fdisk_ask_opinion(struct arena *arena, struct view *disk, uint32_t sector_size, int fd, const struct fdisk_opinion **ret,
		      struct error *err);

/* The points in which libfdisk and our own readers differ, as sentences in the arena; NULL-terminated, never NULL. */
const char *const *fdisk_compare(struct arena *arena, const struct fdisk_opinion *opinion, const struct gpt *gpt,
				 const struct mbr *mbr);

#endif
