/* SPDX-License-Identifier: MIT */
/* location: where in an image something stands, as findings name it.  How it looks on paper is src/report's business. */
#ifndef PARTITION_LOCATION_H
#define PARTITION_LOCATION_H

#include <stddef.h>
#include <stdint.h>

#include "partition/number.h"

/* What a location's offset counts in. */
enum space {
	SPACE_NONE,
	SPACE_CONTAINER, /* bytes of the image file itself */
	SPACE_DISK,      /* bytes of the disk that the VM sees */
	SPACE_PARTITION, /* bytes of the partition */
	SPACE_FILE,      /* bytes of a file in a file system */
};

/* Where it is wrong.  All of it optional: zeros and NULL mean "not said". */
struct location {
	int partition;    /* as the partition table numbers it, from 1; 0: none; PARTITION_WHOLE_DISK */
	const char *volume; /* inside the partition: "vg/root"; NULL: the partition itself */
	const char *path; /* inside the partition's file system, beginning with "/" */
	uint32_t line, column; /* of a text file, from 1 */
	enum space space;
	uint64_t offset, length; /* bytes, if space is set; length 0: not known */
};

static inline struct location at_image(void)
{
	return (struct location){ 0 };
}

static inline struct location at_container(uint64_t offset, uint64_t length)
{
	return (struct location){ .space = SPACE_CONTAINER, .offset = offset, .length = length };
}

static inline struct location at_disk(uint64_t offset, uint64_t length)
{
	return (struct location){ .space = SPACE_DISK, .offset = offset, .length = length };
}

static inline struct location at_partition(int partition)
{
	return (struct location){ .partition = partition };
}

static inline struct location at_partition_bytes(int partition, uint64_t offset, uint64_t length)
{
	return (struct location){ .partition = partition, .space = SPACE_PARTITION, .offset = offset, .length = length };
}

static inline struct location at_file(int partition, const char *path)
{
	return (struct location){ .partition = partition, .path = path };
}

static inline struct location at_file_bytes(int partition, const char *path, uint64_t offset, uint64_t length)
{
	return (struct location){ .partition = partition, .path = path, .space = SPACE_FILE, .offset = offset, .length = length };
}

static inline struct location at_text(int partition, const char *path, uint32_t line, uint32_t column)
{
	return (struct location){ .partition = partition, .path = path, .line = line, .column = column };
}

#endif
