/* SPDX-License-Identifier: MIT */
/* container: what kind of file an image is, told by its content and never by its name, and which other files it names.
 *
 * Nothing is opened here.  The answer decides who reads the disk: this process, qemu-nbd in the helper, or nobody.
 * Invariant: a container with an external name never has the access CONTAINER_HELPER, so qemu-nbd never sees a header
 * that could lead it to another file of the host.  What is compared here is what QEMU's drivers look at (block/vmdk.c
 * and its neighbours), not what the formats' specifications would allow them to.
 */
#ifndef BLOCK_CONTAINER_H
#define BLOCK_CONTAINER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "block/view.h"

enum container_format {
	CONTAINER_RAW,
	CONTAINER_QCOW2,
	CONTAINER_QCOW,
	CONTAINER_VMDK,
	CONTAINER_VHD,
	CONTAINER_VHDX,
	CONTAINER_VDI,
	CONTAINER_QED,
	CONTAINER_PARALLELS,
	CONTAINER_DMG,
	CONTAINER_BOCHS,
	CONTAINER_CLOOP,
	CONTAINER_LUKS,
	CONTAINER_ANDROID_SPARSE,
	/* compressed or packed: to be unpacked first */
	CONTAINER_XZ,
	CONTAINER_GZIP,
	CONTAINER_ZSTD,
	CONTAINER_BZIP2,
	CONTAINER_LZ4,
	CONTAINER_LZMA,
	CONTAINER_LZOP,
	CONTAINER_ZIP,
	CONTAINER_7Z,
	CONTAINER_TAR,
};

enum container_access {
	CONTAINER_SELF,   /* the file is the disk, or the part of it from its start for disk_size bytes */
	CONTAINER_READER, /* qcow2_open reads it */
	CONTAINER_HELPER, /* qemu-nbd reads it, with `driver` */
	CONTAINER_PACKED, /* container_unpack_command says what to do first */
	CONTAINER_CLOSED, /* cannot be read, or must not: `reason` says why */
};

enum container_role {
	CONTAINER_EXTENT, /* a part of the disk is in that file */
	CONTAINER_PARENT, /* what this file does not hold is in that one */
};

struct container_external {
	enum container_role role;
	const char *name;        /* as the header has it, converted to UTF-8 or byte for byte; never NULL */
	uint64_t offset, length; /* where it stands in the file, bytes */
};

#define CONTAINER_EXTERNALS_MAX 16

struct container {
	enum container_format format;
	const char *format_name; /* for reports: "raw", "qcow2", "vmdk"... */
	const char *driver;      /* QEMU's name of the driver; NULL unless QEMU has one */
	enum container_access access;
	const char *reason;     /* CONTAINER_CLOSED: a clause such as "it is encrypted (LUKS)" */
	uint64_t disk_size;     /* CONTAINER_SELF: bytes from the start of the file */
	uint64_t missing_bytes; /* CONTAINER_SELF: how much longer the header says that the disk is */
	struct container_external externals[CONTAINER_EXTERNALS_MAX];
	unsigned external_count, externals_dropped;
};

/* Looks at the start and the end of a file.  Anything that is not recognised is raw.  0, or a negative errno if the
 * file could not be read.  Names live in the arena.  qcow2's own names are qcow2_open's business and not listed here.
 */
int container_detect(struct arena *arena, struct view *file, struct container *ret, struct error *err);

/* Where a container's tables lead past the end of its file. */
struct container_truncation {
	uint64_t needed_bytes;   /* the file should have at least as many; 0: nothing leads past its end */
	uint64_t offset, length; /* the bytes of the header or table that say so; length 0: the whole table does */
};

/* Looks whether the tables of a container that qemu-nbd reads lead past the end of its file.  Of large tables only the end
 * is looked at (LIMIT_CONTAINER_TABLES bytes) unless `thorough`.  0, or a negative errno if the file could not be
 * read. */
int container_check_truncated(struct arena *arena, struct view *file, const struct container *container, bool thorough,
			      struct container_truncation *ret, struct error *err);

/* The shell command that unpacks `path` beside itself; NULL for formats that are not packed. */
const char *container_unpack_command(struct arena *arena, enum container_format format, const char *path);

#endif
