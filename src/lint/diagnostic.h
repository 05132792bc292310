/* SPDX-License-Identifier: MIT */
/* diagnostic: one finding, as data.  How it looks on paper is src/report's business. */
#ifndef LINT_DIAGNOSTIC_H
#define LINT_DIAGNOSTIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "partition/number.h"

/* Ordered: a higher value is worse. */
enum severity { SEVERITY_OFF, SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };

/* What the defect does, apart from how severe a profile finds it. */
enum effect {
	EFFECT_BLOCKS_BOOT, /* firmware does not start the image */
	EFFECT_DEGRADES,    /* it starts, and something does not work or will be lost */
	EFFECT_CONFORMANCE, /* it breaks the specification and boots all the same */
	EFFECT_HYGIENE,     /* harmless today */
};

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

struct rule;

/* One line of explanation below a diagnostic. */
struct diagnostic_note {
	struct diagnostic_note *next;
	const char *text;
};

struct diagnostic {
	struct diagnostic *next;
	const struct rule *rule;
	enum severity severity;
	enum effect effect;
	struct location location;
	const char *message; /* what was found and what was expected */
	const char *help;    /* the command that mends it, or advice; NULL if there is none */
	struct diagnostic_note *notes;
};

/* The words in which severities, effects and spaces are written everywhere; NULL for a value out of range.  The *_parse
 * forms are their inverse and answer false for an unknown word. */
const char *severity_name(enum severity severity);
bool severity_parse(const char *name, enum severity *ret);
const char *effect_name(enum effect effect);
const char *space_name(enum space space);

#endif
